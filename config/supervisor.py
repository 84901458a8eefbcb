"""Runs the web server and the analysis workers, and restarts whichever one ends."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.lifeline import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

TICK = 0.1
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
SETTLED_AFTER = 20.0
# An analysis under way gets this long to end by itself, then to be given back.
FINISH_WITHIN = 8.0
GIVE_BACK_WITHIN = 4.0
GIVE_UP_AFTER = 5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """What to keep running, and in which folder."""

    name: str
    command: tuple[str, ...]
    folder: Path


class Child:
    """One program, the process that runs it now, and when to start the next one."""

    def __init__(self, program: Program, say: Say) -> None:
        self.program = program
        self.failures = 0
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0

    def tend(self) -> None:
        """Notice that the process ended; start one when it is time to."""
        if self._process is not None:
            code = self._process.poll()
            if code is not None:
                self._ended(self._process.pid, code)
        elif time.monotonic() >= self._start_at:
            self._start()

    def has_ended(self) -> bool:
        """Return whether no process runs."""
        return self._process is None or self._process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Signal the process, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    def wipe_out(self) -> None:
        """Kill whatever is left of the process and of its own children."""
        if self._process is not None:
            _kill_group(self._process.pid)
            self._process.wait()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            self.program.command,
            cwd=self.program.folder,
            stdin=subprocess.PIPE,  # its lifeline; never written to
            env=os.environ | {VARIABLE: "1"},
            start_new_session=True,  # Ctrl-C is for the supervisor alone
        )

    def _ended(self, pid: int, code: int) -> None:
        _kill_group(pid)  # orphans of a killed server would keep its port
        self._process = None
        lived = time.monotonic() - self._started_at
        if code == 0:  # it served its time
            self.failures, delay = 0, 0.0
        else:
            self.failures = 1 if lived > SETTLED_AFTER else self.failures + 1
            delay = min(FIRST_DELAY * 2 ** (self.failures - 1), LONGEST_DELAY)
            self._say(
                f"The {self.program.name} {_how_it_ended(code)}; "
                f"it starts again in {delay:g} s."
            )
        self._start_at = time.monotonic() + delay


class Supervisor:
    """Keeps programs running until told to stop.

    Parameters
    ----------
    programs : sequence of Program
        The first one is the web server, whose first answer is announced.
    say : callable
        Takes a line for the person at the terminal.
    """

    def __init__(self, programs: Sequence[Program], *, say: Say) -> None:
        self._children = [Child(program, say) for program in programs]
        self._say = say
        self._is_stopping = False

    def run(self, *, host: str, port: int) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP; return the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        answered = False
        try:
            while not self._is_stopping:
                for child in self._children:
                    child.tend()
                if not answered and self._children[0].failures >= GIVE_UP_AFTER:
                    self._say("The web server does not start; see its message above.")
                    return 1
                if not answered and _answers(host, port):
                    answered = True
                    self._say(f"Pixelwarden answers at http://{address(host, port)}/")
                time.sleep(TICK)
        finally:
            self._end_all()
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = True

    def _end_all(self) -> None:
        self._say("Stopping ...")
        try:
            for seconds in (FINISH_WITHIN, GIVE_BACK_WITHIN):
                for child in self._children:
                    child.send(signal.SIGTERM)
                if self._wait(seconds):
                    break
        finally:
            for child in self._children:
                child.wipe_out()
        self._say("Stopped.")

    def _wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(child.has_ended() for child in self._children):
                return True
            time.sleep(TICK)
        return False


def address(host: str, port: int) -> str:
    """Return host and port as they are written in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _answers(host: str, port: int) -> bool:
    """Return whether a web server answers, whatever it says."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with status {code}"
