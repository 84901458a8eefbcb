"""Reads of the record: who may see it, and its rows as links of the chain."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django.db import transaction

from moderation.audit_chain import START, Break, Entry, Head, Row, breaks_of
from moderation.models import AuditEvent, AuditHead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BATCH = 5000


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
