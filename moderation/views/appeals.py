"""Appeals: the list, and how a lead opens one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from forensics.selectors import with_thumbnail
from moderation import quality_selectors, services
from moderation.exceptions import ModerationError
from moderation.quality_forms import AppealFilterForm, AppealForm
from moderation.views import answers

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

PAGE_SIZE = 20


@login_required
@permission_required("moderation.view_appeal", raise_exception=True)
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def listing(request: AuthenticatedRequest) -> HttpResponse:
    """List appeals, those that wait for an answer first."""
    form = AppealFilterForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    appeals = quality_selectors.appeals_visible_to(request.user)
    if state:
        appeals = appeals.filter(resolution="" if state == "open" else state)
    listed = quality_selectors.newest_first(appeals).prefetch_related(
        with_thumbnail("case__analysis__evidence_files")
    )
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "is_filtered": bool(state)}
    return render(request, "moderation/appeals.html", context)


@login_required
@permission_required("moderation.reopen_case", raise_exception=True)
@require_POST
def appeal(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Have a decision made again, by somebody else."""
    case = answers.visible_case(request, case_id)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        services.open_appeal(case_id=case.pk, actor=request.user, **form.cleaned_data)
    except ModerationError as error:
        return answers.refused(request, case, error)
    messages.success(
        request,
        _("The appeal is open. Somebody other than who decided answers it."),
    )
    return redirect("moderation:case", case_id=case.pk)
