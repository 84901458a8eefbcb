"""ExifTool as the analysis' reader of tags: started when needed, renewed when lost."""

from __future__ import annotations

import atexit
import logging
import re
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from forensics.analysis.metadata.tag_reader import (
    TagAnswer,
    TagReaderError,
    TagReaderMissingError,
)
from forensics.exiftool.process import (
    ProcessDiedError,
    ProcessError,
    StayOpenProcess,
    TooMuchError,
    TooSlowError,
)

_logger = logging.getLogger(__name__)

# Older ones run code out of a hostile file (CVE-2021-22204).
LEAST = (12, 24)
SECONDS = 8.0
_START_SECONDS = 20.0
_PAUSE_AFTER_FAILED_START = 60.0
_MOST_TAGS, _MOST_PREVIEWS = 8 << 20, 32 << 20
# Groups beside each name: family, block, topic, copy. What the system says of our
# scratch file is nobody's metadata.
_COMMON = ("-json", "-struct", "-duplicates", "-ignoreMinorErrors", "-G:0:1:2:4")
_TAGS = ("-long", "--System:all", "--ExifTool:ExifToolVersion")
_PREVIEWS = ("-binary", "-Preview:all")
# The analysis reads EXIF's own thumbnail by itself: no second question for that.
_HAS_PREVIEWS = re.compile(rb'^ *"(?!EXIF:IFD1:)[^"]*:Preview:', re.MULTILINE)
_WORDS: dict[type[ProcessError], str] = {
    ProcessDiedError: "ExifTool ended unexpectedly on this file, twice",
    TooSlowError: "ExifTool took too long over this file and was stopped",
    TooMuchError: "ExifTool's answer about this file was too long to be taken",
}


class ExifTool:
    """A reader of tags. One for each worker process; safe to call from threads.

    Parameters
    ----------
    executable : str
        Path, or ``auto`` for the ``exiftool`` that the system finds.
    seconds : float, default: 8.0
        What one file may take; ExifTool is ended then, and started anew for the next.
    """

    def __init__(self, executable: str = "auto", *, seconds: float = SECONDS) -> None:
        self._executable = executable
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: StayOpenProcess | None = None
        self._version = ""
        self._not_before = 0.0
        atexit.register(self.close)

    @property
    def version(self) -> str:
        """Version of the program; empty until it has been started once."""
        return self._version

    @property
    def pid(self) -> int | None:
        """Number of the running process, if there is one."""
        return self._process.pid if self._process is not None else None

    def read(self, data: bytes) -> TagAnswer:
        """Ask about one file. A process that died meanwhile is replaced once.

        Raises
        ------
        TagReaderError
            It is not there, or gave no answer in its time and size.
        """
        until = time.monotonic() + self._seconds
        with self._lock:
            try:
                return self._ask(data, until)
            except ProcessDiedError:
                _logger.warning("ExifTool was lost and is started anew")
            except ProcessError as error:
                raise _told(error) from error
            try:
                return self._ask(data, until)
            except ProcessError as error:
                raise _told(error) from error

    def close(self) -> None:
        """End the process; the next file starts another."""
        with self._lock:
            if self._process is not None:
                self._process.end()
                self._process = None

    def _ask(self, data: bytes, until: float) -> TagAnswer:
        process = self._running()
        try:
            _show(process, data)
            tags = process.ask(
                *_COMMON, *_TAGS, process.path, until=until, most=_MOST_TAGS
            )
            return TagAnswer(self._version, tags, self._previews(process, tags, until))
        finally:
            self._settle(process)

    def _settle(self, process: StayOpenProcess) -> None:
        """Keep a process that lives, without the picture; let go of any other."""
        if process.is_alive:
            with suppress(OSError):
                process.forget()
        else:
            self._process = None

    def _previews(self, process: StayOpenProcess, tags: bytes, until: float) -> bytes:
        if not _HAS_PREVIEWS.search(tags):
            return b""
        return process.ask(
            *_COMMON, *_PREVIEWS, process.path, until=until, most=_MOST_PREVIEWS
        )

    def _running(self) -> StayOpenProcess:
        if self._process is not None and self._process.is_alive:
            return self._process
        if self._process is not None:
            self._process.end()
            self._process = None
        if time.monotonic() < self._not_before:
            raise TagReaderMissingError("ExifTool could not be started a moment ago")
        try:
            self._process = self._started()
        except TagReaderMissingError:
            self._not_before = time.monotonic() + _PAUSE_AFTER_FAILED_START
            raise
        return self._process

    def _started(self) -> StayOpenProcess:
        path = find_exiftool(self._executable)
        if path is None:
            raise TagReaderMissingError("ExifTool is not installed")
        try:
            process = StayOpenProcess(path)
            answer = process.ask(
                "-ver", until=time.monotonic() + _START_SECONDS, most=1024
            )
        except (ProcessError, OSError) as error:
            raise TagReaderMissingError("ExifTool could not be started") from error
        version = answer.decode("ascii", "replace").strip()
        if not is_safe(version):
            process.end()
            raise TagReaderMissingError(
                f"The installed ExifTool is older than {LEAST[0]}.{LEAST[1]}, or is "
                "none"
            )
        self._version = version
        return process


def _show(process: StayOpenProcess, data: bytes) -> None:
    """Put the picture where it reads; a full disk is an answer, not a breakdown."""
    try:
        process.show(data)
    except OSError as error:
        raise TagReaderError(
            f"the picture could not be laid out for ExifTool ({error.strerror})"
        ) from error


def _told(error: ProcessError) -> TagReaderError:
    return TagReaderError(_WORDS[type(error)])


def find_exiftool(setting: str) -> str | None:
    """Return the program's path, None where it is not there.

    ``setting`` is a path, or ``auto`` for the one that the system finds.
    """
    found = shutil.which("exiftool" if setting == "auto" else setting)
    return None if found is None else str(Path(found).absolute())


def is_safe(version: str) -> bool:
    """Whether this version may read strangers' files."""
    if not re.fullmatch(r"\d{1,4}\.\d{1,4}", version):
        return False
    return tuple(int(part) for part in version.split(".")) >= LEAST


def version_of(path: str) -> str:
    """Ask a program for its version; empty where it gives none."""
    try:
        answer = subprocess.run(
            [path, "-config", "", "-ver"],
            capture_output=True,
            timeout=_START_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout[:40].decode("ascii", "replace").strip()
