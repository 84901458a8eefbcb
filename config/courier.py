"""The worker's couriers: what waits for strangers is done beside the analyses."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import DatabaseError, close_old_connections, connection

from forensics.services.fetching import get, lease_fetches, take_in
from moderation.services.deliveries import lease_deliveries, send, settle
from moderation.services.publishing import publish_events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from forensics.services.fetching import Errand, Fetched
    from moderation.services.deliveries import Letter, Outcome

logger = logging.getLogger(__name__)

HANDS = 12  # for webhooks
FETCHING_HANDS = 6
PAUSE = 0.5
PAUSE_AFTER_ERROR = 2.0
Job = TypeVar("Job")
Result = TypeVar("Result")


class Courier(Generic[Job, Result]):
    """One thread that talks to the database, and hands that wait for others.

    What is under way when the worker ends is finished and settled; a worker that is
    killed leaves leases, which end.

    Parameters
    ----------
    name : str
        What it carries, for the log.
    hands : int
        How many jobs may be under way.
    lease : callable
        Takes at most so many jobs.
    do : callable
        Does one, in a hand, without the database; raises nothing.
    settle : callable
        Writes down what came of one.
    """

    def __init__(
        self,
        name: str,
        *,
        hands: int,
        lease: Callable[..., Sequence[Job]],
        do: Callable[[Job], Result],
        settle: Callable[[Job, Result], object],
    ) -> None:
        self._name = name
        self._hands = hands
        self._lease, self._do, self._settle = lease, do, settle
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._under_way: dict[Future[Result], Job] = {}

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            with ThreadPoolExecutor(self._hands, self._name) as hands:
                while not self._stop.is_set():
                    self._stop.wait(self._round(hands))
                self._finish()
        finally:
            connection.close()

    def _finish(self) -> None:
        try:
            while self._under_way:
                self._settle_done(PAUSE)
        except DatabaseError:  # their leases end, and another worker does them again
            logger.warning("%s under way were not settled", self._name, exc_info=True)

    def _round(self, hands: ThreadPoolExecutor) -> float:
        """Do what there is to do; return how long to pause."""
        try:
            close_old_connections()
            for job in self._lease(most=self._hands - len(self._under_way)):
                self._under_way[hands.submit(self._do, job)] = job
            self._settle_done(PAUSE)
        except DatabaseError:  # busy or away: the next round tries again
            logger.warning("%s wait for the database", self._name, exc_info=True)
            return PAUSE_AFTER_ERROR
        except Exception:  # a bug must not end the courier while the worker goes on
            logger.exception("%s stumbled", self._name)
            return PAUSE_AFTER_ERROR
        return 0.0 if self._under_way else PAUSE

    def _settle_done(self, most_seconds: float) -> None:
        if not self._under_way:
            return
        done, _ = wait(self._under_way, most_seconds, return_when=FIRST_COMPLETED)
        for future in done:
            # What cannot be written down now is done again when its lease has ended.
            job = self._under_way.pop(future)
            self._settle(job, future.result())


def webhooks() -> Courier[Letter, Outcome]:
    """Publish events and send webhooks."""
    return Courier(
        "webhooks", hands=HANDS, lease=_publish_and_lease, do=send, settle=settle
    )


def fetches() -> Courier[Errand, Fetched]:
    """Fetch pictures from addresses, and take them in."""
    return Courier(
        "fetches", hands=FETCHING_HANDS, lease=lease_fetches, do=get, settle=take_in
    )


def _publish_and_lease(*, most: int) -> list[Letter]:
    publish_events()
    return lease_deliveries(most=most)
