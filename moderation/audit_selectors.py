"""Reads of the record: who may see it, and its rows as links of the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    head = None if last is not None else stored_head()
    if last is None and head is None:
        yield Break(0, "cut", "The record's end is gone.")
    rows = _rows(first, last, passed)
    yield from breaks_of(rows, head=head, after=_before(first), noted=noted)


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
