"""Keeps a lease alive while its analysis computes, and ends a worker that hangs."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import DatabaseError, connection

from forensics.exceptions import LeaseLostError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

logger = logging.getLogger(__name__)

EXIT_HUNG = 70


class Heartbeat:
    """Renew a lease every third of its length, from a thread of its own.

    Native image code cannot be interrupted from Python. An analysis past the time
    limit therefore ends its whole process; the supervisor starts another, the lease
    runs out, and the row counts one attempt more.
    """

    def __init__(self, renew: Callable[[], None]) -> None:
        self._renew = renew
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._deadline = time.monotonic() + settings.ANALYSIS_TIME_LIMIT

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _pause(self) -> float:
        remaining = max(0.0, self._deadline - time.monotonic())
        return min(settings.LEASE_SECONDS / 3, remaining)

    def _beat(self) -> None:
        try:
            while not self._stop.wait(self._pause()):
                if time.monotonic() >= self._deadline:
                    logger.critical(
                        "an analysis exceeded %s s; this worker ends itself",
                        settings.ANALYSIS_TIME_LIMIT,
                    )
                    os._exit(EXIT_HUNG)
                try:
                    self._renew()
                except LeaseLostError:
                    return
                except DatabaseError:  # busy or away: the next beat tries again
                    logger.warning("a lease could not be renewed", exc_info=True)
        finally:
            connection.close()
