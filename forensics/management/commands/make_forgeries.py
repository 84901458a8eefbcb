"""``manage.py make_forgeries``: writes a data set of forgeries with masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.management.base import CommandParser

    from forensics.training.forgeries import ForgeryKind

_SHOWN = 20


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.forgeries`'s."""

    help = (
        "Make untouched and tampered pictures from authentic photographs and write "
        "them to a folder with authentic/, tampered/, masks/ and manifest.jsonl. Both "
        "classes go through the same histories of coding and resizing. The same "
        "sources, seed and options give the same files."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the folder, the sources, and what to make of them."""
        parser.add_argument("folder", type=Path, help="new or empty folder")
        parser.add_argument(
            "--sources",
            nargs="+",
            type=Path,
            default=[],
            metavar="PATH",
            help="authentic photographs, or folders of them",
        )
        parser.add_argument(
            "--source-list",
            type=Path,
            metavar="FILE",
            help="text file with one path a line, relative ones from its own folder",
        )
        parser.add_argument(
            "--part",
            choices=("learn", "check", "test"),
            help="only photographs of this part of train_localizer's split by camera",
        )
        parser.add_argument("--count", type=int, default=1000)
        parser.add_argument("--side", type=int, nargs="+", default=[512])
        parser.add_argument("--seed", type=int, default=20261123)
        parser.add_argument("--untouched", type=float, default=0.5, metavar="SHARE")
        parser.add_argument(
            "--kinds",
            nargs="+",
            default=None,
            metavar="KIND[=WEIGHT]",
            help="kinds of edits to make, such as splice copy_move=2 (default: all)",
        )
        parser.add_argument("--processes", type=int, default=1)

    def handle(self, *_args: object, **options: Any) -> None:
        """Make them and say which sources were left out."""
        # OpenCV and its neighbours stay out of the other commands' start-up.
        from forensics.training.forgeries import (  # noqa: PLC0415
            ForgeryGenerator,
            write_set,
        )

        try:
            generator = ForgeryGenerator(
                _of_part(
                    _sources(options["sources"], options["source_list"]),
                    options["part"],
                ),
                side=_side(options["side"]),
                seed=options["seed"],
                kinds=_weights(options["kinds"]),
                untouched=options["untouched"],
            )
            skipped = write_set(
                generator,
                options["folder"],
                count=options["count"],
                processes=options["processes"],
                progress=ProgressBar(self.stderr),
            )
        except (ForensicsError, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self._report(skipped)
        self.stdout.write(f"Written: {options['count']:,} to {options['folder']}.")

    def _report(self, skipped: dict[Path, str]) -> None:
        lines = [f"Left out {path.name}: {why}" for path, why in skipped.items()]
        for line in lines[:_SHOWN]:
            self.stderr.write(line)
        if len(lines) > _SHOWN:
            self.stderr.write(f"Left out {len(lines) - _SHOWN:,} more.")


def _sources(paths: Sequence[Path], listed: Path | None) -> list[Path]:
    """Collect files in an order that is the same on every machine."""
    from forensics.training.datasets import IMAGE_SUFFIXES  # noqa: PLC0415

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            files = (p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
            found += sorted(files)
        else:
            found.append(path)
    if listed is not None:
        lines = listed.read_text(encoding="utf-8").splitlines()
        found += [listed.parent / line.strip() for line in lines if line.strip()]
    return found


def _of_part(paths: Sequence[Path], part: str | None) -> list[Path]:
    from forensics.training.localizer.split import part_of  # noqa: PLC0415

    return [path for path in paths if part is None or part_of(path.name) == part]


def _side(values: Sequence[int]) -> int | tuple[int, int]:
    if len(values) > 2:
        raise CommandError("--side: Expected one side, or the least and the greatest.")
    return (values[0], values[-1])


def _weights(items: Sequence[str] | None) -> dict[ForgeryKind, float] | None:
    """Read ``splice copy_move=2``."""
    from forensics.training.forgeries import ForgeryKind  # noqa: PLC0415

    if items is None:
        return None
    weights = {}
    for item in items:
        name, _, weight = item.partition("=")
        try:
            weights[ForgeryKind(name)] = float(weight or 1)
        except ValueError as error:
            known = ", ".join(k for k in ForgeryKind if k != ForgeryKind.UNTOUCHED)
            raise CommandError(
                f"--kinds: Expected KIND or KIND=WEIGHT, received {item!r}. "
                f"Kinds: {known}."
            ) from error
    return weights
