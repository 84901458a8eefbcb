"""The analysis worker: takes jobs from the database, and is seen to be alive."""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet
from django_tasks_db.utils import exclusive_transaction

from forensics.services import record_worker, recover_analyses, retire_worker
from forensics.services.fetching import is_fetching
from moderation.services import (
    continue_check,
    release_expired_claims,
    resume_ended_holds,
)
from moderation.services.backtests import recover_backtests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

logger = logging.getLogger(__name__)

INTERVAL = 0.2
LONGEST_PULSE = 5.0
PAUSE_AFTER_ERROR = 2.0


class AnalysisWorker(Worker):
    """Runs the engine's jobs one after another.

    The engine's own loop takes a write lock for each look at an empty queue, and ends
    when SQLite is busy; this one looks first, and waits. A signal never interrupts
    it between taking a job and running it.

    Parameters
    ----------
    name : str
        Unique among workers.
    batch : bool
        End when the queue is empty.
    max_tasks : int or None
        End after so many jobs, so that memory that native code lost is given back.
    """

    def __init__(self, *, name: str, batch: bool, max_tasks: int | None) -> None:
        super().__init__(
            queue_names=["default"],
            interval=INTERVAL,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=max_tasks,
            worker_id=name,
            excluded_queue_names=[],
        )

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Finish the job and end; told again, give the job back and end."""
        if not self.running and self.running_task:
            raise SystemExit(128 + signum)
        self.running = False

    def run(self) -> None:
        """Work until told to end, the queue is empty (batch), or enough was done."""
        while self.running and not self._has_done_enough():
            close_old_connections()
            try:
                job = self._take_job()
                if job is not None:
                    self.run_task(job)
            except DatabaseError:  # busy or away: the job, if any, is found again
                logger.warning("the database did not answer", exc_info=True)
                time.sleep(PAUSE_AFTER_ERROR)
                continue
            if job is None:
                # What is fetched meanwhile is analyzed, too.
                if self.batch and not is_fetching():
                    return
                time.sleep(self.interval)

    def _has_done_enough(self) -> bool:
        return self.max_tasks is not None and self._run_tasks >= self.max_tasks

    def _take_job(self) -> DBTaskResult[..., Any] | None:
        ready: DBTaskResultQuerySet = DBTaskResult.objects.ready().filter(
            backend_name=self.backend_name, queue_name__in=self.queue_names
        )
        if not ready.exists():
            return None
        with exclusive_transaction():
            job = ready.get_locked()
            if job is not None:
                job.claim(self.worker_id)
        return job


class Pulse:
    """Says every few seconds that the worker lives; tidies up after dead ones."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._started_at = timezone.now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        retire_worker(name=self._name)

    def _beat_on(self) -> None:
        pause = min(LONGEST_PULSE, settings.LEASE_SECONDS / 2)
        try:
            while True:
                self._beat()
                if self._stop.wait(pause):
                    return
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            close_old_connections()
            record_worker(name=self._name, started_at=self._started_at)
            recover_analyses()
            recover_backtests()
            release_expired_claims()
            resume_ended_holds()
            continue_check()
        except DatabaseError:  # busy or away: the next beat tries again
            logger.warning("the worker's sign of life failed", exc_info=True)


@contextmanager
def ending_on_signals(worker: AnalysisWorker) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the worker in order, while it works."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals, and does as it likes
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, worker.shutdown) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
