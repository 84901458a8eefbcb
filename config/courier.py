"""The worker's courier: publishes events and sends webhooks, beside the analyses."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from django.db import DatabaseError, close_old_connections, connection

from moderation.services.deliveries import lease_deliveries, send, settle
from moderation.services.publishing import publish_events

if TYPE_CHECKING:
    from moderation.services.deliveries import Letter, Outcome

logger = logging.getLogger(__name__)

HANDS = 12
PAUSE = 0.5
PAUSE_AFTER_ERROR = 2.0


class Courier:
    """One thread that talks to the database, and hands that wait for receivers.

    What is under way when the worker ends is finished and settled; a worker that is
    killed leaves leases, which end.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._under_way: dict[Future[Outcome], Letter] = {}

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(HANDS, thread_name_prefix="courier") as hands:
                while not self._stop.is_set():
                    self._stop.wait(self._round(hands))
                self._finish()
        finally:
            connection.close()

    def _finish(self) -> None:
        try:
            while self._under_way:
                self._settle_done(PAUSE)
        except DatabaseError:  # their leases end, and another worker sends them again
            logger.warning("webhooks under way were not settled", exc_info=True)

    def _round(self, hands: ThreadPoolExecutor) -> float:
        """Do what there is to do; return how long to pause."""
        try:
            close_old_connections()
            publish_events()
            for letter in lease_deliveries(most=HANDS - len(self._under_way)):
                self._under_way[hands.submit(send, letter)] = letter
            self._settle_done(PAUSE)
        except DatabaseError:  # busy or away: the next round tries again
            logger.warning("webhooks wait for the database", exc_info=True)
            return PAUSE_AFTER_ERROR
        except Exception:  # a bug must not end the courier while the worker goes on
            logger.exception("webhooks stumbled")
            return PAUSE_AFTER_ERROR
        return 0.0 if self._under_way else PAUSE

    def _settle_done(self, most_seconds: float) -> None:
        if not self._under_way:
            return
        done, _ = wait(self._under_way, most_seconds, return_when=FIRST_COMPLETED)
        for future in done:
            # What cannot be written down now is sent again when its lease has ended.
            letter = self._under_way.pop(future)
            settle(letter, future.result())
