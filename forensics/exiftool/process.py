"""One ExifTool that stays open: questions in, bounded answers out, or it is ended.

Its own protocol (``-stay_open``, ``-execute``) is spoken here: a wrapper that waits
for an answer without a limit would hang with it, and one that reads on after its
death would never end.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_LAUNCH = Path(__file__).with_name("launch.py")
_CHUNK = 1 << 16
# Nothing of the caller's surroundings reaches it: no configuration, no Perl options.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8"}


class ProcessError(Exception):
    """The process gave no whole answer and was ended."""


class ProcessDiedError(ProcessError):
    """It ended by itself, or was killed."""


class TooSlowError(ProcessError):
    """It was still at work when its time was over."""


class TooMuchError(ProcessError):
    """Its answer was longer than the caller takes."""


class StayOpenProcess:
    """A running ExifTool and the one file that it may look at.

    The file has no name: it is unlinked from the start, so nothing of a picture is
    left behind however this ends. It is handed over as an open descriptor.

    Parameters
    ----------
    executable : str
        Path of ExifTool.
    """

    def __init__(self, executable: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as the process
        self.path = f"/dev/fd/{self._file.fileno()}"
        self.owner = os.getpid()
        command = [executable, "-config", "", "-stay_open", "True", "-@", "-"]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _LAUNCH, str(self.owner), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what matters of it comes as tags, too
            pass_fds=(self._file.fileno(),),
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the worker, which ends it
        )

    @property
    def is_alive(self) -> bool:
        """Whether this very process started it and it still runs."""
        return self.owner == os.getpid() and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def show(self, data: bytes) -> None:
        """Put a picture's bytes where ``path`` names them."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(data)
        self._file.flush()
        self._file.seek(0)

    def forget(self) -> None:
        """Empty the file."""
        self._file.seek(0)
        self._file.truncate()

    def ask(self, *arguments: str, until: float, most: int) -> bytes:
        """Return what it prints for ``arguments``.

        Parameters
        ----------
        arguments : str
            Fixed words of ours, one option each. Never a stranger's text.
        until : float
            ``time.monotonic()`` at which to give up.
        most : int
            Bytes that are taken.

        Raises
        ------
        ProcessError
            No whole answer; the process has been ended.
        """
        mark = secrets.randbelow(10**9)
        lines = (*arguments, f"-execute{mark}", "")
        try:
            self._send("\n".join(lines).encode())
            return self._answer(f"{{ready{mark}}}".encode(), until, most)
        except ProcessError:
            self.end()
            raise

    def _send(self, question: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - for mypy
        try:
            self._process.stdin.write(question)
            self._process.stdin.flush()
        except OSError as error:
            raise ProcessDiedError from error

    def _answer(self, mark: bytes, until: float, most: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - for mypy
        output, found = self._process.stdout.fileno(), bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not found.endswith((mark + b"\n", mark + b"\r\n")):
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise TooSlowError
                chunk = os.read(output, _CHUNK)
                if not chunk:
                    raise ProcessDiedError
                found += chunk
                if len(found) > most:
                    raise TooMuchError
        return bytes(found[: found.rindex(mark)])

    def end(self) -> None:
        """End it at once; it holds nothing that could be lost."""
        if self.owner != os.getpid():
            return  # the process that started it will
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its session is its own
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._file):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
