"""``manage.py export_decisions DIR``: decided cases as a data set."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.management.organizations import chosen_organization
from forensics.management.progress import ProgressBar
from moderation.models import Queue
from moderation.services.exporting import (
    FOLDERS,
    Choice,
    ExportError,
    export_decisions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.core.management.base import CommandParser

_SHOWN = 20


class Command(BaseCommand):
    """Writes what ``evaluate_model`` and ``train_model`` read as they are."""

    help = (
        "Write the originals of decided cases to DIR/authentic and DIR/tampered, with "
        "manifest.jsonl and manifest.csv. Only decisions of people that are in force "
        "and final; 'cannot tell' is counted and left out. Run the same command again "
        "to go on, or to bring the folder up to date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the folder and which decisions."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--until",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="the last day, in the installation's time zone",
        )
        parser.add_argument("--queue", default="", metavar="SLUG")
        parser.add_argument(
            "--organization", metavar="NAME", help="whose decisions (default: all)"
        )
        parser.add_argument("--outcome", default="", choices=sorted(FOLDERS))
        parser.add_argument(
            "--only-wrong",
            action="store_true",
            help="only where the detector had said the opposite",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Export and say what came of it."""
        queue = options["queue"]
        if queue and not Queue.objects.filter(slug=queue).exists():
            raise CommandError(f"There is no queue {queue!r}.")
        names = ("since", "until", "queue", "outcome", "only_wrong")
        owner = options["organization"]
        if owner is not None:
            owner = chosen_organization(options).name
        choice = Choice(
            **{name: options[name] for name in names}, organization=owner or ""
        )
        bar = ProgressBar(self.stderr)

        def shown(items: Iterable[Any], total: int) -> Iterable[Any]:
            return bar(items, total=total, label="decisions")

        try:
            summary = export_decisions(
                folder=options["folder"], choice=choice, shown=shown
            )
        except ExportError as error:
            raise CommandError(error.detail) from error
        counts = summary.counts
        self.stdout.write(
            f"{counts['authentic']} authentic, {counts['tampered']} tampered; "
            f"left out: {counts['cannot_tell']} that nobody could tell."
        )
        if counts["not_read_by_training"]:
            self.stdout.write(
                f"{counts['not_read_by_training']} of them are in formats that the "
                "training commands do not read."
            )
        for line in summary.lost[:_SHOWN]:
            self.stderr.write(line)
        if summary.lost:
            raise CommandError(
                f"{len(summary.lost)} originals could not be exported. The others "
                "are there; run it again when the storage is well."
            )
