"""The supervisor with its real children."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.installation import Installation, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


def worker_of(installation: Installation) -> int | None:
    found = installation.processes("manage.py\0worker")
    return found[0] if found else None


def arbiter_of(installation: Installation) -> int:
    return min(installation.processes("gunicorn"))


def test_killed_worker_is_restarted(installation: Installation) -> None:
    installation.start()
    first = wait_for(lambda: worker_of(installation))

    os.kill(first, signal.SIGKILL)

    second = wait_for(
        lambda: (
            worker_of(installation) not in {first, None} and worker_of(installation)
        ),
        what=installation.output,
    )
    assert second != first
    assert "The worker was ended by SIGKILL" in installation.output()


def test_killed_web_server_is_restarted_on_the_same_port(
    installation: Installation,
) -> None:
    installation.start()
    first = arbiter_of(installation)

    os.kill(first, signal.SIGKILL)
    wait_for(lambda: "web server was ended by SIGKILL" in installation.output())

    wait_for(lambda: _status(installation) == 200, what=installation.output)
    assert first not in installation.processes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_leaves_no_process_and_no_traceback(
    installation: Installation, number: signal.Signals
) -> None:
    installation.start()
    assert installation.supervisor is not None

    installation.supervisor.send_signal(number)

    assert installation.supervisor.wait(timeout=20) == 0
    assert installation.processes() == []
    assert "Traceback" not in installation.output()
    assert installation.query("SELECT count(*) FROM forensics_worker") == [(0,)]


def test_supervisor_killed_outright_leaves_no_process(
    installation: Installation,
) -> None:
    installation.start()
    assert installation.supervisor is not None
    wait_for(lambda: worker_of(installation))

    installation.supervisor.kill()
    installation.supervisor.wait()

    wait_for(
        lambda: not installation.processes(),
        seconds=20,
        what=lambda: f"left: {installation.processes()}\n{installation.output()}",
    )


def test_busy_port_is_told_in_plain_words(installation: Installation) -> None:
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()

        said = installation.manage("run", "--port", str(installation.port), check=False)

    assert f"Port {installation.port} is in use" in said
    assert f"make run PORT={installation.port + 1}" in said
    assert "Traceback" not in said


def test_missing_tables_are_told_with_the_remedy(tmp_path: Path) -> None:
    bare = Installation(tmp_path)
    bare.environment.pop("DATABASE_URL", None)

    said = bare.manage("run", "--port", str(bare.port), check=False)

    assert "manage.py migrate" in said
    assert "Traceback" not in said


def _status(installation: Installation) -> int:
    try:
        return httpx.get(f"{installation.url}/healthz", timeout=5).status_code
    except httpx.TransportError:
        return 0
