"""A whole installation of its own for a test: data folder, database, real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
DEMO_PASSWORD = "a demo password for tests"
# Tests against PostgreSQL: each installation gets a database on the same server.
SERVER_URL = os.environ.get("DATABASE_URL") or None
T = TypeVar("T")


class Installation:
    """Runs ``manage.py`` commands and the supervised server on a folder of its own.

    Parameters
    ----------
    folder : Path
        Empty; holds the SQLite file, originals, evidence and the log.
    settings : mapping of str to str
        ``PIXELWARDEN_*`` variables, without the prefix.
    module : str
        The settings module.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        module: str = "config.settings",
    ) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_name = f"pixelwarden_{os.getpid()}_{self.port}"
        self.supervisor: subprocess.Popen[bytes] | None = None
        values = {"DATA_DIR": str(folder / "data"), "DEMO_PASSWORD": DEMO_PASSWORD}
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIXELWARDEN_", "COV_"))
        } | {
            f"PIXELWARDEN_{name}": value
            for name, value in (values | dict(settings or {})).items()
        }
        self.environment["DJANGO_SETTINGS_MODULE"] = module
        self.environment["PYTHONPATH"] = str(ROOT)

    def manage(self, *arguments: str, check: bool = True) -> str:
        """Run one command to its end and return what it wrote."""
        done = subprocess.run(
            (sys.executable, str(ROOT / "manage.py"), *arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def prepare(self, *, like: Installation | None = None) -> None:
        """Make the tables and the demo users, or copy those of a prepared one.

        Their password is ``DEMO_PASSWORD``.
        """
        if like is not None:
            shutil.copytree(like.folder, self.folder, dirs_exist_ok=True)
        if SERVER_URL is not None:
            template = like.database_name if like else "template0"
            run_on_server(f'CREATE DATABASE "{self.database_name}" TEMPLATE {template}')
            address = urlsplit(SERVER_URL)._replace(path=f"/{self.database_name}")
            self.environment["DATABASE_URL"] = urlunsplit(address)
        if like is None:
            self.manage("migrate", "--verbosity", "0")
            self.manage("create_demo_users")

    def start(self, *arguments: str) -> None:
        """Start the supervised server and wait until it answers."""
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                (
                    *(sys.executable, str(ROOT / "manage.py"), "run"),
                    *("--port", str(self.port), *arguments),
                ),
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: "answers at" in self.output(), what=self.output, seconds=60)

    def stop(self) -> None:
        """End the server as Ctrl-C does."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGINT)
            self.supervisor.wait(timeout=30)

    def remove(self) -> None:
        """Stop, and give the database back to the server."""
        self.stop()
        if SERVER_URL is not None:
            run_on_server(
                f'DROP DATABASE IF EXISTS "{self.database_name}" WITH (FORCE)'
            )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the database, beside the running processes."""
        if SERVER_URL is not None:
            with psycopg.connect(self.environment["DATABASE_URL"]) as server:
                return server.execute(sql.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "data/pixelwarden.sqlite3")) as file:
            return file.execute(sql).fetchall()

    def output(self) -> str:
        """Return what the supervisor and its children wrote so far."""
        return self.log.read_text(errors="replace")

    def processes(self, part: str = "") -> list[int]:
        """Return the processes of this installation whose command holds ``part``."""
        mark = f"PIXELWARDEN_DATA_DIR={self.environment['PIXELWARDEN_DATA_DIR']}"
        return [
            pid
            for pid in (
                int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()
            )
            if mark in _read(pid, "environ").split("\0")
            and part in _read(pid, "cmdline")
        ]


def wait_for(
    ready: Callable[[], T],
    *,
    seconds: float = 30,
    what: Callable[[], object] = lambda: "it never happened",
) -> T:
    """Return the first true answer; fail with ``what()`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ready():
            return answer
        time.sleep(0.05)
    raise AssertionError(what())


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_on_server(sql: str) -> None:
    """Run one statement on the PostgreSQL server of the tests."""
    assert SERVER_URL is not None
    with psycopg.connect(SERVER_URL, autocommit=True) as connection:
        connection.execute(sql.encode())


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    except OSError:  # it ended meanwhile, or is not ours
        return ""
