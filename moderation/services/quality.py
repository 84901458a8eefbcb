"""Where the checks of decisions hook into the life of a case.

Everything here runs inside the transaction of what happened, with the case locked, and
puts what it does on the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.models import CaseKind
from moderation.services import appeals, golden, second_reviews

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Case, Decision
    from moderation.services.transitions import Log


def after_decision(
    *, case: Case, decision: Decision, replaced: Decision | None, log: Log
) -> None:
    """Have a decision checked, or take it as the answer of a check."""
    if case.kind == CaseKind.SECOND:
        second_reviews.answered(case, decision, log=log)
    elif case.kind == CaseKind.TIEBREAK:
        replacement = second_reviews.settled(case, decision, log=log)
        if replacement is not None:
            golden.retire_if_contradicted(replacement, log=log)
    elif case.kind == CaseKind.GOLDEN:
        golden.answered(case, decision, log=log)
    elif replaced is not None:
        appeals.resolved(case, decision, replaced, log=log)
        golden.retire_if_contradicted(decision, log=log)
    else:
        second_reviews.open_if_drawn(case, decision, log=log)
        golden.retire_if_contradicted(decision, log=log)


def after_withdrawal(*, case: Case, decision: Decision, actor: User, log: Log) -> None:
    """Take back what followed from a decision that is withdrawn."""
    if case.kind == CaseKind.SECOND:
        second_reviews.unanswered(decision, log=log)
        second_reviews.withdraw_if_moot(case, log=log)
    elif case.kind == CaseKind.TIEBREAK:
        second_reviews.unsettled(decision, actor=actor, log=log)
        second_reviews.withdraw_if_moot(case, log=log)
    elif case.kind == CaseKind.REGULAR:
        second_reviews.withdraw_checks(case, log=log)
        appeals.unresolved(decision)
