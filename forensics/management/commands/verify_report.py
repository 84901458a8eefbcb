"""``verify_report``: check an evidence report by analyzing its original again."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from forensics import files
from forensics.analysis.types import ForensicsError, ImageRejectedError
from forensics.exceptions import StorageError
from forensics.models import Image
from forensics.reporting.comparison import TOLERANCE, Line, compare, seal, shown
from forensics.reporting.document import of_report, software
from forensics.reporting.reading import MAX_BYTES, read_report
from forensics.reporting.rerun import known_reasons, rerun
from forensics.services.pipeline import current_options, limits

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Mapping

SAME, DIFFERS, CANNOT_BE_CHECKED = 0, 1, 2


class CannotCheckError(ForensicsError):
    """Something is missing without which nothing can be said."""


class Command(BaseCommand):
    """One line for each thing that was compared, then the answer."""

    help = (
        "Check an evidence report (JSON): the original's SHA-256, then the same "
        "analysis once more, compared point by point. Exit status 0 if all is the "
        "same, 1 if something differs, 2 if it cannot be checked."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, metavar="FILE", help="report as JSON")
        parser.add_argument(
            "--image",
            type=Path,
            metavar="FILE",
            help="the original; without it the stored one of this SHA-256 is taken",
        )

    def handle(self, *_: str, **options: Any) -> None:
        """Check one report."""
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            recorded = read_report(_read(options["file"], MAX_BYTES))
            data = _original(recorded, options["image"])
            lines = self._checked(recorded, data)
        except ForensicsError as error:
            self.stderr.write(f"Cannot be checked: {error}")
            sys.exit(CANNOT_BE_CHECKED)
        for line in lines:
            mark = "same   " if line.is_same else "DIFFERS"
            self.stdout.write(f"{mark}  {line.topic}: {line.text}")
        self.stdout.write(_answer(lines))
        sys.exit(SAME if all(line.is_same for line in lines) else DIFFERS)

    def _checked(self, recorded: Mapping[str, Any], data: bytes) -> list[Line]:
        original = _original_line(recorded, data)
        if not original.is_same:  # another picture's findings would tell nothing
            return [original, seal(recorded)]
        try:
            report = rerun(recorded["analysis"], data, options=current_options())
        except ImageRejectedError as error:
            raise CannotCheckError(
                f"this installation does not take the original: {error.detail}"
            ) from error
        here = of_report(report)
        return [
            original,
            *compare(recorded, here, software=software()),
            *_known_line(recorded["analysis"]),
        ]


def _known_line(analysis: Mapping[str, Any]) -> list[Line]:
    if not known_reasons(analysis):
        return []
    text = "what banks said then is taken from the report; it cannot be checked here"
    return [Line("Known images", text, is_same=True, is_result=False)]


def _answer(lines: list[Line]) -> str:
    differing = [line for line in lines if not line.is_same]
    how = f"Numbers within {TOLERANCE:g} of each other count as the same."
    if not differing:
        return f"\nThe same: this installation finds what the report says. {how}"
    count = len(differing)
    points = "1 point differs" if count == 1 else f"{count} points differ"
    if not any(line.is_result for line in differing):
        return (
            f"\n{points}, but only in what was used: verdict, score and every finding "
            f"are the same. {how}"
        )
    return f"\n{points}. {how}"


def _original_line(recorded: Mapping[str, Any], data: bytes) -> Line:
    expected = recorded["original"]["sha256"]
    found = hashlib.sha256(data).hexdigest()
    if found == expected:
        return Line("Original", f"SHA-256 {expected}", is_same=True)
    text = f"its SHA-256 is {found}, the report is about {expected}"
    return Line("Original", text, is_same=False)


def _original(recorded: Mapping[str, Any], path: Path | None) -> bytes:
    if path is not None:
        return _read(path, limits().max_bytes)
    sha256 = recorded["original"]["sha256"]
    try:
        image = Image.objects.filter(sha256=sha256).first()
    except DatabaseError as error:
        raise CannotCheckError(
            "the database is out of reach; give the original with --image."
        ) from error
    if image is None:
        raise CannotCheckError(
            f"no original with SHA-256 {sha256} is stored here; give it with --image."
        )
    try:
        return files.read_bytes(str(image.original.name))
    except StorageError as error:
        raise CannotCheckError(f"{error} Give the original with --image.") from error


def _read(path: Path, limit: int) -> bytes:
    name = shown(str(path))
    try:
        if not path.is_file():  # a pipe or device would block or never end
            raise CannotCheckError(f"{name} is no regular file.")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is invalid"
        raise CannotCheckError(f"{name} cannot be read: {reason}.") from error
    if len(data) > limit:
        raise CannotCheckError(f"{name} is larger than {limit // 2**20} MiB.")
    return data
