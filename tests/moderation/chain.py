"""Recomputes the record from its rows."""

from __future__ import annotations

from moderation.audit_chain import START, hash_of
from moderation.audit_selectors import entry_of
from moderation.models import AuditEvent, AuditHead


def assert_chain_is_whole() -> None:
    """Hold every row to the one before it, and the last to the stored end."""
    last, count = START, 0
    for event in AuditEvent.objects.order_by("position"):
        count += 1
        assert event.position == count
        assert event.previous_hash == last
        assert event.hash == hash_of(entry_of(event), last)
        last = event.hash
    head = AuditHead.objects.get()
    assert (head.count, head.hash) == (count, last)
