"""Reads of the record: who may see it, and its rows as links of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.organizations import are_several
from moderation import blinding
from moderation.audit_chain import START, Break, Entry, Head, Row, breaks_of
from moderation.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from uuid import UUID

    from django.db.models import QuerySet

READ = "moderation.view_auditevent"
PAGE_SIZE = 50
# Rows are numbered in the order of their times, as far as machines' clocks agree.
CLOCKS_AGREE_WITHIN = timedelta(hours=1)
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the record is asked for; what is empty narrows nothing."""

    actions: Collection[str] = ()
    person: str = ""
    case: UUID | None = None
    image: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Narrow; each condition is found by an index that is ordered by position."""
        exact: dict[str, Any] = {"case": self.case, "image": self.image}
        events = events.filter(**{name: one for name, one in exact.items() if one})
        if self.actions:
            events = events.filter(action__in=self.actions)
        if self.person:
            found = User.objects.filter(username=self.person).values_list("pk").first()
            events = events.filter(actor=found[0]) if found else events.none()
        return self._within(events)

    def _within(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Narrow by time and, so that pages are found at once, by position as well."""
        if self.since is not None:
            events = events.filter(at__gte=self.since)
            early = _shifted(self.since, -CLOCKS_AGREE_WITHIN)
            first = _position_near(early, is_first=True)
            events = events.filter(position__gte=first) if first else events.none()
        if self.until is not None:
            events = events.filter(at__lt=self.until)
            late = _shifted(self.until, CLOCKS_AGREE_WITHIN)
            last = _position_near(late, is_first=False)
            events = events.filter(position__lte=last) if last else events.none()
        return events


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """Move a moment, but not out of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return moment


def _position_near(moment: datetime, *, is_first: bool) -> int | None:
    """Return the first row's position at or after a moment, or the last one before."""
    lookup = {"at__gte" if is_first else "at__lt": moment}
    rows = AuditEvent.objects.filter(**lookup).order_by("at" if is_first else "-at")
    found = rows.values_list("position").first()
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the newest first, and where the neighbours begin."""

    rows: list[AuditEvent]
    older: int | None
    newer: int | None


def events_visible_to(user: User) -> QuerySet[AuditEvent]:
    """Return the record of their organization for those who may read it.

    What concerns the installation itself, superusers read.

    Who is to judge a picture unseen does not find here what was decided in it.
    """
    if not user.has_perm(READ):
        return AuditEvent.objects.none()
    events = AuditEvent.objects.select_related("actor", "case", "policy")
    own = Q(organization=user.organization_id)
    if user.is_superuser:
        own |= Q(organization=None)
    events = events.filter(own)
    return blinding.events_shown_to(events, user)


def may_see_the_chain(user: User) -> bool:
    """Return whether this person may know how long the whole record is.

    It is the installation's: where there are several organizations, superusers.
    """
    return user.is_superuser or not are_several()


def page_of(
    events: QuerySet[AuditEvent],
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """Return the newest rows, those older than a position, or those newer."""
    if after is not None:
        newer = list(events.filter(position__gt=after).order_by("position")[: size + 1])
        rows = newer[:size][::-1]
        has_newer, has_older = len(newer) > size, True
    else:
        older = events if before is None else events.filter(position__lt=before)
        found = list(older.order_by("-position")[: size + 1])
        rows = found[:size]
        has_newer, has_older = before is not None, len(found) > size
    return Page(
        rows=rows,
        older=rows[-1].position if rows and has_older else None,
        newer=rows[0].position if rows and has_newer else None,
    )


def walk(events: QuerySet[AuditEvent], *, at_once: int = 1000) -> Iterator[AuditEvent]:
    """Yield every row, the newest first, in bounded memory."""
    before: int | None = None
    while True:
        page = page_of(events, before=before, size=at_once)
        yield from page.rows
        if page.older is None:
            return
        before = page.older


def entry_of(event: AuditEvent) -> Entry:
    """Return what the hash of a row covers."""
    return Entry(
        position=event.position,
        at=event.at,
        actor=event.actor_id,
        actor_name=event.actor_name,
        address=event.address,
        action=event.action,
        case=str(event.case_id) if event.case_id else None,
        policy=event.policy_id,
        image=str(event.image) if event.image else None,
        data=event.data,
        organization=event.organization_id,
        format=event.format,
    )


def stored_head() -> Head | None:
    """Return the record's end; None where somebody has deleted it."""
    head = AuditHead.objects.filter(pk=1).first()
    return Head(head.count, head.hash) if head else None


def chain_breaks(
    *,
    first: int = 1,
    last: int | None = None,
    noted: Head | None = None,
    passed: Callable[[int], None] = lambda _: None,
) -> Iterator[Break]:
    """Yield every place where the stored record does not hold, in bounded memory.

    Parameters
    ----------
    first, last : int
        Positions to check, both included; by default all of them.
    noted : Head or None
        A position with its hash that was noted elsewhere.
    passed : callable
        Told the number of rows that were read, now and then.
    """
    rows, end = _rows(first, last, passed), _End()
    if last is None:
        head = stored_head()
        if head is None:
            yield Break(0, "cut", "The record's end is gone.")
        stable = head.count if head else 0
        rows = chain(_rows(first, stable, passed), end.rows_after(stable, first))
    yield from breaks_of(rows, head=end.head, after=_before(first), noted=noted)


class _End:
    """The end of a record that grows while it is read."""

    def __init__(self) -> None:
        self._head: Head | None = None

    def head(self) -> Head | None:
        """Return the end as it was when the last rows were read."""
        return self._head

    def rows_after(self, position: int, first: int) -> Iterator[Row]:
        """Yield the rest; nobody appends between these rows and the end."""
        with transaction.atomic():
            row = AuditHead.objects.select_for_update().filter(pk=1).first()
            self._head = Head(row.count, row.hash) if row else None
            rest = list(_rows(max(first, position + 1), None, lambda _: None))
        yield from rest


def _before(first: int) -> Head:
    if first <= 1:
        return Head(0, START)
    row = AuditEvent.objects.filter(position=first - 1).values_list("hash").first()
    return Head(first - 1, row[0] if row else "")


def _rows(first: int, last: int | None, passed: Callable[[int], None]) -> Iterator[Row]:
    events = AuditEvent.objects.filter(position__gte=first).order_by("position")
    if last is not None:
        events = events.filter(position__lte=last)
    for number, event in enumerate(events.iterator(_BATCH), start=1):
        yield Row(entry_of(event), event.previous_hash, event.hash)
        if number % _BATCH == 0:
            passed(number)
