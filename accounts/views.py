"""Settings: keys of programs and their accounts, for those who manage them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.keys import services
from accounts.keys.exceptions import KeyNotAllowedError, KeyRefusedError
from accounts.keys.forms import KeyForm, RotateForm, ServiceAccountForm, refuse
from accounts.keys.limits import images_sent
from accounts.keys.scopes import Scope
from accounts.keys.selectors import (
    MANAGE,
    accounts_visible_to,
    is_within,
    keys_visible_to,
    state_of,
)

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.key_models import ApiKey
    from accounts.requests import AuthenticatedRequest

UNPROCESSABLE = 422
MOST_SHOWN = 200
_may_manage = permission_required(MANAGE, raise_exception=True)


@login_required
@_may_manage
@never_cache
@require_safe
def key_list(request: AuthenticatedRequest) -> HttpResponse:
    """Show the keys of one's organization, those that hold first."""
    keys = list(keys_visible_to(request.user)[:MOST_SHOWN])
    rows = [(key, state_of(key).value) for key in keys]
    return render(
        request,
        "settings/keys.html",
        {
            "rows": sorted(rows, key=lambda row: row[1] != "active"),
            "accounts": accounts_visible_to(request.user)[:MOST_SHOWN],
            "most": MOST_SHOWN if len(keys) == MOST_SHOWN else 0,
        },
    )


@login_required
@_may_manage
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def key_new(request: AuthenticatedRequest) -> HttpResponse:
    """Ask what a key shall be; make it and show its secret, this once."""
    is_sent = request.method == "POST"
    start = {"account": request.GET.get("account", "")[:20]}
    form = KeyForm(request.POST if is_sent else None, user=request.user, initial=start)
    if is_sent and form.is_valid():
        try:
            issued = services.create_key(
                actor=request.user,
                account=form.cleaned_data["account"],
                plan=form.plan(),
            )
        except KeyRefusedError as error:
            refuse(form, error)
        except KeyNotAllowedError as error:
            form.add_error("account", str(error))
        else:
            return render(request, "settings/key_issued.html", {"issued": issued})
    status = UNPROCESSABLE if is_sent else 200
    return render(request, "settings/key_new.html", {"form": form}, status=status)


@login_required
@_may_manage
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("issued")
def key_detail(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """Show one key; on POST, give it a new secret and show that, this once."""
    key = get_object_or_404(keys_visible_to(request.user), pk=key_id)
    is_sent = request.method == "POST"
    form = RotateForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        try:
            issued = services.rotate_key(
                actor=request.user, key=key, **form.cleaned_data
            )
        except KeyRefusedError as error:
            refuse(form, error)
        except KeyNotAllowedError as error:
            raise PermissionDenied(str(error)) from error
        else:
            return render(request, "settings/key_issued.html", {"issued": issued})
    status = UNPROCESSABLE if is_sent else 200
    return render(
        request, "settings/key.html", _shown(request, key, form), status=status
    )


def _shown(
    request: AuthenticatedRequest, key: ApiKey, form: RotateForm
) -> dict[str, object]:
    state = state_of(key)
    is_theirs = is_within(key, request.user, None)
    return {
        "key": key,
        "state": state.value,
        "form": form,
        "scopes": [Scope(one) for one in key.scopes],
        "sent": images_sent(key),
        "may_change": is_theirs and state in {"active", "switched_off"},
    }


@login_required
@_may_manage
@require_POST
def key_revoke(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """End a key at once."""
    key = get_object_or_404(keys_visible_to(request.user), pk=key_id)
    try:
        services.revoke_key(actor=request.user, key=key)
    except KeyNotAllowedError as error:
        raise PermissionDenied(str(error)) from error
    messages.success(request, _("The key %(name)s has ended.") % {"name": key.name})
    return redirect("settings-keys")


@login_required
@_may_manage
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_new(request: AuthenticatedRequest) -> HttpResponse:
    """Make a service account, then lead to its first key."""
    is_sent = request.method == "POST"
    form = ServiceAccountForm(request.POST if is_sent else None, user=request.user)
    if is_sent and form.is_valid():
        try:
            services.create_service_account(actor=request.user, **form.cleaned_data)
        except KeyRefusedError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Made. Now make its first key."))
            return redirect("settings-keys")
    status = UNPROCESSABLE if is_sent else 200
    return render(request, "settings/account_new.html", {"form": form}, status=status)
