"""Claims and decisions. Each transition: lock, check, write, record, in one go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from forensics.models import Image
from moderation.exceptions import (
    ClaimError,
    InvalidDecisionError,
    TransitionError,
)
from moderation.models import MAX_NOTE, Case, Decision, Withdrawal
from moderation.policies import problem_with_decision
from moderation.selectors import undecided_case_of
from moderation.services.audit import record
from moderation.services.opening import new_case
from moderation.services.permissions import require
from moderation.states import NEXT, CaseStatus

if TYPE_CHECKING:
    from accounts.models import User

CLAIM_LENGTH = timedelta(minutes=30)


@transaction.atomic
def open_case(*, image: Image, actor: User, because: str) -> Case:
    """Send a picture to review by hand; an undecided case is returned as it is."""
    require(actor, "moderation.decide_case", "open cases")
    locked = Image.objects.select_for_update().get(pk=image.pk)
    existing = undecided_case_of(locked.pk)
    if existing is not None:
        return existing
    case = new_case(
        image=locked,
        analysis=locked.current_analysis,
        opened_by=actor,
        opened_because=because.strip()[:255] or "Opened by hand",
    )
    record("case_opened", actor=actor, case=case, because=case.opened_because)
    return case


@transaction.atomic
def claim_case(*, case_id: UUID, actor: User) -> Case:
    """Take a case, or prolong a claim of one's own.

    Raises
    ------
    ClaimError
        Somebody else holds it and the claim has not expired.
    TransitionError
        It is decided.
    """
    require(actor, "moderation.decide_case", "claim cases")
    case = _lock(case_id)
    _claim(case, actor)
    return case


@transaction.atomic
def release_case(*, case_id: UUID, actor: User) -> Case:
    """Hand one's own claim back to the queue; a lead may end anybody's."""
    require(actor, "moderation.decide_case", "release cases")
    case = _lock(case_id)
    if case.claimed_by_id != actor.pk and not actor.has_perm("moderation.reopen_case"):
        raise ClaimError(f"{case.claimed_by or 'Nobody'} holds this case, not you.")
    _move(case, CaseStatus.OPEN, only_from=CaseStatus.CLAIMED)
    case.save()
    record("case_released", actor=actor, case=case)
    return case


def release_expired_claims(*, now: datetime | None = None) -> int:
    """Put cases whose claim ran out back into the queue; return how many."""
    now = now or timezone.now()
    expired = Case.objects.filter(status=CaseStatus.CLAIMED, claim_expires_at__lte=now)
    count = 0
    for case_id in list(expired.values_list("id", flat=True)):
        with transaction.atomic():
            case = expired.select_for_update().filter(pk=case_id).first()
            if case is not None:
                _expire(case)
                case.save()
                count += 1
    return count


@transaction.atomic
def decide_case(  # noqa: PLR0913 - what a decision consists of, each by its name
    *,
    case_id: UUID,
    actor: User,
    outcome: str,
    reason: str,
    note: str = "",
    analysis_id: UUID | None = None,
) -> Decision:
    """Decide a case; an open one is claimed on the way.

    ``analysis_id`` is the analysis whose evidence the person looked at; a decision
    must not be recorded on evidence that they have not seen.

    Raises
    ------
    NotAllowedError, ClaimError, TransitionError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, "moderation.decide_case", "decide cases")
    problem = problem_with_decision(
        outcome=outcome, reason=reason, note=note, max_note=MAX_NOTE
    )
    if problem:
        raise InvalidDecisionError(problem)
    case = _lock(case_id)
    if analysis_id is not None and case.analysis_id != analysis_id:
        raise TransitionError(
            "A newer analysis has finished since you opened this case. Look at its "
            "evidence, then decide again."
        )
    _claim(case, actor)
    decision = _decision(case, actor, outcome=outcome, reason=reason, note=note)
    _move(case, CaseStatus.DECIDED)
    case.outcome, case.decided_at = outcome, decision.created_at
    case.full_clean(exclude=["image", "analysis", "policy"])
    case.save()
    decision.full_clean(exclude=["case", "analysis"])
    decision.save()
    record(
        "case_decided",
        actor=actor,
        case=case,
        decision=str(decision.id),
        outcome=outcome,
        reason=reason,
    )
    return decision


@transaction.atomic
def reopen_case(*, case_id: UUID, actor: User, because: str) -> Case:
    """Withdraw the decision in force and put the case back into the queue."""
    require(actor, "moderation.reopen_case", "reopen cases")
    if not because.strip():
        raise InvalidDecisionError("Say why the case is reopened.")
    case = _lock(case_id)
    other = undecided_case_of(case.image_id)
    if other is not None and case.status == CaseStatus.DECIDED:
        raise TransitionError(f"{other} of the same picture is already in the queue.")
    _move(case, CaseStatus.OPEN, only_from=CaseStatus.DECIDED)
    case.outcome, case.decided_at = "", None
    case.save()
    decision = case.decisions.get(withdrawn_at__isnull=True)
    decision.withdrawn_at = timezone.now()
    decision.withdrawn_by_name = str(actor)
    decision.withdrawn_because = Withdrawal.REOPENED
    decision.save()
    record("case_reopened", actor=actor, case=case, because=because.strip()[:1000])
    return case


def _lock(case_id: UUID) -> Case:
    return Case.objects.select_for_update(of=("self",)).get(pk=case_id)


def _claim(case: Case, actor: User) -> None:
    now = timezone.now()
    expired = case.claim_expires_at is not None and case.claim_expires_at <= now
    if case.status == CaseStatus.CLAIMED:
        if case.claimed_by_id != actor.pk and not expired:
            holder = case.claimed_by or "Somebody"
            raise ClaimError(f"{holder} is working on this case.")
        if case.claimed_by_id != actor.pk:
            _expire(case)
    if case.status != CaseStatus.CLAIMED:
        _move(case, CaseStatus.CLAIMED, only_from=CaseStatus.OPEN)
        case.claimed_by, case.claim_token = actor, uuid4()
        record("case_claimed", actor=actor, case=case)
    case.claim_expires_at = now + CLAIM_LENGTH
    case.save()


def _expire(case: Case) -> None:
    record("claim_expired", actor=case.claimed_by, case=case)
    _move(case, CaseStatus.OPEN)


def _move(case: Case, to: CaseStatus, *, only_from: CaseStatus | None = None) -> None:
    """Change the state if the table allows it; leaving *claimed* ends the claim."""
    start = CaseStatus(case.status)
    if to not in NEXT[start] or only_from not in {None, start}:
        raise TransitionError(
            f"This case is {start.label.lower()}, so this cannot be done to it."
        )
    case.status = to
    if to != CaseStatus.CLAIMED:
        case.claim_token = None
        case.claim_expires_at = None
    if to == CaseStatus.OPEN:
        case.claimed_by = None


def _decision(
    case: Case, actor: User, *, outcome: str, reason: str, note: str
) -> Decision:
    analysis = case.analysis
    return Decision(
        case=case,
        analysis=analysis,
        image_sha256=case.image.sha256,
        outcome=outcome,
        reason=reason,
        note=note.strip(),
        decided_by=actor,
        decided_by_name=str(actor),
        machine_verdict=analysis.verdict if analysis else "",
        machine_score=analysis.score if analysis else None,
    )
