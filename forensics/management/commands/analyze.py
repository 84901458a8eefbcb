"""``analyze``: judge image files from the command line, without database or server."""

from __future__ import annotations

import io
import json
import logging
import os
import stat
import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from forensics.analysis.report import (
    rejection_to_json,
    rejection_to_lines,
    report_to_json,
    report_to_lines,
)
from forensics.analysis.types import ImageRejectedError, RejectionCode, Report
from forensics.services.pipeline import current_pipeline

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

_SOME_FAILED = 2
_logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """One report a file, flushed as it is made; a bad file never ends the run."""

    help = (
        "Analyze image files. Needs no database and no server. Exit status 0 if all "
        "inputs were analyzed, 2 if some could not be."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "paths", nargs="+", type=_given, metavar="PATH", help="file or folder"
        )
        parser.add_argument(
            "-r", "--recursive", action="store_true", help="enter folders in folders"
        )
        parser.add_argument(
            "--jsonl", action="store_true", help="one JSON object a line"
        )

    def handle(self, *_: str, **options: Any) -> None:
        """Analyze the paths; a reader that has left ends the run quietly."""
        _escape_what_the_terminal_cannot_show()
        is_complete = True
        try:
            for path in options["paths"]:
                is_complete &= self._analyze(Path(path), options)
        except BrokenPipeError:
            _abandon_output()
            is_complete = False
        if not is_complete:
            sys.exit(_SOME_FAILED)

    def _analyze(self, path: Path, options: dict[str, Any]) -> bool:
        """Analyze one path; return whether all of it could be."""
        results = []
        for file in _files(path, is_deep=options["recursive"]):
            result = _analyzed(file)
            results.append(isinstance(result, Report))
            self.stdout.write(_shown(result, file, is_json=options["jsonl"]))
            self.stdout.flush()
        if not results:
            more = "" if options["recursive"] else "; --recursive looks in its folders"
            self.stderr.write(f"{_printable(str(path))} holds no files{more}.")
        return all(results)


def _given(path: str) -> str:
    """Refuse an empty path: it would mean the current folder, unasked."""
    if not path:
        detail = "a path is empty; give a file or a folder (. for the current one)"
        raise ArgumentTypeError(detail)
    return path


def _files(path: Path, *, is_deep: bool) -> Iterator[Path]:
    """Yield the files of a path by name, and folders that cannot be listed.

    Links to folders are not entered: they may lead in circles.
    """
    try:
        with os.scandir(path) as found:
            entries = sorted(found, key=_entry_name)
    except (OSError, ValueError):  # no folder, not readable, or an impossible name
        yield path
        return
    for entry in entries:
        if not _is_folder(entry):
            yield Path(entry.path)
        elif is_deep and not entry.is_symlink():
            yield from _files(Path(entry.path), is_deep=True)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # such as a link to itself; reading it will say so
        return False


def _entry_name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _analyzed(path: Path) -> Report | ImageRejectedError:
    try:
        pipeline = current_pipeline()
        return pipeline.analyze(_read(path, pipeline.limits.max_bytes))
    except ImageRejectedError as error:
        return error
    except Exception as error:  # the other files still count
        _logger.exception("analysis of %r failed", str(path))
        words = f"The analysis failed ({type(error).__name__}); the log says more."
        return ImageRejectedError(RejectionCode.FAILED, words)


def _read(path: Path, limit: int) -> bytes:
    try:
        # A pipe or device would block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable("it is no regular file")
        with path.open("rb") as file:
            return file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is invalid"
        raise _unreadable(reason) from error


def _unreadable(reason: str) -> ImageRejectedError:
    return ImageRejectedError(
        RejectionCode.UNREADABLE,
        f"The file cannot be read: {reason}. Check its name and permissions.",
    )


def _shown(result: Report | ImageRejectedError, path: Path, *, is_json: bool) -> str:
    name = _printable(str(path))
    if is_json:
        found = (
            report_to_json(result, name)
            if isinstance(result, Report)
            else rejection_to_json(result.code.value, result.detail, name)
        )
        return json.dumps(found, allow_nan=False)
    lines = (
        report_to_lines(result, name)
        if isinstance(result, Report)
        else rejection_to_lines(result.code.value, result.detail, name)
    )
    return "\n".join(lines) + "\n"


def _printable(name: str) -> str:
    """Escape what is no text: bytes that are not UTF-8, and control characters."""
    text = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def _escape_what_the_terminal_cannot_show() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _abandon_output() -> None:
    """Point standard output nowhere: Python flushes it once more on exit."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
