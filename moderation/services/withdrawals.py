"""Putting decisions out of force, and back into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from moderation.models import Case, Decision, Withdrawal

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

REPLACED = (Withdrawal.OVERTURNED, Withdrawal.CONFIRMED, Withdrawal.REVIEWED)


def withdraw(
    decision: Decision, actor: User, why: Withdrawal, *, at: datetime | None = None
) -> None:
    """Put a decision out of force; its case is left to the caller."""
    decision.withdrawn_at = at or timezone.now()
    decision.withdrawn_by_name = str(actor)
    decision.withdrawn_because = why
    decision.save()


def take_back(decision: Decision, case: Case, actor: User) -> None:
    """Withdraw a decision; the one that it replaced is in force again."""
    withdraw(decision, actor, Withdrawal.UNDONE)
    replaced = case.decisions.filter(
        withdrawn_at=decision.created_at, withdrawn_because__in=REPLACED
    ).first()
    case.outcome, case.decided_at = "", None
    if replaced is not None:
        replaced.withdrawn_at = None
        replaced.withdrawn_by_name = replaced.withdrawn_because = ""
        replaced.save()
        case.outcome, case.decided_at = replaced.outcome, replaced.created_at
