"""What a policy proposes: approved by one action, or decided otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from moderation.exceptions import TransitionError
from moderation.services.claims import forget_viewer
from moderation.services.decisions import (
    Verdict,
    decide_locked,
    refuse_unseen_evidence,
)
from moderation.services.permissions import require
from moderation.services.transitions import check_token, lock, on_record

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from moderation.models import Decision


def approve_proposal(
    *,
    case_id: UUID,
    actor: User,
    analysis_id: UUID | None = None,
    token: UUID | None = None,
) -> Decision:
    """Decide a case as its policy proposes; the policy's author may not.

    Raises
    ------
    NotAllowedError, ClaimError, TransitionError
        Nothing was changed.
    """
    require(actor, "moderation.decide_case", _("decide cases"))
    with on_record() as log:
        case = lock(case_id)
        check_token(case, actor=actor, token=token)
        refuse_unseen_evidence(case, analysis_id)
        if not case.proposed_outcome or case.outcome:
            raise TransitionError(_("No policy proposes anything for this case."))
        verdict = Verdict(
            case.proposed_outcome,
            case.proposed_reason,
            # Stored, so in English.
            f"As proposed by the policy {case.policy_version or case.policy or ''}.",
        )
        verdict.check()
        decision = decide_locked(case, actor=actor, verdict=verdict, log=log)
        forget_viewer(case_id=case.pk, actor=actor)
    return decision
