"""What nobody needs any more is deleted by the worker, beside its work."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.idempotency import prune_keys
from forensics.exceptions import StorageError
from forensics.services.fetching import prune_fetches
from forensics.services.uploads import prune_uploads
from moderation.services.publishing import prune_events

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

KEEP_FINISHED_JOBS = timedelta(days=1)
EVERY = 600.0
BETWEEN_PARTS = 1.0  # others write, too
END_WITHIN = 2.0


def prune_jobs(*, now: datetime) -> int:
    """Delete the engine's rows that nobody needs; return how many.

    Finished ones, and those that say *running* long after any analysis would have
    been given up: their worker was killed. The analysis row is what counts.
    """
    longest = timedelta(seconds=settings.ANALYSIS_TIME_LIMIT + settings.LEASE_SECONDS)
    jobs = DBTaskResult.objects
    finished, _ = (
        jobs.finished().filter(finished_at__lt=now - KEEP_FINISHED_JOBS).delete()
    )
    stale, _ = jobs.running().filter(started_at__lt=now - 2 * longest).delete()
    return finished + stale


# Each deletes a part of what nobody needs, and says how many rows.
PRUNERS: tuple[Callable[..., int], ...] = (
    prune_jobs,
    prune_keys,
    prune_uploads,
    prune_fetches,
    prune_events,
)


class Pruner:
    """A thread of its own: a storage that does not answer must not stop the pulse.

    The worker's end does not wait for it for long; every part is whole by itself.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join(END_WITHIN)

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                now = timezone.now()
                for prune in PRUNERS:
                    self._all_of(prune, now)
                self._stop.wait(EVERY)
        finally:
            connection.close()

    def _all_of(self, prune: Callable[..., int], now: datetime) -> None:
        """Go on part by part; what was too young at the start is left for later."""
        try:
            close_old_connections()
            while not self._stop.is_set() and prune(now=now):
                self._stop.wait(BETWEEN_PARTS)
        except (DatabaseError, StorageError):  # busy or away: the next time
            logger.warning("%s did not finish", prune.__name__, exc_info=True)
        except Exception:  # a bug in one must not keep the others from going on
            logger.exception("%s stumbled", prune.__name__)
