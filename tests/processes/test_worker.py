"""The worker killed, stopped and hung in the middle of an analysis."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.images import jpeg, photo_like
from tests.installation import ROOT, Installation, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

GAVE_UP_AFTER = 70
Row = tuple[str, int, str]


HELD = "tests.processes.held"


@pytest.fixture(scope="module")
def with_one_image(
    prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Return an installation with one queued image, to be copied."""
    folder = tmp_path_factory.mktemp("one-image")
    installed = Installation(folder / "installation", module=HELD)
    installed.prepare(like=prepared)
    pictures = folder / "pictures"
    pictures.mkdir()
    (pictures / "photo.jpg").write_bytes(jpeg(photo_like(1)))
    installed.manage("import_images", str(pictures))
    yield installed
    installed.remove()


@pytest.fixture
def held(with_one_image: Installation, tmp_path: Path) -> Iterator[Installation]:
    """Return an installation with one queued image, whose analysis is held."""
    installed = Installation(
        tmp_path / "installation", settings={"LEASE_SECONDS": "1"}, module=HELD
    )
    installed.prepare(like=with_one_image)
    hold(installed).parent.mkdir(exist_ok=True)
    hold(installed).touch()
    yield installed
    hold(installed).unlink(missing_ok=True)
    installed.remove()


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Collect started workers, so that none outlives its test."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_analysis_of_a_killed_worker_completes_at_the_second_attempt(
    held: Installation, workers: list[subprocess.Popen[bytes]]
) -> None:
    first = start_worker(held, workers)
    wait_for(lambda: analysis(held) == ("running", 1, ""))

    first.kill()
    first.wait()
    assert analysis(held) == ("running", 1, "")
    hold(held).unlink()
    start_worker(held, workers)

    wait_for(lambda: analysis(held) == ("completed", 2, ""), what=held.output)


def test_analysis_that_kills_three_workers_fails_with_the_reason(
    held: Installation, workers: list[subprocess.Popen[bytes]]
) -> None:
    for attempt in (1, 2, 3):
        worker = start_worker(held, workers)
        running = ("running", attempt, "")
        wait_for(lambda running=running: analysis(held) == running, what=held.output)
        worker.kill()
        worker.wait()
    start_worker(held, workers)

    wait_for(lambda: analysis(held) == ("failed", 3, "gave_up"), what=held.output)
    ((detail,),) = held.query("SELECT error_detail FROM forensics_analysis")
    assert "Given up after 3 attempts" in detail
    assert "worker was lost" in detail


def test_worker_told_to_end_finishes_its_analysis(
    held: Installation, workers: list[subprocess.Popen[bytes]]
) -> None:
    worker = start_worker(held, workers)
    wait_for(lambda: analysis(held) == ("running", 1, ""))

    worker.terminate()
    hold(held).unlink()

    assert worker.wait(timeout=20) == 0
    assert analysis(held) == ("completed", 1, "")


def test_worker_told_twice_to_end_gives_its_analysis_back(
    held: Installation, workers: list[subprocess.Popen[bytes]]
) -> None:
    worker = start_worker(held, workers)
    wait_for(lambda: analysis(held) == ("running", 1, ""))

    worker.terminate()
    wait_for(lambda: not _is_pending(worker.pid, signal.SIGTERM))
    worker.terminate()

    worker.wait(timeout=20)
    assert analysis(held) == ("queued", 0, "")
    hold(held).unlink()
    held.manage("worker", "--once")
    assert analysis(held) == ("completed", 1, "")


def test_hung_analysis_ends_its_worker(
    held: Installation, workers: list[subprocess.Popen[bytes]]
) -> None:
    held.environment["PIXELWARDEN_ANALYSIS_TIME_LIMIT"] = "1"

    worker = start_worker(held, workers)

    assert worker.wait(timeout=30) == GAVE_UP_AFTER
    assert analysis(held) == ("running", 1, "")


def test_job_lost_by_the_engine_is_found_again(held: Installation) -> None:
    hold(held).unlink()
    held.manage("shell", "--command", LOSE_THE_JOB)

    held.manage("worker", "--once")

    assert analysis(held) == ("completed", 1, "")


LOSE_THE_JOB = """
from datetime import timedelta
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from forensics.models import Analysis
DBTaskResult.objects.all().delete()
an_hour_ago = timezone.now() - timedelta(hours=1)
Analysis.objects.update(dispatched_at=an_hour_ago)
"""


def hold(installation: Installation) -> Path:
    return installation.folder / "data/hold"


def analysis(installation: Installation) -> Row:
    ((status, attempts, code),) = installation.query(
        "SELECT status, attempts, error_code FROM forensics_analysis"
    )
    return status, attempts, code


def start_worker(
    installation: Installation, workers: list[subprocess.Popen[bytes]]
) -> subprocess.Popen[bytes]:
    with installation.log.open("ab") as log:
        process = subprocess.Popen(
            (sys.executable, str(ROOT / "manage.py"), "worker"),
            env=installation.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    workers.append(process)
    return process


def _is_pending(pid: int, number: signal.Signals) -> bool:
    """Return whether a signal waits to be delivered to a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    mask = int(lines["SigPnd"], 16) | int(lines["ShdPnd"], 16)
    return bool(mask & 1 << (number - 1))
