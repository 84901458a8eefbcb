"""What puts policies to work or takes them from it, and their back-tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from moderation import backtest_selectors, policy_pages, services
from moderation.backtest_tally import agreement
from moderation.exceptions import ModerationError, NotAllowedError
from moderation.models import VersionState
from moderation.policy_forms import BacktestForm
from moderation.policy_selectors import policies_visible_to
from moderation.services import backtests
from moderation.services.policies import as_dict
from moderation.views.answers import CONFLICT
from moderation.views.policies import CHANGE, VIEW

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import PolicyBacktest, PolicyVersion

STATES = (VersionState.SHADOW, VersionState.LIVE)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def publish(
    request: AuthenticatedRequest, policy_id: int, number: int, state: str
) -> HttpResponse:
    """Show what putting a version to work means; do it once it is confirmed."""
    version = _version(request, policy_id, number)
    if request.method != "POST":
        return _confirm(request, version, state)
    try:
        published = services.publish(version=version, state=state, actor=request.user)
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    except ModerationError as error:
        return _confirm(request, version, state, problem=error.detail)
    said = (
        _("Version %(number)d is live.")
        if state == VersionState.LIVE
        else _("Version %(number)d is in shadow: it notes, and does nothing.")
    )
    messages.success(request, said % {"number": published.number})
    return redirect("moderation:policy", policy_id=policy_id)


def _confirm(
    request: AuthenticatedRequest,
    version: PolicyVersion,
    state: str,
    *,
    problem: str = "",
) -> HttpResponse:
    replaced = (
        version.policy.versions.filter(state=state)
        .exclude(pk=version.pk)
        .select_related("queue", "policy")
        .first()
    )
    last = backtest_selectors.last_backtest(version)
    context = {
        "policy": version.policy,
        "words": policy_pages.words_of(version),
        "state": state,
        "replaced": policy_pages.words_of(replaced) if replaced else None,
        "difference": policy_pages.difference(replaced, version),
        "backtest": last,
        "is_stale": last is not None and _is_stale(last),
        "problem": problem,
    }
    status = CONFLICT if problem else 200
    return render(request, "moderation/policy_publish.html", context, status=status)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def retire(request: AuthenticatedRequest, policy_id: int, number: int) -> HttpResponse:
    """Take a version from its work."""
    version = _version(request, policy_id, number)
    _do(
        request,
        lambda: services.retire(version=version, actor=request.user),
        _("Version %(number)d is retired.") % {"number": number},
    )
    return redirect("moderation:policy", policy_id=policy_id)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def discard(request: AuthenticatedRequest, policy_id: int) -> HttpResponse:
    """Throw the draft away."""
    policy = get_object_or_404(policies_visible_to(request.user), pk=policy_id)
    _do(
        request,
        lambda: services.discard_draft(policy=policy, actor=request.user),
        _("The draft is gone."),
    )
    return redirect("moderation:policy", policy_id=policy_id)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def move(request: AuthenticatedRequest, policy_id: int) -> HttpResponse:
    """Let a policy be tried one place earlier or later."""
    visible = policies_visible_to(request.user)
    policies = list(visible.order_by("position", "name"))
    at = next((i for i, one in enumerate(policies) if one.pk == policy_id), None)
    to = None if at is None else at + (-1 if request.POST.get("up") else 1)
    if at is None or to is None or not 0 <= to < len(policies):
        return redirect("moderation:policies")
    policies[at], policies[to] = policies[to], policies[at]
    for place, one in enumerate(policies, start=1):
        if one.position != place * 10:
            services.move_policy(policy=one, position=place * 10, actor=request.user)
    return redirect("moderation:policies")


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def start_backtest(
    request: AuthenticatedRequest, policy_id: int, number: int
) -> HttpResponse:
    """Have a version tested on the last analyses."""
    version = _version(request, policy_id, number)
    form = BacktestForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for one in form.errors["size"]))
        return redirect("moderation:policy", policy_id=policy_id)
    backtest = backtests.start_backtest(
        version=version, size=form.cleaned_data["size"], actor=request.user
    )
    return redirect("moderation:backtest", backtest_id=backtest.pk)


@login_required
@permission_required(VIEW, raise_exception=True)
@require_safe
def backtest(request: AuthenticatedRequest, backtest_id: UUID) -> HttpResponse:
    """Show how far a back-test is, or what it found."""
    found = _backtest(request, backtest_id)
    shows_pictures = request.user.has_perm("forensics.view_image")
    examples = found.result.get("examples", {}) if shows_pictures else {}
    context = {
        "backtest": found,
        "policy": found.version.policy,
        "words": policy_pages.words_of(backtest_selectors.tested_version(found)),
        "is_stale": _is_stale(found),
        "result": found.result,
        "changes": _changes(found, backtest_selectors.with_pictures(examples)),
        "agreement": agreement(found.result, found.says["action"]),
        "shows_pictures": shows_pictures,
    }
    return render(request, "moderation/backtest.html", context)


@login_required
@permission_required(VIEW, raise_exception=True)
@require_safe
def backtest_status(request: AuthenticatedRequest, backtest_id: UUID) -> HttpResponse:
    """Say how far a back-test is."""
    found = _backtest(request, backtest_id)
    return JsonResponse(
        {
            "state": found.state,
            "label": found.get_state_display(),
            "is_pending": found.is_pending,
            "done": found.done,
            "total": found.total,
        }
    )


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def cancel_backtest(request: AuthenticatedRequest, backtest_id: UUID) -> HttpResponse:
    """End a back-test early."""
    found = _backtest(request, backtest_id)
    _do(
        request,
        lambda: backtests.cancel_backtest(backtest=found, actor=request.user),
        _("The back-test was cancelled."),
    )
    return redirect("moderation:backtest", backtest_id=backtest_id)


def _do(request: AuthenticatedRequest, action: Callable[[], object], said: str) -> None:
    try:
        action()
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    except ModerationError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, said)


def _version(
    request: AuthenticatedRequest, policy_id: int, number: int
) -> PolicyVersion:
    policy = get_object_or_404(policies_visible_to(request.user), pk=policy_id)
    versions = policy.versions.select_related("policy", "queue")
    return get_object_or_404(versions, number=number)


def _backtest(request: AuthenticatedRequest, backtest_id: UUID) -> PolicyBacktest:
    found = backtest_selectors.backtests_visible_to(request.user)
    loaded = found.select_related("version__policy", "version__queue")
    return get_object_or_404(loaded, pk=backtest_id)


def _is_stale(found: PolicyBacktest) -> bool:
    """Return whether the version says something else by now."""
    now = as_dict(found.version) | {"note": "", "number": 0}
    return bool(now != found.says | {"note": "", "number": 0})


def _changes(
    found: PolicyBacktest, examples: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    labels = {
        "newly_opened": _("Newly opened"),
        "no_longer_opened": _("No longer opened"),
        "newly_decided": _("Newly decided without a person"),
        "no_longer_decided": _("No longer decided"),
        "moved": _("Other queue, priority or state"),
    }
    counts = found.result.get("changes", {})
    return [
        {
            "name": name,
            "label": label,
            "count": counts.get(name, 0),
            "examples": examples.get(name, []),
        }
        for name, label in labels.items()
    ]
