"""Settings of the keyboard: which key does what, and whether any does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import wants_json
from moderation import keyboard_selectors
from moderation.services.shortcuts import InvalidShortcutsError, save_shortcuts
from moderation.shortcuts import ACTIONS, GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

UNPROCESSABLE = 422
MAX_BYTES = 16_384
PREFIX = "key-"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keyboard_settings(request: AuthenticatedRequest) -> HttpResponse:
    """Show and change one's own keys."""
    if request.method != "POST":
        return _page(request, keyboard_selectors.keys_of(request.user), {})
    is_reset = "reset" in request.POST
    try:
        keys, enabled = ({}, True) if is_reset else _sent(request)
        save_shortcuts(actor=request.user, keys=keys, enabled=enabled)
    except InvalidShortcutsError as error:
        return _refused(request, error)
    if wants_json(request):
        return JsonResponse(keyboard_selectors.for_the_page(request.user))
    messages.success(
        request,
        _("Every action has its first key again.")
        if is_reset
        else _("Your keys are stored."),
    )
    return redirect("settings-keyboard")


def _sent(request: AuthenticatedRequest) -> tuple[object, object]:
    if request.content_type == "application/json":
        body = _json(request)
        return body.get("keys"), body.get("enabled", True)
    keys = {
        name.removeprefix(PREFIX): str(value).replace("\0", "")
        for name, value in request.POST.items()
        if name.startswith(PREFIX)
    }
    return keys or None, "enabled" in request.POST


def _json(request: AuthenticatedRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body) if len(request.body) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InvalidShortcutsError(_("Send the keys as action and key."))
    return body


def _refused(
    request: AuthenticatedRequest, error: InvalidShortcutsError
) -> HttpResponse:
    if wants_json(request):
        body = {"problem": error.detail, "errors": error.errors}
        return JsonResponse(body, status=UNPROCESSABLE)
    typed = {
        action.name: request.POST.get(PREFIX + action.name, action.key)
        for action in ACTIONS
    }
    return _page(request, typed, error.errors, problem=error.detail)


def _page(
    request: AuthenticatedRequest,
    keys: Mapping[str, str],
    errors: Mapping[str, str],
    problem: str = "",
) -> HttpResponse:
    groups = [
        {
            "words": group.words,
            "rows": [
                {
                    "action": action,
                    "key": keys[action.name],
                    "error": errors.get(action.name, ""),
                }
                for action in ACTIONS
                if action.group == group.name
            ],
        }
        for group in GROUPS
    ]
    is_on = (
        "enabled" in request.POST
        if problem
        else keyboard_selectors.are_on(request.user)
    )
    return render(
        request,
        "settings/keyboard.html",
        {"groups": groups, "is_on": is_on, "problem": problem},
        status=UNPROCESSABLE if problem else 200,
    )
