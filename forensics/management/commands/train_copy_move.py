"""``manage.py train_copy_move``: refits the constants of the copy-move decision."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.copy_move`'s."""

    help = (
        "Make copy-moves, likenesses, patterns and untouched pictures out of authentic "
        "photographs, fit the copy-move decision to them, and print its constants as "
        "JSON, to be set in forensics/analysis/copy_move/decision.py."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the photographs and the amount."""
        parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
        parser.add_argument("--samples", type=int, default=1600)
        parser.add_argument("--seed", type=int, default=20261124)
        parser.add_argument(
            "--part",
            choices=("learn", "check", "test"),
            help="only photographs of this part of train_localizer's split by camera",
        )
        parser.add_argument(
            "--list",
            type=Path,
            metavar="FILE",
            help="use only the files whose names stand in it, one a line",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Run it and print the fit."""
        from forensics.training.copy_move import train  # noqa: PLC0415 - heavy

        sources = _sources(options["folders"], options["list"], options["part"])
        try:
            fit = train(
                sources,
                samples=options["samples"],
                seed=options["seed"],
                progress=ProgressBar(self.stderr),
            )
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(asdict(fit), indent=2))


def _sources(
    folders: list[Path], names_file: Path | None, part: str | None
) -> list[Path]:
    from forensics.training.localizer.split import part_of  # noqa: PLC0415 - heavy

    found = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file()
    )
    if names_file is not None:
        names = set(names_file.read_text(encoding="utf-8").split("\n"))
        found = [path for path in found if path.name in names]
    if part is not None:
        found = [path for path in found if part_of(path.name) == part]
    if not found:
        raise CommandError("No photographs there. Give folders that hold some.")
    return found
