"""Asking that a decision be made again, by somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import quality_selectors
from moderation.exceptions import (
    InvalidDecisionError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import (
    Appeal,
    AppealResolution,
    Case,
    CaseKind,
    Decision,
    Withdrawal,
)
from moderation.models.quality import MAX_APPEAL
from moderation.services.permissions import require
from moderation.services.second_reviews import withdraw_checks
from moderation.services.transitions import lock, move, on_record
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from moderation.services.transitions import Log


def open_appeal(
    *,
    case_id: UUID,
    actor: User,
    because: str,
    on_behalf_of: str = "",
    external_id: str = "",
) -> Appeal:
    """Question the decision in force; it stays in force until the answer.

    Who sends the same ``external_id`` again for the same case is given the appeal
    that is there: a lost answer can be asked for again.

    Raises
    ------
    NotAllowedError, InvalidDecisionError, TransitionError
        Nothing was changed.
    """
    require(actor, "moderation.add_appeal", _("appeal against decisions"))
    appeal = Appeal(
        because=_plain(because),
        on_behalf_of=_plain(on_behalf_of),
        external_id=_plain(external_id),
        opened_by=actor,
        opened_by_name=str(actor),
    )
    if not appeal.because:
        raise InvalidDecisionError(_("Say why the decision should be made again."))
    if len(appeal.because) > MAX_APPEAL:
        raise InvalidDecisionError(
            _("The reason has %(length)d characters; at most %(most)d fit.")
            % {"length": len(appeal.because), "most": MAX_APPEAL}
        )
    with on_record() as log:
        case = lock(case_id)
        if not quality_selectors.may_appeal(actor, case):
            raise NotAllowedError(
                _("You may appeal only against decisions about pictures you sent.")
            )
        if (same := _sent_before(appeal, case)) is not None:
            return same
        appeal.case, appeal.decision = case, _decision_in_question(case)
        _open(appeal, case, log=log)
    return appeal


def resolved(case: Case, decision: Decision, replaced: Decision, *, log: Log) -> None:
    """Close the open appeal of a case with the decision that answers it."""
    appeal = Appeal.objects.filter(case=case, resolved_at=None).first()
    if appeal is None:
        return
    is_upheld = decision.outcome == replaced.outcome
    appeal.resolution = (
        AppealResolution.UPHELD if is_upheld else AppealResolution.OVERTURNED
    )
    appeal.resolved_at, appeal.resolving_decision = decision.created_at, decision
    appeal.save()
    log.add(
        "appeal_resolved",
        actor=decision.decided_by,
        case=case,
        appeal=str(appeal.pk),
        resolution=appeal.resolution,
    )


def unresolved(decision: Decision) -> None:
    """Open an appeal again whose answer was taken back at once."""
    if decision.withdrawn_because != Withdrawal.UNDONE:
        return
    appeal = Appeal.objects.filter(resolving_decision=decision).first()
    if appeal is None:
        return
    appeal.resolution, appeal.resolved_at, appeal.resolving_decision = "", None, None
    appeal.save()


def _open(appeal: Appeal, case: Case, *, log: Log) -> None:
    move(case, CaseStatus.APPEALED, only_from=(CaseStatus.DECIDED,))
    if case.queue.due_minutes:
        case.due_at = timezone.now() + timedelta(minutes=case.queue.due_minutes)
    case.save()
    # The appeal's answer supersedes whatever was to check this decision.
    withdraw_checks(case, log=log)
    appeal.full_clean(exclude=["case", "decision"])
    appeal.save(force_insert=True)
    log.add(
        "appeal_opened",
        actor=appeal.opened_by,
        case=case,
        appeal=str(appeal.pk),
        decision=str(appeal.decision_id),
        because=appeal.because,
    )


def _decision_in_question(case: Case) -> Decision:
    if case.kind != CaseKind.REGULAR:
        raise TransitionError(_("This case checks another. Appeal against that one."))
    if case.outcome and case.status != CaseStatus.DECIDED:
        raise TransitionError(_("An appeal against this decision is open already."))
    decision = case.decisions.filter(withdrawn_at=None).first()
    if decision is None:
        raise TransitionError(_("Nothing is decided yet that could be appealed."))
    if decision.final_at > timezone.now():
        raise TransitionError(
            _("This decision can still be taken back. Try again in a minute.")
        )
    return decision


def _sent_before(appeal: Appeal, case: Case) -> Appeal | None:
    if not appeal.external_id:
        return None
    known = Appeal.objects.filter(
        opened_by=appeal.opened_by, external_id=appeal.external_id
    ).first()
    if known is not None and known.case_id != case.pk:
        raise InvalidDecisionError(
            _("You have used this external_id for an appeal of another case.")
        )
    return known


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()
