"""One decision for several cases that belong together: all of them, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from moderation import flow_selectors
from moderation.exceptions import (
    InvalidDecisionError,
    ModerationError,
    TransitionError,
)
from moderation.models import Case
from moderation.related import MOST_RELATED, related_cases
from moderation.services.claims import forget_viewer
from moderation.services.decisions import (
    Verdict,
    decide_locked,
    refuse_unseen_evidence,
)
from moderation.services.permissions import require
from moderation.services.transitions import check_token, lock_all, on_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User
    from moderation.models import Decision


def decide_together(
    *,
    case_id: UUID,
    seen: Mapping[UUID, UUID | None],
    actor: User,
    verdict: Verdict,
    token: UUID | None = None,
) -> Decision:
    """Decide a case and chosen related ones alike; return the case's own decision.

    Parameters
    ----------
    case_id : UUID
        The case that the others are related to.
    seen : mapping of UUID to UUID or None
        Every case to decide, with the analysis that the confirmation page showed.
    actor : User
        Who decides.
    verdict : Verdict
        The one decision.
    token : UUID or None
        Of the claim on ``case_id``.

    Raises
    ------
    NotAllowedError, ClaimError, TransitionError, InvalidDecisionError
        Nothing was changed; the message names the case in the way.
    """
    require(actor, flow_selectors.DECIDE, _("decide cases"))
    verdict.check()
    others = set(seen) - {case_id}
    _refuse_unrelated(case_id, others, actor)
    batch = uuid4()
    made: dict[UUID, Decision] = {}
    with on_record() as log:
        for case in lock_all({case_id, *others}):
            try:
                if case.pk == case_id:
                    check_token(case, actor=actor, token=token)
                refuse_unseen_evidence(case, seen.get(case.pk))
                if case.outcome and case.pk != case_id:
                    raise TransitionError(_("It is decided, or under appeal."))
                made[case.pk] = decide_locked(
                    case, actor=actor, verdict=verdict, log=log, batch=batch
                )
            except ModerationError as error:
                raise type(error)(f"{case}: {error.detail}") from error
        forget_viewer(case_id=case_id, actor=actor)
    return made[case_id]


def _refuse_unrelated(case_id: UUID, others: set[UUID], actor: User) -> None:
    if not others:
        raise InvalidDecisionError(_("Choose at least one related case."))
    if len(others) > MOST_RELATED:
        raise InvalidDecisionError(
            _("At most %(limit)d related cases are decided at once.")
            % {"limit": MOST_RELATED}
        )
    case = Case.objects.select_related("image").get(pk=case_id)
    related = related_cases(case, user=actor, only=others)
    if others - {one.case.pk for one in related}:
        raise TransitionError(
            _(
                "Not all of the chosen cases wait for you any more. Look at the list "
                "again."
            )
        )
