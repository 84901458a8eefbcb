"""``manage.py evaluate_model``: measures the pipeline on labelled pictures."""

from __future__ import annotations

import dataclasses
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.types import ForensicsError
from forensics.management.progress import ProgressBar
from forensics.services.pipeline import current_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.core.management.base import CommandParser

    from forensics.training.benchmark.evaluate import Request

ALL = "all"
WHOLE_PIPELINE = frozenset({ALL, "verdict"})
PROTOCOLS = ("raw", "recompressed", "equalized", "shared_online")
_SHOWN_LEAKS = 20


class Command(BaseCommand):
    """Parses the arguments; the work is `forensics.training.benchmark`'s."""

    help = (
        "Measure the verdict, or one analyzer, on folders of labelled pictures: as "
        "they are, re-encoded, equalized, as shared online. Writes records.jsonl, "
        "results.json and index.html. Pictures that a model knows from training are "
        "refused by name. Run the same command with --resume to go on."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the target, the data, and how to run."""
        parser.add_argument(
            "target",
            nargs="?",
            default=ALL,
            help="all (default), verdict, header_only, or an analyzer to run alone",
        )
        parser.add_argument(
            "--data",
            nargs="+",
            required=True,
            metavar="[NAME=]DIR",
            help="authentic/, tampered/ and masks/; CASIA's Au/ and Tp/; or a folder "
            "of untouched pictures",
        )
        parser.add_argument(
            "--protocols", nargs="+", default=PROTOCOLS, choices=PROTOCOLS
        )
        parser.add_argument("--model", metavar="NAME[@VERSION]", help="the localizer")
        parser.add_argument(
            "--without-calibration",
            action="store_true",
            help="as if no fusion were in the store: records to calibrate one by",
        )
        parser.add_argument("--sample", type=_positive, help="pictures of each set")
        parser.add_argument("--seed", type=int, default=20261123)
        parser.add_argument("--processes", type=_positive, default=2)
        parser.add_argument(
            "--exclude-known",
            nargs="+",
            type=Path,
            default=[],
            metavar="FILE",
            help="further lists of training pictures, as training.hashes has them",
        )
        parser.add_argument("--output", type=Path, help="folder for the results")
        parser.add_argument("--resume", action="store_true")
        parser.add_argument("--replace", action="store_true", help="start over")
        parser.add_argument(
            "--fail-on-leak",
            action="store_true",
            help="end with an error where a test picture is known from training",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Run it, then show the figures that matter most."""
        # SciPy and Matplotlib stay out of the other commands' start-up.
        from forensics.training.benchmark.evaluate import evaluate  # noqa: PLC0415

        try:
            request = _request(options)
            results = evaluate(request, progress=ProgressBar(self.stderr))
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        for line in (*_leak_lines(results), *_figure_lines(results["sets"])):
            self.stdout.write(_printable(line))
        self.stdout.write(
            f"Written: {request.output / 'index.html'} and results.json there."
        )


def _request(options: dict[str, Any]) -> Request:
    from forensics.training.benchmark.evaluate import (  # noqa: PLC0415 - as above
        Request,
    )
    from forensics.training.benchmark.runner import Setup  # noqa: PLC0415 - as above
    from forensics.training.protocols import ProtocolKind  # noqa: PLC0415 - as above

    target, model = options["target"], options["model"]
    # A running program cannot go to other processes, and no figure rests on its tags.
    analysis = dataclasses.replace(current_options(), tag_reader=None)
    if options["without_calibration"]:
        analysis = dataclasses.replace(analysis, calibrated=False)
    if model is not None:
        analysis = dataclasses.replace(analysis, localizer=model)
    return Request(
        setup=Setup(analysis, only=None if target in WHOLE_PIPELINE else target),
        data=_named_folders(options["data"]),
        output=options["output"] or Path(settings.DATA_DIR) / "evaluation" / target,
        protocols=tuple(map(ProtocolKind, dict.fromkeys(options["protocols"]))),
        seed=options["seed"],
        command=_recorded(options),
        created=datetime.now(UTC).date().isoformat(),
        targets=None if target == ALL else (target, "header_only"),
        needed=_needed(target, model),
        sample=options["sample"],
        processes=options["processes"],
        exclude_known=tuple(options["exclude_known"]),
        resume=options["resume"],
        replace=options["replace"],
        fail_on_leak=options["fail_on_leak"],
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _needed(target: str, model: str | None) -> tuple[str, ...]:
    """Name the analyzers without which something else would be measured."""
    return (target,) if model is None else (target, "localizer")


def _named_folders(items: list[str]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for item in items:
        name, separator, rest = item.partition("=")
        folder = Path(rest if separator else item)
        name = name if separator else folder.resolve().name
        if not name or name in named:
            raise CommandError(f"--data: {item!r}: give each set a name, NAME=DIR.")
        named[name] = folder
    return named


def _recorded(options: dict[str, Any]) -> str:
    """Spell the command for the results; absolute folders keep only their last part."""
    parts = [options["target"], "--data"]
    parts += [f"{n}={_portable(f)}" for n, f in _named_folders(options["data"]).items()]
    parts += ["--protocols", *options["protocols"], "--seed", str(options["seed"])]
    for name in ("model", "sample"):
        if options[name] is not None:
            parts += [f"--{name}", str(options[name])]
    if options["without_calibration"]:
        parts.append("--without-calibration")
    if options["exclude_known"]:
        parts += ["--exclude-known", *map(_portable, options["exclude_known"])]
    return f"python manage.py evaluate_model {shlex.join(parts)}"


def _portable(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


def _leak_lines(results: Mapping[str, Any]) -> Iterator[str]:
    for model in results["models"]:
        if model["training_pictures"] is None:
            yield (
                f"{model['name']} {model['version']} lists no training pictures: "
                "what it knows of these sets cannot be told."
            )
    leaks = results["leaks"]
    if leaks:
        yield f"{len(leaks)} pictures were refused as known from training:"
    for leak in leaks[:_SHOWN_LEAKS]:
        yield f"  {leak['set']}/{leak['file']}: {leak['known']} ({leak['list']})"
    if len(leaks) > _SHOWN_LEAKS:
        yield f"  and {len(leaks) - _SHOWN_LEAKS} more, in results.json"


def _printable(line: str) -> str:
    """Escape the bytes of file names that are no text; terminals refuse them."""
    return line.encode(errors="backslashreplace").decode()


def _figure_lines(sets: Mapping[str, Any]) -> Iterator[str]:
    from forensics.training.benchmark.page import refusals  # noqa: PLC0415 - as above

    for name, part in sets.items():
        for protocol, figures in part["protocols"].items():
            n = figures["n"]
            yield f"{name}, {protocol}: {n['fake']} fakes, {n['authentic']} authentic"
            refused = refusals(figures)
            if refused:
                yield f"  refused by the pipeline, in no figure: {refused}"
            for target, own in figures.get("targets", {}).items():
                yield f"  {target:12} {'  '.join(_cells(own))}"


def _cells(figures: Mapping[str, Any]) -> Iterator[str]:
    shown = (
        ("AUC", figures.get("auc")),
        ("recall@5%", figures.get("recall_at_5_percent")),
        ("balanced", figures.get("balanced_accuracy")),
        ("false alarms", figures.get("false_alarms")),
        ("ECE", figures.get("ece")),
        ("F1", figures.get("localization", {}).get("f1")),
    )
    for words, one in shown:
        if one is not None:
            yield f"{words} {one['value']:.3f} ({one['low']:.3f}-{one['high']:.3f})"
