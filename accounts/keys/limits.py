"""How often a key may ask, and how many pictures it may send: counted by the database.

Requests are paced by the generic cell rate algorithm. One number is kept, the moment
from which the whole burst is there again; a request moves it on by its own share,
unless it lies too far ahead. That is one conditional UPDATE, so the limit holds over
any number of processes and needs neither a lock nor a transaction. The cost is measured
by ``benchmarks.bench_keys``.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import TYPE_CHECKING

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.key_models import ApiKey, KeyCount, KeyPace, Span
from accounts.keys.exceptions import QuotaExceededError

if TYPE_CHECKING:
    from collections.abc import Iterator

USED_EVERY = timedelta(minutes=1)
_DAY = 86_400
_current: ContextVar[Current | None] = ContextVar("current_key", default=None)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit, as the headers of an answer say it.

    Attributes
    ----------
    quota, window : int
        So many in so many seconds.
    left : int
        So many are left now.
    wait : int
        Seconds until there is more.
    """

    name: str
    quota: int
    window: int
    left: int
    wait: int

    @property
    def policy(self) -> str:
        """One item of ``RateLimit-Policy``."""
        return f'"{self.name}";q={self.quota};w={self.window}'

    @property
    def state(self) -> str:
        """One item of ``RateLimit``."""
        return f'"{self.name}";r={self.left};t={self.wait}'


@dataclass(slots=True)
class Current:
    """The key that the request being answered came with, and what is left of it."""

    key: ApiKey | None = None
    allowances: dict[str, Allowance] = field(default_factory=dict)

    def note(self, allowance: Allowance) -> None:
        """Keep it for the headers of the answer."""
        self.allowances[allowance.name] = allowance


@contextmanager
def answering() -> Iterator[Current]:
    """Keep what happens to a key while one request is answered."""
    token = _current.set(current := Current())
    try:
        yield current
    finally:
        _current.reset(token)


def current() -> Current:
    """Return what is kept for the request being answered; outside of one, nothing."""
    return _current.get() or Current()


def key_may(scope: str) -> bool:
    """Return whether the request being answered may see what a scope opens.

    For answers that carry parts of other resources. Who came without a key may.
    """
    key = current().key
    return key is None or scope in key.scopes


def spend_request(key: ApiKey, *, now: float | None = None) -> tuple[bool, Allowance]:
    """Count one request; return whether it is allowed, and what is left.

    What is left is worked out from the row as the key was read: others that ask at the
    same moment may make it less.
    """
    now = time.time() if now is None else now
    share = 60 / key.per_minute
    latest = now + (key.burst - 1) * share
    is_allowed = (
        KeyPace.objects.filter(key_id=key.pk, free_at__lte=latest).update(
            free_at=Greatest(F("free_at"), Value(now)) + share
        )
        == 1
    )
    before = max(key.pace.free_at, now)
    if not is_allowed:
        wait = KeyPace.objects.values_list("free_at", flat=True).get(key_id=key.pk)
        return False, _paced(key, 0, max(wait - latest, 0))
    left = math.floor((latest - before) / share + 1e-6)
    until_more = (before + share - now) % share or share
    return True, _paced(key, max(left, 0), until_more)


def _paced(key: ApiKey, left: int, wait: float) -> Allowance:
    window = math.ceil(key.burst * 60 / key.per_minute)
    return Allowance("requests", key.burst, window, left, max(1, math.ceil(wait)))


def note_use(key: ApiKey) -> None:
    """Write down that a key was used, at most once a minute."""
    now = timezone.now()
    if key.last_used_at is not None and now - key.last_used_at < USED_EVERY:
        return
    stale = ApiKey.objects.filter(pk=key.pk)
    stale.exclude(last_used_at__gt=now - USED_EVERY).update(last_used_at=now)


# --- Pictures -----------------------------------------------------------------------
def refuse_spent() -> None:
    """Refuse a picture of which the quota is gone, before anything is stored.

    Raises
    ------
    QuotaExceededError
        The key has sent as many as it may.
    """
    key = current().key
    if key is None or not any(most for _, _, most in _quotas(key)):
        return
    sent = images_sent(key)
    for span, starts, most in _quotas(key):
        if most is not None and sent[span] >= most:
            raise _spent(span, starts, most)


def spend_image() -> None:
    """Count one picture for the key that the current request came with, if any.

    Called inside the transaction that stores the picture: what is not stored does not
    count. The counters stay locked until its end, so that no two pictures can both be
    the last one.

    Raises
    ------
    QuotaExceededError
        The key has sent as many as it may.
    """
    used = current()
    key = used.key
    if key is None:
        return
    for span, starts, most in _quotas(key):
        images = _count(key, span, starts, most)
        if most is not None:
            used.note(_quota(span, starts, most, images))


def _quotas(key: ApiKey) -> tuple[tuple[Span, date, int | None], ...]:
    today = timezone.now().astimezone(UTC).date()
    return (
        (Span.DAY, today, key.images_per_day),
        (Span.MONTH, today.replace(day=1), key.images_per_month),
    )


def _count(key: ApiKey, span: Span, starts: date, most: int | None) -> int:
    """Count one more, and return how many those are."""
    row, _ = KeyCount.objects.get_or_create(key=key, span=span, starts=starts)
    rows = KeyCount.objects.filter(pk=row.pk)
    free = rows if most is None else rows.filter(images__lt=most)
    if not free.update(images=F("images") + 1):
        raise _spent(span, starts, most or 0)
    row.refresh_from_db(fields=["images"])
    return row.images


def _spent(span: Span, starts: date, most: int) -> QuotaExceededError:
    current().note(_quota(span, starts, most, most))
    return QuotaExceededError(
        f"This key has sent the {most:,} pictures that it may send in a {span}.",
        wait=seconds_until_over(span, starts),
    )


def _quota(span: Span, starts: date, most: int, sent: int) -> Allowance:
    window = (_end_of(span, starts) - starts).days * _DAY
    wait = seconds_until_over(span, starts)
    return Allowance(f"images-{span}", most, window, max(most - sent, 0), wait)


def seconds_until_over(span: Span, starts: date) -> int:
    """Return for how long a day or a month (UTC) goes on."""
    ends = datetime.combine(_end_of(span, starts), clock.min, tzinfo=UTC)
    return max(1, math.ceil((ends - timezone.now()).total_seconds()))


def _end_of(span: Span, starts: date) -> date:
    if span == Span.DAY:
        return starts + timedelta(days=1)
    return (starts + timedelta(days=31)).replace(day=1)


def images_sent(key: ApiKey) -> dict[str, int]:
    """Return how many pictures a key has sent today and this month."""
    begins = {str(span): starts for span, starts, _ in _quotas(key)}
    rows = KeyCount.objects.filter(key=key, starts__in=begins.values())
    found = {(row.span, row.starts): row.images for row in rows}
    return {span: found.get((span, starts), 0) for span, starts in begins.items()}
