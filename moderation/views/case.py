"""The case page. Reads only; what changes a case is in ``actions``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from forensics.presentation import evidence_page
from forensics.selectors import with_evidence
from forensics.states import FINISHED
from moderation import flow_selectors, selectors, services
from moderation.abilities import abilities
from moderation.flow_forms import HOLD_HOURS
from moderation.forms import DecisionForm, ReopenForm
from moderation.states import CaseStatus
from moderation.timeline import timeline

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest
    from moderation.models import Case, Decision


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that did not go through: what was typed, what was wrong."""

    decision_form: DecisionForm | None = None
    reopen_form: ReopenForm | None = None
    problem: str = ""
    status: int = 200
    kept: str = ""


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def case_detail(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Show a case: the evidence first, then what can be done."""
    # Loaded ahead, it is not looked at yet.
    if not request.GET.get("ahead") and request.user.has_perm(flow_selectors.DECIDE):
        get_object_or_404(selectors.cases_visible_to(request.user), pk=case_id)
        services.note_viewer(case_id=case_id, actor=request.user)
    return case_page(request, case_id)


def case_page(
    request: AuthenticatedRequest, case_id: UUID, attempt: Attempt | None = None
) -> HttpResponse:
    """Render the case page, with what was typed if an action did not go through."""
    attempt = attempt or Attempt()
    case = get_object_or_404(
        selectors.with_case_file(selectors.cases_visible_to(request.user)), pk=case_id
    )
    can = abilities(request.user, case)
    context = _evidence(case, request.user, request.GET.get("tags", "")) | {
        "case": case,
        "name": str(next(iter(case.image.submissions.all()), gettext("(no name)"))),
        "can": can,
        "decision": _decision_in_force(case),
        "decision_form": attempt.decision_form or DecisionForm(),
        "reopen_form": attempt.reopen_form or ReopenForm(),
        "problem": attempt.problem,
        "kept": attempt.kept,
        "viewers": flow_selectors.viewers_of(case.pk, but=request.user),
        "comments": flow_selectors.comments_on(case),
        "people": flow_selectors.people_who_decide(case.organization_id)
        if can.assign
        else (),
        "hold_hours": HOLD_HOURS,
        "next_case": None if can.is_mine else _next_case(request.user, case),
    }
    return render(request, "moderation/case.html", context, status=attempt.status)


def _evidence(case: Case, user: User, tags: str) -> dict[str, Any]:
    analyses = list(with_evidence(case.image.analyses.all()))
    latest = analyses[0] if analyses else None
    shown = next((a for a in analyses if a.pk == case.analysis_id), None)
    if shown is None or shown.status not in FINISHED:
        shown = next((a for a in analyses if a.status in FINISHED), None)
    return {
        "latest": latest,
        "evidence": evidence_page(shown, tags=tags) if shown else None,
        "timeline": timeline(
            case,
            submissions=case.image.submissions.all(),
            analyses=analyses,
            earlier=selectors.decisions_in_other_cases(case, user),
        ),
    }


def _people(case: Case) -> QuerySet[User]:
    return flow_selectors.people_who_decide(case.organization_id)


def _next_case(user: User, case: Case) -> Case | None:
    """Return what to offer where this case is not to be decided; no look otherwise."""
    if case.status == CaseStatus.OPEN or not user.has_perm(flow_selectors.DECIDE):
        return None
    return flow_selectors.peek_next(user, after=case.pk)


def _decision_in_force(case: Case) -> Decision | None:
    return next((d for d in case.decisions.all() if d.withdrawn_at is None), None)
