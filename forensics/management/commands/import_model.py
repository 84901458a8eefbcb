"""``manage.py import_model``: takes a ``model_casia_run*.h5`` by its weights only."""

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


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.importing`'s."""

    help = (
        "Import a Keras .h5 of the baseline network (Keras 2.2 or newer, whole model "
        "or weights) into the model store. Only arrays are read. Without "
        "--model-version it is stored beside the active model and used only where "
        "asked for; a plain version higher than the active one takes over."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file, and how it is to be read and stored."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", default="casia-ela-cnn")
        parser.add_argument(
            "--output", type=Path, default=settings.MODEL_STORE, help="model store"
        )
        parser.add_argument("--model-version", metavar="X.Y.Z")
        parser.add_argument(
            "--classes",
            default="fake,authentic",
            help="order of the file's outputs: fake,authentic or authentic,fake",
        )
        parser.add_argument(
            "--data", type=Path, help="labelled folder to calibrate and measure on"
        )
        parser.add_argument("--replace", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        """Import it and say where it went and whether it is used."""
        # TensorFlow's neighbours stay out of the other commands' start-up.
        from forensics.training.importing import (  # noqa: PLC0415
            ImportRequest,
            import_model,
        )

        request = ImportRequest(
            file=options["file"],
            store=options["output"],
            work=Path(settings.DATA_DIR) / "training" / "imported",
            name=options["name"],
            command=_recorded(options),
            created=datetime.now(UTC).date().isoformat(),
            version=options["model_version"],
            classes=tuple(options["classes"].replace("real", "authentic").split(",")),
            data=options["data"],
            replace=options["replace"],
        )
        try:
            folder = import_model(request, progress=ProgressBar(self.stderr))
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Written: {folder}.")
        if "+" in folder.name:
            self.stdout.write(
                "It is not the active version: give a plain --model-version for that."
            )


def _recorded(options: dict[str, Any]) -> str:
    """Spell the command for the card, without the folders of this machine."""
    parts = ["import_model", options["file"].name, "--classes", options["classes"]]
    if options["data"] is not None:
        parts += ["--data", options["data"].name]
    return f"python manage.py {shlex.join(parts)}"
