"""Claims: one person at a time, for a while, known by a token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import flow_selectors
from moderation.exceptions import ClaimError
from moderation.models import Case, CaseViewer
from moderation.services import golden
from moderation.services.permissions import require
from moderation.services.transitions import (
    CLAIM_LENGTH,
    check_token,
    expire,
    lock,
    move,
    on_record,
    rest,
    take,
)
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from moderation.services.transitions import Log

FORGET_VIEWERS_AFTER = timedelta(hours=1)


def claim_case(*, case_id: UUID, actor: User) -> Case:
    """Take a case, or prolong a claim of one's own; its token stays the same.

    Raises
    ------
    ClaimError
        Somebody else holds it and the claim has not expired.
    NotAllowedError
        It is assigned to somebody else, for leads, or for the members of its queue.
    TransitionError
        It is decided, or on hold.
    """
    require(actor, "moderation.decide_case", _("claim cases"))
    with on_record() as log:
        case = lock(case_id)
        take(case, actor=actor, log=log)
        case.save()
    return case


def claim_next(
    *,
    actor: User,
    queue: str = "",
    prefer: UUID | None = None,
    after: UUID | None = None,
) -> Case | None:
    """Claim the case that is next for this person; None if none waits for them.

    Parameters
    ----------
    actor : User
        Who will look at it.
    queue : str
        The slug of the one queue to take it from; empty: all of theirs.
    prefer : UUID or None
        Taken instead if it is free and theirs to take: what was loaded ahead.
    after : UUID or None
        Never this one: the case they come from.
    """
    require(actor, "moderation.decide_case", _("claim cases"))
    golden.withdraw_stale(actor=actor)
    case = _claim_next(actor, queue=queue, prefer=prefer, after=after)
    if case is not None:
        golden.prepare_next(actor=actor, queue=queue)
    return case


def _claim_next(
    actor: User, *, queue: str, prefer: UUID | None, after: UUID | None
) -> Case | None:
    now = timezone.now()
    release_expired_claims(now=now)
    resume_ended_holds(now=now)
    if prefer is not None:
        theirs = flow_selectors.cases_for(actor, now=now).filter(
            pk=prefer,
            status__in=flow_selectors.WAITING,
            queue__in=flow_selectors.queues_of(actor),
        )
        if after != prefer and (case := _claim_head(theirs, actor)) is not None:
            return case
    for line in flow_selectors.lines_for(actor, queue=queue, after=after):
        if (case := _claim_head(line, actor)) is not None:
            return case
    return None


def _claim_head(line: QuerySet[Case], actor: User) -> Case | None:
    """Claim the first of a line that nobody is taking in this moment."""
    with on_record() as log:
        related = line.select_related("claimed_by", "assigned_to", "queue", "analysis")
        case = related.select_for_update(of=("self",), skip_locked=True).first()
        if case is not None:
            take(case, actor=actor, log=log)
            case.save()
    return case


def renew_claim(
    *, case_id: UUID, actor: User, token: UUID | None = None
) -> Case | None:
    """Prolong one's claim; None if it is not, or no more, one's own."""
    require(actor, "moderation.decide_case", _("claim cases"))
    with on_record():
        case = lock(case_id)
        if case.status != CaseStatus.CLAIMED or case.claimed_by_id != actor.pk:
            return None
        if token is not None and token != case.claim_token:
            return None
        case.claim_expires_at = timezone.now() + CLAIM_LENGTH
        case.save()
    return case


def release_case(*, case_id: UUID, actor: User, token: UUID | None = None) -> Case:
    """Hand one's own claim back to the queue; a lead may end anybody's."""
    require(actor, "moderation.decide_case", _("release cases"))
    with on_record() as log:
        case = lock(case_id)
        check_token(case, actor=actor, token=token)
        if case.claimed_by_id != actor.pk and not actor.has_perm(flow_selectors.LEAD):
            raise ClaimError(
                _("%(person)s holds this case, not you.")
                % {"person": case.claimed_by or _("Nobody")}
            )
        rest(case)
        case.save()
        log.add("case_released", actor=actor, case=case)
    return case


def note_viewer(*, case_id: UUID, actor: User) -> None:
    """Remember that this person has the case in front of them in this moment."""
    now = timezone.now()
    mine = CaseViewer.objects.filter(person=actor)
    mine.filter(seen_at__lt=now - FORGET_VIEWERS_AFTER).delete()
    CaseViewer.objects.bulk_create(
        [CaseViewer(case_id=case_id, person=actor, seen_at=now)],
        update_conflicts=True,
        unique_fields=["case", "person"],
        update_fields=["seen_at"],
    )


def forget_viewer(*, case_id: UUID, actor: User) -> None:
    """Remember that this person has turned to something else."""
    CaseViewer.objects.filter(case=case_id, person=actor).delete()


def release_expired_claims(*, now: datetime | None = None) -> int:
    """Put cases whose claim ran out back into the queue; return how many."""
    expired = Case.objects.filter(
        status=CaseStatus.CLAIMED, claim_expires_at__lte=now or timezone.now()
    )
    return _each(expired, lambda case, log: expire(case, log=log))


def resume_ended_holds(*, now: datetime | None = None) -> int:
    """Put held cases whose time is over back into the queue; return how many."""
    ended = Case.objects.filter(
        status=CaseStatus.HELD, held_until__lte=now or timezone.now()
    )
    return _each(ended, _resume)


def _resume(case: Case, log: Log) -> None:
    move(case, CaseStatus.OPEN, only_from=(CaseStatus.HELD,))
    log.add("case_resumed", actor=None, case=case)


def _each(cases: QuerySet[Case], change: Callable[[Case, Log], None]) -> int:
    """Change each in a transaction of its own, if it still is what was asked for."""
    count = 0
    for case_id in list(cases.order_by().values_list("id", flat=True)):
        with on_record() as log:
            waiting = cases.select_for_update(of=("self",), skip_locked=True)
            case = waiting.select_related("claimed_by").filter(pk=case_id).first()
            if case is not None:
                change(case, log)
                case.save()
                count += 1
    return count
