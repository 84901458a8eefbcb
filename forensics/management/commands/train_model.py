"""``manage.py train_model``: trains, measures and publishes the baseline network."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

MODELS = ("casia-ela-cnn",)


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.baseline`'s."""

    help = (
        "Train the baseline network on a folder in CASIA2's layout, calibrate and "
        "measure it, and write it to the model store with its card. Checkpoints are "
        "kept after every epoch: run the same command with --resume to go on."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the data, the store, the recipe and what else to measure on."""
        parser.add_argument("name", choices=MODELS)
        parser.add_argument(
            "--data",
            type=Path,
            required=True,
            help="folder with Au/ and Tp/, or authentic/ and tampered/",
        )
        parser.add_argument(
            "--output", type=Path, default=settings.MODEL_STORE, help="model store"
        )
        parser.add_argument("--model-version", default="1.0.0", metavar="X.Y.Z")
        parser.add_argument("--work", type=Path, help="checkpoints, cached inputs")
        parser.add_argument("--epochs", type=int, default=30)
        parser.add_argument("--patience", type=int, default=2)
        parser.add_argument("--seed", type=int, default=20261123)
        parser.add_argument("--resume", action="store_true")
        parser.add_argument("--replace", action="store_true")
        parser.add_argument(
            "--list-only",
            action="store_true",
            help="train nothing: add training.hashes to a version that has none",
        )
        parser.add_argument(
            "--evaluate-also",
            nargs="+",
            default=[],
            metavar="NAME=DIR",
            help="further sets; a folder without classes is all untouched",
        )

        parser.add_argument(
            "--about",
            type=Path,
            metavar="FILE.toml",
            help="name, terms and caveats of the data sets, for the card; without "
            "it they are unknown and the model counts as for research only",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Run it and say where the model went."""
        # TensorFlow's neighbours stay out of the other commands' start-up.
        from forensics.training.baseline import (  # noqa: PLC0415
            Request,
            train_baseline,
        )
        from forensics.training.fit import Recipe  # noqa: PLC0415
        from forensics.training.provenance import (  # noqa: PLC0415
            Provenance,
            read_provenance,
        )
        from forensics.training.training_list import (  # noqa: PLC0415
            add_training_list,
        )

        name, about = options["name"], options["about"]
        try:
            request = Request(
                data=options["data"],
                store=options["output"],
                work=options["work"] or Path(settings.DATA_DIR) / "training" / name,
                version=options["model_version"],
                recipe=Recipe(
                    seed=options["seed"],
                    epochs=options["epochs"],
                    patience=options["patience"],
                ),
                command=_recorded(options),
                created=datetime.now(UTC).date().isoformat(),
                resume=options["resume"],
                replace=options["replace"],
                also=_named_folders(options["evaluate_also"]),
                about=Provenance() if about is None else read_provenance(about),
            )
            progress = ProgressBar(self.stderr)
            if options["list_only"]:
                listed = add_training_list(request, progress=progress)
                self.stdout.write(f"Written: {listed}, and its entry in the manifest.")
                return
            folder = train_baseline(request, progress=progress)
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Written: {folder}. Its figures are in card.md there.")


def _named_folders(items: list[str]) -> dict[str, Path]:
    named = {}
    for item in items:
        name, separator, folder = item.partition("=")
        if not (name and separator and folder):
            detail = f"--evaluate-also: Expected NAME=DIR, received {item!r}."
            raise CommandError(detail)
        named[name] = Path(folder)
    return named


def _recorded(options: dict[str, Any]) -> str:
    """Spell the command for the card; absolute folders keep only their last part."""
    also = _named_folders(options["evaluate_also"])
    parts = ["python manage.py train_model", options["name"]]
    parts += ["--data", _portable(options["data"])]
    parts += ["--model-version", options["model_version"]]
    parts += ["--epochs", str(options["epochs"])]
    parts += ["--patience", str(options["patience"])]
    parts += ["--seed", str(options["seed"])]
    if also:
        named = (f"{name}={_portable(folder)}" for name, folder in also.items())
        parts += ["--evaluate-also", *named]
    if options["about"] is not None:
        parts += ["--about", _portable(options["about"])]
    return f"{parts[0]} {shlex.join(parts[1:])}"


def _portable(folder: Path) -> str:
    return folder.name if folder.is_absolute() else str(folder)
