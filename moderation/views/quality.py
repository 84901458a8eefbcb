"""How good decisions are: the page for leads, and one's own known answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from moderation import quality_selectors, services
from moderation.agreement import FEW
from moderation.exceptions import ModerationError
from moderation.quality_forms import PERIODS, GoldenForm, PeriodForm
from moderation.quality_report import MOST_COMPARED, quality_report
from moderation.views import answers

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

PAGE_SIZE = 30


@login_required
@permission_required("moderation.reopen_case", raise_exception=True)
@require_safe
def report(request: AuthenticatedRequest) -> HttpResponse:
    """Show how well people agree, by queue and by signal; nothing about one person."""
    found = quality_report(
        days=PeriodForm(request.GET).chosen,
        organization_id=request.user.organization_id,
    )
    context = {
        "report": found,
        "periods": PERIODS,
        "few": FEW,
        "most": MOST_COMPARED,
    }
    return render(request, "moderation/quality.html", context)


@login_required
@permission_required("moderation.decide_case", raise_exception=True)
@require_safe
def mine(request: AuthenticatedRequest) -> HttpResponse:
    """List one's own cases with known answers. Nobody else can open this page."""
    checks = quality_selectors.golden_checks_of(request.user)
    page = Paginator(checks, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "moderation/quality_mine.html", {"page": page})


@login_required
@permission_required("moderation.add_goldenanswer", raise_exception=True)
@require_POST
def golden(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Keep a decided case as a picture with a known answer."""
    case = answers.visible_case(request, case_id)
    form = GoldenForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        services.make_golden(
            case=case, actor=request.user, note=form.cleaned_data["note"]
        )
    except ModerationError as error:
        return answers.refused(request, case, error)
    messages.success(
        request,
        _("Kept. The picture will be mixed in for people who have not decided it."),
    )
    return redirect("moderation:case", case_id=case.pk)
