"""Which queue a case goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.models import Queue
from moderation.models.queues import DEFAULT_QUEUE
from moderation.policy_selectors import evidence_of, routed_queues
from moderation.rules import Evidence, holds

if TYPE_CHECKING:
    from forensics.models import Analysis


def queue_for(
    analysis: Analysis | None,
    evidence: Evidence | None = None,
    *,
    organization_id: int | None,
) -> Queue:
    """Return the organization's queue for a case that nobody sent to one.

    The first active queue whose rules hold, by position; else the default one.
    """
    rules = routed_queues(organization_id) if analysis is not None else []
    if rules and analysis is not None:
        known = evidence or evidence_of(analysis)
        for queue, conditions in rules:
            if holds(conditions, known):
                return queue
    return Queue.objects.get(slug=DEFAULT_QUEUE, organization=organization_id)
