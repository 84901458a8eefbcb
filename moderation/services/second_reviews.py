"""The same picture, judged again by somebody who has not seen the first answer."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from uuid6 import uuid7

from moderation import quality_selectors
from moderation.models import Case, CaseKind, Decision, SecondReview, Withdrawal
from moderation.sampling import is_drawn
from moderation.services.opening import new_case
from moderation.services.transitions import lock, lock_all, move
from moderation.services.withdrawals import take_back, withdraw
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from moderation.services.transitions import Log

LOT = "second review"


def secret() -> bytes:
    """Return what only this installation knows; it decides every draw."""
    return settings.SECRET_KEY.encode()


def open_if_drawn(case: Case, decision: Decision, *, log: Log) -> Case | None:
    """Open a second review of a decision; nobody can foresee of which, nor steer it.

    Conditions, in order: the queue has a share; the case is drawn, by its id and the
    installation's secret, so that a rerun gives the same; and there is somebody who
    can give a second opinion without having seen the first.
    """
    share = case.queue.second_review_share
    if not share or not is_drawn(secret(), LOT, case.pk, share=share):
        return None
    if not quality_selectors.has_second_reviewer(case):
        return None
    check = new_case(
        image=case.image,
        analysis=case.analysis,
        queue=case.queue,
        kind=CaseKind.SECOND,
        original=case,
        available_from=decision.final_at,
        **_looks_like(case),
    )
    SecondReview.objects.create(case=check, first=decision)
    log.add("case_opened", actor=None, case=check, because=check.opened_because)
    log.add("second_review_opened", actor=None, case=case, check=str(check.pk))
    return check


def answered(case: Case, decision: Decision, *, log: Log) -> None:
    """Compare the second answer with the first; a lead decides where they differ."""
    review = SecondReview.objects.select_related("first__case").get(case=case)
    review.second = decision
    review.agrees = review.first.outcome == decision.outcome
    review.is_unseen = not quality_selectors.is_lead(decision.decided_by)
    if not review.agrees:
        review.tiebreak = _open_tiebreak(review, decision, log=log)
    review.save()
    log.add(
        "second_review_answered",
        actor=None,
        case=review.first.case,
        check=str(case.pk),
        agrees=review.agrees,
    )


def unanswered(decision: Decision, *, log: Log) -> None:
    """Forget a second answer that was taken back, and the tie-break it had led to."""
    review = SecondReview.objects.filter(second=decision).first()
    if review is None:
        return
    if review.tiebreak_id is not None:
        _withdraw_cases([review.tiebreak_id], log=log)
    review.second = review.agrees = review.tiebreak = None
    review.is_unseen = True
    review.save()


def settled(case: Case, decision: Decision, *, log: Log) -> Decision | None:
    """Let the lead's answer stand for the picture; return it if that is a new one."""
    review = SecondReview.objects.select_related("first").get(tiebreak=case)
    review.final = decision
    original = lock(review.first.case_id)
    first = Decision.objects.get(pk=review.first_id)
    is_in_force = first.withdrawn_at is None and original.status == CaseStatus.DECIDED
    if is_in_force and first.outcome != decision.outcome:
        review.replacement = _replace(original, first, decision, log=log)
    review.save()
    return review.replacement


def unsettled(decision: Decision, *, actor: User, log: Log) -> None:
    """Put the first decision back in force when the lead takes theirs back."""
    review = SecondReview.objects.filter(final=decision).first()
    if review is None:
        return
    replacement = review.replacement
    if replacement is not None and replacement.withdrawn_at is None:
        original = lock(replacement.case_id)
        take_back(replacement, original, actor)
        original.save()
        log.add(
            "decision_undone",
            actor=actor,
            case=original,
            decision=str(replacement.pk),
        )
    review.final = review.replacement = None
    review.save()


def withdraw_checks(case: Case, *, log: Log) -> None:
    """Withdraw what was to check a decision that is no longer in question."""
    waiting = case.checks.filter(status__in=UNDECIDED)
    _withdraw_cases(list(waiting.values_list("pk", flat=True)), log=log)


def withdraw_if_moot(check: Case, *, log: Log) -> None:
    """Withdraw a check that is undecided again when what it checks is in question."""
    if check.original_id is None or check.status not in UNDECIDED:
        return
    if lock(check.original_id).status != CaseStatus.DECIDED:
        move(check, CaseStatus.WITHDRAWN)
        check.save()
        log.add("case_withdrawn", actor=None, case=check)


def _withdraw_cases(case_ids: list[UUID], *, log: Log) -> None:
    for case in lock_all(case_ids) if case_ids else ():
        if case.status in UNDECIDED:
            move(case, CaseStatus.WITHDRAWN)
            case.save()
            log.add("case_withdrawn", actor=None, case=case)


def _open_tiebreak(review: SecondReview, decision: Decision, *, log: Log) -> Case:
    case = review.first.case
    tiebreak = new_case(
        image=case.image,
        analysis=case.analysis,
        queue=case.queue,
        kind=CaseKind.TIEBREAK,
        original=case,
        available_from=decision.final_at,
        escalated_at=timezone.now(),
        **_looks_like(case),
    )
    because = tiebreak.opened_because
    log.add("case_opened", actor=None, case=tiebreak, because=because)
    return tiebreak


def _replace(
    original: Case, first: Decision, decision: Decision, *, log: Log
) -> Decision:
    """Make the lead's decision the original case's own."""
    lead = decision.decided_by
    assert lead is not None  # noqa: S101 - somebody has just decided
    withdraw(first, lead, Withdrawal.REVIEWED, at=decision.created_at)
    replacement = copy(decision)
    replacement.pk, replacement.case, replacement.batch = uuid7(), original, None
    replacement.full_clean(exclude=["case", "analysis"])
    replacement.save(force_insert=True)
    original.outcome = replacement.outcome
    original.decided_at = replacement.created_at
    original.save()
    log.add(
        "decision_replaced",
        actor=lead,
        case=original,
        decision=str(replacement.pk),
        replaces=str(first.pk),
        outcome=replacement.outcome,
    )
    return replacement


def _looks_like(case: Case) -> dict[str, object]:
    """Return what makes a check look like the case that it checks."""
    return {
        "priority": case.priority,
        "policy": case.policy,
        "policy_version": case.policy_version,
        "opened_by": case.opened_by,
        "opened_because": case.opened_because,
    }
