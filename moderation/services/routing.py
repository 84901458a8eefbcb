"""Which queue a case goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.models import Queue
from moderation.models.queues import DEFAULT_QUEUE

if TYPE_CHECKING:
    from forensics.models import Analysis


def queue_for(analysis: Analysis | None) -> Queue:
    """Return the queue of a case that nobody sent to one."""
    return Queue.objects.get(slug=DEFAULT_QUEUE)
