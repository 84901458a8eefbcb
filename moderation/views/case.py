"""The case page. Reads only; what changes a case is in ``actions``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from forensics.presentation import evidence_page
from forensics.selectors import with_evidence
from forensics.states import FINISHED
from moderation import selectors
from moderation.forms import DecisionForm, ReopenForm
from moderation.states import CaseStatus
from moderation.timeline import timeline

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest
    from moderation.models import Case, Decision


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this person can do with this case now. The services check again."""

    decide: bool
    claim: bool
    release: bool
    reopen: bool
    reanalyze: bool
    is_mine: bool
    is_held_by_other: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action that did not go through: what was typed, what was wrong."""

    decision_form: DecisionForm | None = None
    reopen_form: ReopenForm | None = None
    problem: str = ""
    status: int = 200


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def case_detail(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Show a case: the evidence first, then what can be done."""
    return case_page(request, case_id)


def case_page(
    request: AuthenticatedRequest, case_id: UUID, attempt: Attempt | None = None
) -> HttpResponse:
    """Render the case page, with what was typed if an action did not go through."""
    attempt = attempt or Attempt()
    case = get_object_or_404(
        selectors.with_case_file(selectors.cases_visible_to(request.user)), pk=case_id
    )
    context = _evidence(case, request.user, request.GET.get("tags", "")) | {
        "case": case,
        "name": str(next(iter(case.image.submissions.all()), "(no name)")),
        "can": abilities(request.user, case),
        "decision": _decision_in_force(case),
        "decision_form": attempt.decision_form or DecisionForm(),
        "reopen_form": attempt.reopen_form or ReopenForm(),
        "problem": attempt.problem,
        "next_case": selectors.next_open_case(request.user, after=case),
    }
    return render(request, "moderation/case.html", context, status=attempt.status)


def abilities(user: User, case: Case) -> Abilities:
    """Work out which actions to offer."""
    may_decide = user.has_perm("moderation.decide_case")
    is_lead = user.has_perm("moderation.reopen_case")
    is_claimed = case.status == CaseStatus.CLAIMED
    is_mine = is_claimed and case.claimed_by_id == user.pk
    expires = case.claim_expires_at
    is_held = is_claimed and not is_mine and not (expires and expires <= timezone.now())
    is_decided = case.status == CaseStatus.DECIDED
    return Abilities(
        decide=may_decide and not is_decided and not is_held,
        claim=may_decide and not is_decided and not is_held and not is_mine,
        release=may_decide and is_claimed and (is_mine or is_lead),
        reopen=is_lead and is_decided,
        reanalyze=user.has_perm("forensics.reanalyze_image"),
        is_mine=is_mine,
        is_held_by_other=is_held,
    )


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


def _decision_in_force(case: Case) -> Decision | None:
    return next((d for d in case.decisions.all() if d.withdrawn_at is None), None)
