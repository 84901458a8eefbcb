"""``manage.py model_card``: writes a localizer's card with figures and failures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from forensics.training.localizer_report import FailureRequest


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.localizer_report`'s."""

    help = (
        "Write the card of a localizer in the model store: what it was trained on and "
        "under which terms, the figures of evaluate_model's results, and small "
        "pictures of its worst failures on pictures that are free to use."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the model, its results, and where to look for failures."""
        parser.add_argument("name", help="the model, or NAME@VERSION")
        parser.add_argument(
            "--store", type=Path, default=settings.MODEL_STORE, help="model store"
        )
        parser.add_argument(
            "--results",
            type=Path,
            nargs="+",
            default=[],
            metavar="DIR",
            help="output folders of evaluate_model",
        )
        parser.add_argument("--failures", type=int, default=0, metavar="N")
        parser.add_argument(
            "--pictures",
            type=Path,
            metavar="DIR",
            help="folder with authentic/, tampered/ and masks/, free to use: N of "
            "its pictures go to the store",
        )
        parser.add_argument(
            "--pictures-terms", metavar="TEXT", help="under which they are free"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Write it and say where it is."""
        # The pipeline and SciPy stay out of the other commands' start-up.
        from forensics.training.localizer_report import (  # noqa: PLC0415
            CardRequest,
            write_card,
        )

        name, _, version = options["name"].partition("@")
        request = CardRequest(
            store=options["store"],
            name=name,
            version=version or None,
            results=options["results"],
            failures=_failures(options),
            command=_recorded(options),
        )
        try:
            card = write_card(request, progress=ProgressBar(self.stderr))
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Written: {card}.")


def _failures(options: dict[str, Any]) -> FailureRequest | None:
    from forensics.training.localizer_report import (  # noqa: PLC0415 - as above
        FailureRequest,
    )

    if options["failures"] < 1:
        return None
    if options["pictures"] is None or not options["pictures_terms"]:
        detail = (
            "--failures puts pictures into the store: name their folder with "
            "--pictures and the terms they are free under with --pictures-terms."
        )
        raise CommandError(detail)
    return FailureRequest(
        options["pictures"], options["pictures_terms"], options["failures"]
    )


def _recorded(options: dict[str, Any]) -> str:
    """Spell the command for the card; absolute folders keep only their last part."""
    parts = ["model_card", options["name"]]
    if options["results"]:
        parts += ["--results", *map(_portable, options["results"])]
    if options["failures"]:
        parts += ["--failures", str(options["failures"])]
        parts += ["--pictures", _portable(options["pictures"])]
        parts += ["--pictures-terms", options["pictures_terms"]]
    return f"python manage.py {shlex.join(parts)}"


def _portable(folder: Path) -> str:
    return folder.name if folder.is_absolute() else str(folder)
