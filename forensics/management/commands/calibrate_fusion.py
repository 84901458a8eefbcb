"""``manage.py calibrate_fusion``: records of an evaluation to calibrated verdicts."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.management.base import CommandParser

    from forensics.training.fusion import Calibrated


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.fusion`'s."""

    help = (
        "Fit the fusion's monotone maps, weights and bands to records.jsonl files of "
        "evaluate_model, on pictures that no signal was trained on, and write them to "
        "the model store. Workers use them after a restart."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the records, the signals and the pictures that the bands rest on."""
        parser.add_argument("--records", type=Path, nargs="+", required=True)
        parser.add_argument(
            "--output", type=Path, default=settings.MODEL_STORE, help="model store"
        )
        parser.add_argument("--model-version", default="1.0.0", metavar="X.Y.Z")
        parser.add_argument("--signals", nargs="+", help="analyzers to use")
        parser.add_argument("--protocols", nargs="+", help="to which maps are fitted")
        parser.add_argument(
            "--untouched",
            nargs="+",
            default=[],
            metavar="SET",
            help="sets whose authentic pictures the bands rest on (all)",
        )
        parser.add_argument("--seed", type=int, default=20261124)
        parser.add_argument(
            "--freely-usable",
            action="store_true",
            help="no picture in the records is for research only",
        )
        parser.add_argument("--replace", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        """Run it, print the figures and say where the calibration went."""
        from forensics.training.benchmark.records import (  # noqa: PLC0415 - scipy
            read_records,
        )
        from forensics.training.fusion import (  # noqa: PLC0415 - scipy
            calibrate,
        )
        from forensics.training.fusion_publication import (  # noqa: PLC0415 - scipy
            Story,
            publish_fusion,
        )
        from forensics.training.fusion_sheet import (  # noqa: PLC0415 - scipy
            PROTOCOLS,
            SIGNALS,
            tabulate,
        )

        protocols = tuple(options["protocols"] or PROTOCOLS)
        try:
            records = [r for file in options["records"] for r in read_records(file)]
            sheet = tabulate(
                records,
                signals=options["signals"] or SIGNALS,
                protocols=protocols,
                untouched=options["untouched"],
            )
            found = calibrate(sheet, seed=options["seed"])
            story = Story(
                version=options["model_version"],
                created=datetime.now(UTC).date().isoformat(),
                command=_recorded(options),
                records=tuple(file.name for file in options["records"]),
                fitted_to=protocols,
                seed=options["seed"],
                research_only=not options["freely_usable"],
            )
            folder = publish_fusion(
                options["output"], story, found, replace=options["replace"]
            )
        except (ForensicsError, OSError) as error:
            raise CommandError(str(error)) from error
        self._print(found, seed=options["seed"])
        self.stdout.write(f"Written: {folder}. Its figures are in card.md there.")

    def _print(self, found: Calibrated, *, seed: int) -> None:
        from forensics.training.fusion_publication import (  # noqa: PLC0415 - scipy
            figures,
        )

        bands = found.bands
        for name, one in found.signals.items():
            self.stdout.write(
                f"{name}: weight {one.weight:.2f}, log-odds "
                f"{one.part(one.raw[0]):+.2f} to {one.part(one.raw[-1]):+.2f}"
            )
        self.stdout.write(
            f"inconclusive from {bands.inconclusive:.3f}, suspicious from "
            f"{bands.suspicious:.3f}, fake from {bands.fake:.3f}"
        )
        for protocol, row in figures(found, seed=seed).items():
            self.stdout.write(f"{protocol}: {_line(row)}")


def _line(row: Any) -> str:
    parts = []
    for name, value in row.items():
        if isinstance(value, dict) and "value" in value:
            span = f"[{value['low']:.3f}, {value['high']:.3f}]"
            parts.append(f"{name} {value['value']:.3f} {span}")
        elif name != "n":
            parts.append(f"{name} {value}")
    return ", ".join(parts)


def _recorded(options: Mapping[str, Any]) -> str:
    """Spell the command for the card; of files only the last two parts."""
    records = ["/".join(file.parts[-2:]) for file in options["records"]]
    parts = ["python", "manage.py", "calibrate_fusion", "--records", *records]
    for name in ("signals", "protocols", "untouched"):
        if options[name]:
            parts += [f"--{name}", *options[name]]
    parts += ["--seed", str(options["seed"])]
    parts += ["--model-version", options["model_version"]]
    parts += ["--freely-usable"] if options["freely_usable"] else []
    return shlex.join(parts)
