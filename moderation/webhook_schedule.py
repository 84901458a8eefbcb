"""When a delivery that failed is tried again. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Waits after the first, second, ... failure: together 27.7 hours before jitter, which
# only ever adds. After the last one the delivery is dead.
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200)
)
JITTER = 0.2
LONGEST_WISH = timedelta(hours=24)


def wait_after(
    tries: int, *, chance: float, wish: timedelta | None = None
) -> timedelta | None:
    """Return how long to wait after so many failed tries; None: give up.

    Parameters
    ----------
    tries : int
        Failed tries until now, at least 1.
    chance : float
        From 0 to 1, at random, so that many do not come back at once.
    wish : timedelta, optional
        What the receiver asked for (``Retry-After``); honored up to a day.
    """
    if tries > len(WAITS):
        return None
    wait = WAITS[tries - 1] * (1 + JITTER * chance)
    return max(wait, min(wish, LONGEST_WISH)) if wish is not None else wait


def read_retry_after(text: str, *, now: datetime) -> timedelta | None:
    """Read a ``Retry-After``: seconds, or a date. What is none of them is ignored."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WISH)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return max(moment - now, timedelta(0))
    except OverflowError:
        return None
