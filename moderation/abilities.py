"""What a person can do with a case now, for the pages. The services check again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from moderation import flow_selectors
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Case


@dataclass(frozen=True, slots=True)
class Abilities:
    """What to offer; ``blocked`` says in words why a waiting case is not theirs."""

    decide: bool
    claim: bool
    release: bool
    reopen: bool
    reanalyze: bool
    pass_on: bool
    hold: bool
    escalate: bool
    assign: bool
    hand_back: bool
    resume: bool
    comment: bool
    undo: bool
    is_mine: bool
    is_held_by_other: bool
    blocked: str


def abilities(user: User, case: Case) -> Abilities:
    """Work out which actions to offer."""
    may_decide = user.has_perm(flow_selectors.DECIDE)
    is_lead = user.has_perm(flow_selectors.LEAD)
    is_claimed = case.status == CaseStatus.CLAIMED
    is_mine = is_claimed and case.claimed_by_id == user.pk
    is_held = is_claimed and not is_mine and not _is_over(case)
    is_waiting = case.status in UNDECIDED and not is_held
    is_paused = case.status == CaseStatus.HELD
    blocked = ""
    if may_decide and is_waiting and not is_mine:
        blocked = flow_selectors.reason_not_to_take(case, user)
    may_take = may_decide and is_waiting and not is_paused and not blocked
    may_pass_on = may_decide and is_waiting and (is_mine or not blocked)
    return Abilities(
        decide=may_take,
        claim=may_take and not is_mine,
        release=may_decide and is_claimed and (is_mine or is_lead),
        reopen=is_lead and case.status == CaseStatus.DECIDED,
        reanalyze=user.has_perm("forensics.reanalyze_image"),
        pass_on=may_pass_on and not is_paused,
        hold=may_pass_on and not is_paused and not case.outcome,
        escalate=may_pass_on and case.escalated_at is None,
        assign=may_pass_on,
        hand_back=may_pass_on and _can_be_handed_back(case, is_lead=is_lead),
        resume=may_decide and is_paused,
        comment=may_decide,
        undo=_can_undo(case, user),
        is_mine=is_mine,
        is_held_by_other=is_held,
        blocked=blocked,
    )


def _is_over(case: Case) -> bool:
    ends = case.claim_expires_at
    return ends is not None and ends <= timezone.now()


def _can_be_handed_back(case: Case, *, is_lead: bool) -> bool:
    is_escalated = case.escalated_at is not None
    return case.assigned_to_id is not None or (is_lead and is_escalated)


def _can_undo(case: Case, user: User) -> bool:
    return case.status == CaseStatus.DECIDED and any(
        decision.withdrawn_at is None
        and decision.decided_by_id == user.pk
        and decision.final_at > timezone.now()
        for decision in case.decisions.all()
    )
