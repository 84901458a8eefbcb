"""The worker's couriers: what waits for strangers is done beside the analyses."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import DatabaseError, close_old_connections, connection

from forensics.services.fetching import get, give_back, lease_fetches, take_in
from moderation.services.deliveries import lease_deliveries, send, settle
from moderation.services.publishing import publish_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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

    What is under way when the worker ends has some seconds to be settled, and is then
    given back; a worker that is killed leaves leases, which end.

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
    finish_within : float
        Seconds that are waited for what is under way at the end.
    give_back : callable, optional
        Leaves one that was not finished to another worker, before its lease ends.
    """

    def __init__(  # noqa: PLR0913 - all of them named
        self,
        name: str,
        *,
        hands: int,
        lease: Callable[..., Sequence[Job]],
        do: Callable[[Job], Result],
        settle: Callable[[Job, Result], object],
        finish_within: float,
        give_back: Callable[[Job], object] | None = None,
    ) -> None:
        self._name = name
        self._hands = hands
        self._lease, self._do, self._settle = lease, do, settle
        self._finish_within, self._give_back = finish_within, give_back
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._under_way: dict[Future[Result], Job] = {}

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self._thread.join()

    def stop(self) -> None:
        """Take nothing more, and come to an end."""
        self._stop.set()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._stop.wait(self._round())
            self._finish()
        finally:
            connection.close()

    def _finish(self) -> None:
        ends = time.monotonic() + self._finish_within
        try:
            while self._under_way and time.monotonic() < ends:
                self._settle_done(PAUSE)
            for job in self._under_way.values():
                if self._give_back is not None:
                    self._give_back(job)
        except DatabaseError:  # their leases end, and another worker does them again
            logger.warning("%s under way were not settled", self._name, exc_info=True)

    def _round(self) -> float:
        """Do what there is to do; return how long to pause."""
        try:
            close_old_connections()
            for job in self._lease(most=self._hands - len(self._under_way)):
                self._under_way[self._in_a_hand(job)] = job
            self._settle_done(PAUSE)
        except DatabaseError:  # busy or away: the next round tries again
            logger.warning("%s wait for the database", self._name, exc_info=True)
            return PAUSE_AFTER_ERROR
        except Exception:  # a bug must not end the courier while the worker goes on
            logger.exception("%s stumbled", self._name)
            return PAUSE_AFTER_ERROR
        return 0.0 if self._under_way else PAUSE

    def _in_a_hand(self, job: Job) -> Future[Result]:
        """Do it in a thread that keeps no process from ending, unlike a pool's."""
        future: Future[Result] = Future()

        def work() -> None:
            try:
                future.set_result(self._do(job))
            except BaseException as error:  # noqa: BLE001 - raised where it is settled
                future.set_exception(error)

        threading.Thread(target=work, name=self._name, daemon=True).start()
        return future

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
        "webhooks",
        hands=HANDS,
        lease=_publish_and_lease,
        do=send,
        settle=settle,
        finish_within=7.0,  # the supervisor's patience is 8
    )


def fetches() -> Courier[Errand, Fetched]:
    """Fetch pictures from addresses, and take them in."""
    return Courier(
        "fetches",
        hands=FETCHING_HANDS,
        lease=lease_fetches,
        do=get,
        settle=take_in,
        finish_within=1.0,
        give_back=give_back,
    )


@contextmanager
def couriers() -> Iterator[None]:
    """Do both, and let both end at the same time."""
    mail, errands = webhooks(), fetches()
    with mail, errands:
        try:
            yield
        finally:
            mail.stop()
            errands.stop()


def _publish_and_lease(*, most: int) -> list[Letter]:
    publish_events()
    return lease_deliveries(most=most)
