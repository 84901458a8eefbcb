"""``manage.py prnu``: a camera's fingerprint from its pictures, and comparisons."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.image import inspect_header, load_evidence
from forensics.analysis.prnu import (
    MATCH_PCE,
    MOST_PICTURES,
    Fingerprint,
    FingerprintError,
    FingerprintEstimator,
    compare,
    dump,
    load,
)
from forensics.analysis.prnu.storage import MOST_BYTES
from forensics.analysis.types import ForensicsError, ImageRejectedError, Limits
from forensics.services.pipeline import current_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

_MATCH = (
    "The picture carries the pattern of the fingerprint's camera: it comes from that "
    "sensor, or the pattern was put into it."
)
_NO_MATCH = (
    "The pattern was not found. That does not prove another camera: strong "
    "compression, darkness, zoom, stabilization, and a picture that was scaled "
    "back to its old size hide it."
)


class Command(BaseCommand):
    """Reads and writes files; the arithmetic is `forensics.analysis.prnu`'s."""

    help = (
        "Estimate the noise pattern of one camera from a folder of its unscaled "
        "pictures, and compare pictures with it. No part of the verdict; needs no "
        "database and no server. Prints JSON, one object a line."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two actions."""
        actions = parser.add_subparsers(dest="action", required=True)
        build = actions.add_parser("build", help="estimate a fingerprint")
        build.add_argument("folder", type=Path, metavar="DIR")
        build.add_argument("--output", type=Path, required=True, metavar="FILE")
        build.add_argument("--replace", action="store_true")
        against = actions.add_parser("compare", help="compare pictures with one")
        against.add_argument("fingerprint", type=Path, metavar="FILE")
        against.add_argument("images", nargs="+", type=Path, metavar="IMAGE")

    def handle(self, *_args: object, **options: Any) -> None:
        """Run the action."""
        if options["action"] == "build":
            self._build(options["folder"], options["output"], options["replace"])
        else:
            self._compare(options["fingerprint"], options["images"])

    def _build(self, folder: Path, output: Path, is_replacing: bool) -> None:  # noqa: FBT001 - an option, passed on
        if output.exists() and not is_replacing:
            raise CommandError(f"{output} exists. --replace overwrites it.")
        limits = current_pipeline().limits
        files = list(_files(folder))
        sizes, left_out = _sizes(files, limits)
        if not sizes:
            raise CommandError("No picture in the folder can be read.")
        estimator = FingerprintEstimator(Counter(sizes.values()).most_common(1)[0][0])
        for path in sizes:
            try:
                if estimator.pictures == MOST_PICTURES:
                    left_out[path] = f"{MOST_PICTURES} pictures were taken before it"
                else:
                    estimator.add(load_evidence(_read(path, limits), limits).pixels)
            except (ForensicsError, OSError) as error:
                left_out[path] = _reason(error)
        try:
            fingerprint = estimator.finish()
        except ForensicsError as error:
            raise CommandError(str(error)) from error
        _write(output, dump(fingerprint))
        self._say(
            {
                "fingerprint": str(output),
                "pictures": fingerprint.pictures,
                "width": fingerprint.size[0],
                "height": fingerprint.size[1],
                "left_out": {path.name: why for path, why in left_out.items()},
            }
        )

    def _compare(self, path: Path, images: list[Path]) -> None:
        try:
            with path.open("rb") as file:
                fingerprint = load(file.read(MOST_BYTES + 1))
        except (FingerprintError, OSError) as error:
            raise CommandError(f"{path}: {_reason(error)}") from error
        limits = current_pipeline().limits
        for image in images:
            self._say({"path": str(image), **_compared(fingerprint, image, limits)})

    def _say(self, row: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(row, allow_nan=False))


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder.")
    yield from sorted(path for path in folder.iterdir() if path.is_file())


def _sizes(
    files: list[Path], limits: Limits
) -> tuple[dict[Path, tuple[int, int]], dict[Path, str]]:
    """Read the pictures' sizes without decoding them."""
    sizes: dict[Path, tuple[int, int]] = {}
    left_out: dict[Path, str] = {}
    for path in files:
        try:
            header = inspect_header(_read(path, limits), limits)
        except (ImageRejectedError, OSError) as error:
            left_out[path] = _reason(error)
        else:
            sizes[path] = (header.width, header.height)
    return sizes, left_out


def _read(path: Path, limits: Limits) -> bytes:
    with path.open("rb") as file:
        return file.read(limits.max_bytes + 1)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path}: {_reason(error)}") from error


def _compared(fingerprint: Fingerprint, path: Path, limits: Limits) -> dict[str, Any]:
    try:
        evidence = load_evidence(_read(path, limits), limits)
    except (ImageRejectedError, OSError) as error:
        return {"status": "refused", "words": _reason(error)}
    try:
        found = compare(fingerprint, evidence.pixels)
    except ForensicsError as error:
        return {"status": "not_applicable", "words": str(error)}
    return {
        "status": "ok",
        "is_match": found.is_match,
        "pce": round(found.pce, 2),
        "threshold": MATCH_PCE,
        "correlation": round(found.correlation, 6),
        "words": _MATCH if found.is_match else _NO_MATCH,
    }


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    return str(error)
