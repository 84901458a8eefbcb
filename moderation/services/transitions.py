"""What every change of a case is made of: lock, check, write, and record at the end."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forensics.models import SearchDocument
from moderation import flow_selectors
from moderation.exceptions import ClaimError, NotAllowedError, TransitionError
from moderation.models import Case
from moderation.services.audit import record
from moderation.states import NEXT, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User

CLAIM_LENGTH = timedelta(minutes=30)
MAX_BECAUSE = 1000


class Log:
    """What a transaction will have put on record, written when all else is."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, User | None, Case, dict[str, Any]]] = []

    def add(self, action: str, *, actor: User | None, case: Case, **data: Any) -> None:
        """Note one event."""
        self._entries.append((action, actor, case, data))

    def write(self) -> None:
        """Append the events to the record, in the order in which they came."""
        for action, actor, case, data in self._entries:
            record(action, actor=actor, case=case, **data)


@contextmanager
def on_record() -> Iterator[Log]:
    """Run a transaction whose last step is the record; it locks the record's end."""
    with transaction.atomic():
        log = Log()
        yield log
        log.write()


def lock(case_id: UUID) -> Case:
    """Return a case that nobody else can change until the transaction is over.

    What it checks is locked before it: a decision of the one can change the other.
    """
    _lock_documents([case_id])
    checked = Case.objects.filter(checks=case_id).values_list("pk", flat=True)
    if checked:
        _locking().get(pk=checked[0])
    return _locking().get(pk=case_id)


def lock_all(case_ids: Collection[UUID]) -> list[Case]:
    """Lock several cases, in one order everywhere: none waits for another in a ring."""
    _lock_documents(case_ids)
    checked = Case.objects.filter(checks__in=case_ids).values_list("pk", flat=True)
    locked = _locking().filter(pk__in={*case_ids, *checked}).order_by("pk")
    return [case for case in locked if case.pk in set(case_ids)]


def _lock_documents(case_ids: Collection[UUID]) -> None:
    """Lock what searches read of the images before the cases, as a worker does."""
    documents = SearchDocument.objects.select_for_update(of=("self",)).order_by("pk")
    images = Case.objects.filter(pk__in=case_ids).values("image")
    list(documents.filter(image__in=images).values_list("pk"))


def _locking() -> QuerySet[Case]:
    related = (
        "claimed_by",
        "assigned_to",
        "queue",
        "image",
        "analysis",
        "policy_version",
    )
    return Case.objects.select_for_update(of=("self",)).select_related(*related)


def move(case: Case, to: CaseStatus, *, only_from: Collection[CaseStatus] = ()) -> None:
    """Change the state if the table allows it; leaving *claimed* ends the claim."""
    start = CaseStatus(case.status)
    if to not in NEXT[start] or (only_from and start not in only_from):
        raise TransitionError(
            _("This case is %(state)s, so this cannot be done to it.")
            % {"state": start.label.lower()}
        )
    case.status = to
    if start == CaseStatus.HELD:
        case.held_until = None
    if to != CaseStatus.CLAIMED:
        case.claim_token = None
        case.claim_expires_at = None
    if to != CaseStatus.DECIDED:
        case.claimed_by = None


def rest(case: Case) -> None:
    """End a claim: back into the queue, or to its appeal."""
    only_from = (CaseStatus.CLAIMED,)
    move(
        case,
        CaseStatus.APPEALED if case.outcome else CaseStatus.OPEN,
        only_from=only_from,
    )


def take(case: Case, *, actor: User, log: Log) -> None:
    """Give ``actor`` the claim on a locked case, or prolong the one they have."""
    now = timezone.now()
    if case.status == CaseStatus.HELD and is_over(case.held_until, now):
        log.add("case_resumed", actor=None, case=case)
        move(case, CaseStatus.OPEN)
    if case.status == CaseStatus.CLAIMED and case.claimed_by_id != actor.pk:
        if not is_over(case.claim_expires_at, now):
            raise ClaimError(is_held_by(case))
        expire(case, log=log)
    if case.status != CaseStatus.CLAIMED:
        if case.status in flow_selectors.WAITING:
            refuse_unless_takable(case, actor)
        move(case, CaseStatus.CLAIMED, only_from=flow_selectors.WAITING)
        case.claimed_by, case.claim_token = actor, uuid4()
        log.add("case_claimed", actor=actor, case=case)
    case.claim_expires_at = now + CLAIM_LENGTH


def refuse_unless_takable(case: Case, actor: User) -> None:
    """Keep people from cases that are for others."""
    if problem := flow_selectors.reason_not_to_take(case, actor):
        raise NotAllowedError(problem)


def expire(case: Case, *, log: Log) -> None:
    """End a claim whose time is over."""
    log.add("claim_expired", actor=case.claimed_by, case=case)
    rest(case)


def check_token(case: Case, *, actor: User, token: UUID | None) -> None:
    """Refuse whoever shows the token of a claim that they hold no more."""
    if token is None or (case.claimed_by_id == actor.pk and case.claim_token == token):
        return
    if case.status == CaseStatus.CLAIMED and case.claimed_by_id != actor.pk:
        raise ClaimError(
            _("Your claim ended, and %(person)s took this case meanwhile.")
            % {"person": case.claimed_by or _("somebody")}
        )
    raise ClaimError(
        _(
            "Your claim on this case ended meanwhile; it is %(state)s now. Look at it "
            "again, then claim it if it is still to be decided."
        )
        % {"state": CaseStatus(case.status).label.lower()}
    )


def refuse_if_held_by_other(case: Case, actor: User) -> None:
    """Keep people from changing what somebody else works on."""
    if (
        case.status == CaseStatus.CLAIMED
        and case.claimed_by_id != actor.pk
        and not is_over(case.claim_expires_at, timezone.now())
    ):
        raise ClaimError(is_held_by(case))


def is_over(moment: datetime | None, now: datetime) -> bool:
    """Return whether a moment that may be unset has passed."""
    return moment is not None and moment <= now


def is_held_by(case: Case) -> str:
    """Say who works on a case."""
    holder = case.claimed_by or _("Somebody")
    return _("%(person)s is working on this case.") % {"person": holder}
