"""Pictures with known answers, mixed in among the others: training, not a test."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import blinding, flow_selectors, quality_selectors
from moderation.exceptions import InvalidDecisionError
from moderation.models import (
    Case,
    CaseKind,
    Decision,
    GoldenAnswer,
    GoldenCheck,
    Outcome,
)
from moderation.sampling import fraction, is_drawn
from moderation.services.audit import record
from moderation.services.opening import new_case
from moderation.services.permissions import require
from moderation.services.second_reviews import secret
from moderation.services.transitions import lock, move, on_record
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Queue
    from moderation.services.transitions import Log

LOT, CHOICE = "golden case", "golden answer"
# An open one that was never come to is withdrawn.
STALE = timedelta(days=1)
A_MOMENT = timedelta(seconds=1)


@transaction.atomic
def save_golden_answer(*, answer: GoldenAnswer, actor: User) -> GoldenAnswer:
    """Store a new or changed known answer, with a record of both versions."""
    before = GoldenAnswer.objects.filter(pk=answer.pk).first()
    change = "change" if before else "add"
    require(actor, f"moderation.{change}_goldenanswer", _("set known answers"))
    answer.note = answer.note.replace("\0", "").strip()
    if not before:
        answer.added_by, answer.added_by_name = actor, str(actor)
    _refuse_another(answer)
    if answer.queue is not None:
        _refuse_foreign_queue(answer, answer.queue)
    answer.full_clean(exclude=["image"])
    answer.save()
    record(
        "known_answer_changed" if before else "known_answer_added",
        actor=actor,
        organization_id=answer.image.organization_id,
        image_id=answer.image_id,
        before=_as_dict(before) if before else None,
        after=_as_dict(answer),
    )
    return answer


def make_golden(*, case: Case, actor: User, note: str) -> GoldenAnswer:
    """Keep a decided case as a picture with a known answer.

    Raises
    ------
    NotAllowedError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, "moderation.add_goldenanswer", _("set known answers"))
    decision = case.decisions.filter(withdrawn_at=None).first()
    if decision is None or case.status != CaseStatus.DECIDED:
        raise InvalidDecisionError(_("Only a decided case has an answer to keep."))
    if case.kind != CaseKind.REGULAR:
        raise InvalidDecisionError(_("This case checks another: keep that one."))
    if not note.strip():
        raise InvalidDecisionError(
            _("Say how one can tell. Whoever gets the picture reads it afterwards.")
        )
    answer = GoldenAnswer(
        image_id=case.image_id,
        queue=case.queue,
        outcome=decision.outcome,
        note=note,
        from_decision=decision,
    )
    return save_golden_answer(answer=answer, actor=actor)


def prepare_next(*, actor: User, queue: str = "") -> Case | None:
    """Put a case with a known answer before this person's next one, if it is drawn.

    Called after they have claimed a case, so that what comes next can be loaded ahead
    like any other. The draw depends on the person, the day and how many cases they
    have had that day: claiming, skipping and reloading change nothing. Leads get none:
    they see every decision.
    """
    following = flow_selectors.peek_next(actor, queue=queue)
    if following is None or following.kind != CaseKind.REGULAR:
        return None
    if not following.queue.golden_share or not blinding.is_blinded(actor):
        return None
    draw = quality_selectors.draw_of(actor, now=timezone.now())
    share = following.queue.golden_share
    if not is_drawn(secret(), LOT, *draw.parts, following.queue_id, share=share):
        return None
    with on_record() as log:
        return _open(draw, following, actor, log=log)


def withdraw_stale(*, actor: User) -> None:
    """Withdraw a person's cases with known answers that were passed on or are old."""
    checks = GoldenCheck.objects.filter(person=actor, case__status__in=UNDECIDED)
    for check in checks.select_related("case"):
        is_old = check.opened_at < timezone.now() - STALE
        if is_old or check.case.escalated_at or check.case.assigned_to_id:
            with on_record() as log:
                case = lock(check.case_id)
                if case.status in {CaseStatus.OPEN, CaseStatus.HELD}:
                    move(case, CaseStatus.WITHDRAWN)
                    case.save()
                    log.add("case_withdrawn", actor=None, case=case)


def answered(case: Case, decision: Decision, *, log: Log) -> None:
    """Compare with the known answer. Final at once: the person is told the answer."""
    check = GoldenCheck.objects.select_for_update().get(case=case)
    check.matched = check.expected == decision.outcome
    check.decided_at = decision.created_at
    check.save()
    decision.final_at, decision.batch = decision.created_at, None
    decision.save()
    log.add(
        "known_answer_checked",
        actor=None,
        case=case,
        answer=check.answer_id,
    )


def retire_if_contradicted(decision: Decision, *, log: Log) -> None:
    """Mix a picture in no more once it was decided otherwise than its known answer."""
    active = GoldenAnswer.objects.select_for_update().filter(
        image=decision.case.image_id, is_active=True
    )
    for answer in active.exclude(outcome=decision.outcome):
        answer.is_active = False
        answer.save()
        log.add(
            "known_answer_retired",
            actor=None,
            case=decision.case,
            answer=answer.pk,
            decision=str(decision.pk),
        )


def _open(
    draw: quality_selectors.Draw, following: Case, actor: User, *, log: Log
) -> Case | None:
    """Open the case of a draw, once; it looks as if it had waited like the next."""
    drawn_before = GoldenCheck.objects.filter(
        person=actor, day=draw.day, number=draw.number
    )
    waiting = GoldenCheck.objects.filter(person=actor, case__status__in=UNDECIDED)
    if drawn_before.exists() or waiting.exists():
        return None
    answers = quality_selectors.answers_for(actor, queue=following.queue)
    if not answers:
        return None
    chosen = min(answers, key=lambda one: fraction(secret(), CHOICE, *draw.parts, one))
    answer = GoldenAnswer.objects.select_related("image__current_analysis").get(
        pk=chosen
    )
    earlier = Case.objects.filter(image=answer.image, kind=CaseKind.REGULAR)
    model = earlier.order_by("-opened_at").first() or following
    case = new_case(
        image=answer.image,
        analysis=answer.image.current_analysis,
        queue=following.queue,
        kind=CaseKind.GOLDEN,
        priority=following.priority,
        policy=model.policy,
        policy_version=model.policy_version,
        opened_because=model.opened_because,
    )
    case.opened_at = following.opened_at - A_MOMENT
    case.due_at = following.due_at
    case.save()
    GoldenCheck.objects.create(
        case=case,
        answer=answer,
        expected=answer.outcome,
        person=actor,
        day=draw.day,
        number=draw.number,
    )
    log.add("case_opened", actor=None, case=case, because=case.opened_because)
    return case


def _refuse_another(answer: GoldenAnswer) -> None:
    known = quality_selectors.has_known_answer(answer.image_id, but=answer)
    if answer.is_active and known:
        raise InvalidDecisionError(_("This picture has a known answer already."))


def _refuse_foreign_queue(answer: GoldenAnswer, queue: Queue) -> None:
    if queue.organization_id != answer.image.organization_id:
        raise InvalidDecisionError(_("There is no such queue."))


def _as_dict(answer: GoldenAnswer) -> dict[str, object]:
    return {
        "outcome": Outcome(answer.outcome).value,
        "note": answer.note,
        "queue": answer.queue_id,
        "is_active": answer.is_active,
    }
