"""How many hands an endpoint gets, so that slow receivers keep nobody else waiting.

A courier has a few hands (``config.courier.HANDS``); each waits for one receiver. What
slow endpoints may hold together is limited, and so is what new ones may hold, of which
nothing is known: the rest is always there for quick ones. How quick an endpoint is
stands in its own row, so that nothing is read of a log that can be long.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from django.db.models import Count

from moderation.models import Delivery, WebhookEndpoint

if TYPE_CHECKING:
    from datetime import datetime

SLOW_MS = 2000
# A slow endpoint is quick again after so many quick attempts in a row: one that is slow
# now and then would hold several hands each time otherwise.
TRUST = 3
MOST_AT_ONCE = 3
MOST_UNLESS_QUICK = 1  # slow, new, or failing


class Pace(Enum):
    """What the latest finished attempts say of an endpoint."""

    QUICK = "quick"
    NEW = "new"
    SLOW = "slow"


# A half and a quarter of the hands; a test holds them to how many there are.
MOST_TOGETHER = {Pace.SLOW: 6, Pace.NEW: 3}


def pace_of(quick_in_a_row: int | None) -> Pace:
    """Return how quick an endpoint is, by what its row says."""
    if quick_in_a_row is None:
        return Pace.NEW
    return Pace.QUICK if quick_in_a_row >= TRUST else Pace.SLOW


class Shares:
    """What each kind of endpoint may still take, of all workers' hands together.

    Parameters
    ----------
    now : datetime
        Leases that have ended by then do not count.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._left = dict(MOST_TOGETHER)
        held = Delivery.objects.filter(leased_until__gt=now)
        counts = held.values_list("endpoint__quick_in_a_row").annotate(Count("pk"))
        for quick_in_a_row, count in counts.order_by():
            self.take(pace_of(quick_in_a_row), count)

    def take(self, pace: Pace, count: int) -> None:
        """Note that so many hands are taken."""
        if pace in self._left:
            self._left[pace] -= count

    def has_any(self, pace: Pace) -> bool:
        """Return whether an endpoint of this pace may take any hand."""
        return self._left.get(pace, 1) > 0

    def free_for(self, endpoint: WebhookEndpoint) -> int:
        """Return how many hands a locked endpoint may take now."""
        pace = pace_of(endpoint.quick_in_a_row)
        is_trusted = pace == Pace.QUICK and endpoint.failing_since is None
        cap = MOST_AT_ONCE if is_trusted else MOST_UNLESS_QUICK
        held = endpoint.deliveries.filter(leased_until__gt=self._now).count()
        return min(cap - held, self._left.get(pace, MOST_AT_ONCE))


def note_pace(endpoint: WebhookEndpoint, took_ms: int) -> None:
    """Write down how quick the latest attempt of a locked endpoint was."""
    before = endpoint.quick_in_a_row
    if took_ms > SLOW_MS:
        after = 0
    else:
        after = TRUST if before is None else min(before + 1, TRUST)
    if after != before:
        endpoint.quick_in_a_row = after
        endpoint.save(update_fields=["quick_in_a_row"])
