"""Settings: what one sees of pictures, and what everybody does who has not chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.care import preferences_of
from moderation.care_forms import CareForm, OrganizationForm, organization_of
from moderation.care_selectors import exposure_of
from moderation.services.care import save_care, save_organization

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

UNPROCESSABLE = 422
READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@READ_OR_SEND
def own_settings(request: AuthenticatedRequest) -> HttpResponse:
    """Show and change one's own choices; show what only oneself may know."""
    is_sent = request.method == "POST"
    form = (
        CareForm(request.POST) if is_sent else CareForm.of(preferences_of(request.user))
    )
    if is_sent and form.is_valid():
        save_care(actor=request.user, **form.cleaned_data)
        # The page that follows, and this line on it, speak the new language.
        with translation.override(form.cleaned_data["language"] or None):
            messages.success(request, _("Your settings are stored."))
        return redirect("settings-care")
    return render(
        request,
        "settings/care.html",
        {
            "form": form,
            "organization": request.user.organization,
            "exposure": exposure_of(request.user),
        },
        status=UNPROCESSABLE if is_sent else 200,
    )


@login_required
@permission_required("accounts.change_organization", raise_exception=True)
@READ_OR_SEND
def organization_settings(request: AuthenticatedRequest) -> HttpResponse:
    """Show and change what holds for everybody who has not chosen."""
    organization = organization_of(request.user)
    is_sent = request.method == "POST"
    form = OrganizationForm(request.POST if is_sent else None, instance=organization)
    if is_sent and form.is_valid():
        save_organization(organization=form.instance, actor=request.user)
        messages.success(request, _("Stored. It holds from the next page on."))
        return redirect("settings-organization")
    return render(
        request,
        "settings/organization.html",
        {"form": form, "organization": organization},
        status=UNPROCESSABLE if is_sent else 200,
    )
