"""Traces of scaling and of median filters on photographs; time of the three analyzers.

    python -m benchmarks.bench_traces PHOTOS... [--part test] [--json FILE]

Whole photographs are scaled by known factors and saved; parts of one are scaled and
pasted into another. Says how often the analyzers see it, how often the true factor is
among those that are named, and how often they call a place where nothing was pasted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from forensics.analysis.filtering import FilteringAnalyzer
from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.noise import NoiseAnalyzer
from forensics.analysis.resampling import ResamplingAnalyzer
from forensics.analysis.types import Finding, Limits, NotApplicableError
from forensics.training.localizer.split import part_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.types import Analyzer

FACTORS = (0.6, 0.75, 0.9, 1.1, 1.3, 1.7)
QUALITIES = (None, 95, 85)
PART = 220


def main() -> None:
    """Parse, measure, print a line a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--part", choices=("learn", "check", "test"), default="test")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    photos = [
        Image.open(path).convert("RGB")
        for folder in options.folders
        for path in sorted(folder.glob("*.jpg"))
        if part_of(path.name) == options.part
    ]
    rows = [
        {"photographs": len(photos)},
        *(_whole(photos, factor, q) for q in QUALITIES for factor in (1.0, *FACTORS)),
        *(_parts(photos, factor, q) for q in QUALITIES for factor in FACTORS),
        *(_median(photos, side, q) for q in (None, 95) for side in (0, 3, 5)),
        *(_timed(photos[0], size) for size in ((1152, 896), (4000, 3000))),
    ]
    for row in rows:
        print(json.dumps(row))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


def _encoded(picture: Image.Image, quality: int | None) -> ImageEvidence:
    buffer = BytesIO()
    if quality is None:
        picture.save(buffer, "PNG", compress_level=1)
    else:
        picture.save(buffer, "JPEG", quality=quality)
    return load_evidence(buffer.getvalue(), Limits())


def _found(analyzer: Analyzer, evidence: ImageEvidence) -> Finding | None:
    try:
        return analyzer.analyze(evidence)
    except NotApplicableError:
        return None


def _scaled(picture: Image.Image, factor: float) -> Image.Image:
    size = (round(picture.width * factor), round(picture.height * factor))
    return picture.resize(size, Image.Resampling.BICUBIC)


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / max(1, len(values)), 3)


def _whole(
    photos: Sequence[Image.Image], factor: float, quality: int | None
) -> dict[str, Any]:
    found = [
        finding
        for photo in photos
        if (
            finding := _found(
                ResamplingAnalyzer(),
                _encoded(photo if factor == 1.0 else _scaled(photo, factor), quality),
            )
        )
    ]
    wholes: list[Any] = [finding.data["whole_picture"] for finding in found]
    seen = [one for one in wholes if one["is_scaled"]]
    named = [any(abs(f / factor - 1.0) < 0.01 for f in one["factors"]) for one in seen]
    return {
        "whole_scaled_by": factor,
        "quality": quality,
        "n": len(found),
        "seen": _share([one["is_scaled"] for one in wholes]),
        "factor_named_of_seen": _share(named),
        "place_called": _share([bool(finding.codes) for finding in found]),
    }


def _parts(
    photos: Sequence[Image.Image], factor: float, quality: int | None
) -> dict[str, Any]:
    rng = np.random.default_rng(round(1000 * factor))
    called, placed = [], []
    for number, photo in enumerate(photos):
        part = _scaled(photos[(number + 7) % len(photos)], factor)
        if min(part.size) < PART + 40 or min(photo.size) < PART + 40:
            continue
        left, top = (int(rng.integers(0, side - PART)) for side in photo.size)
        forged = photo.copy()
        forged.paste(part.crop((20, 20, 20 + PART, 20 + PART)), (left, top))
        finding = _found(ResamplingAnalyzer(), _encoded(forged, quality))
        if finding is None:
            continue
        called.append(bool(finding.codes))
        places: Any = finding.data["places"]
        placed.append(any(_meet(place["box"], left, top) for place in places[:1]))
    return {
        "part_scaled_by": factor,
        "quality": quality,
        "n": len(called),
        "called": _share(called),
        "strongest_place_right": _share(placed),
    }


def _meet(box: Sequence[int], left: int, top: int) -> bool:
    middle = ((box[0] + box[2]) / 2 - left, (box[1] + box[3]) / 2 - top)
    return all(0 <= one <= PART for one in middle)


def _median(
    photos: Sequence[Image.Image], side: int, quality: int | None
) -> dict[str, Any]:
    found = []
    for photo in photos:
        pixels = np.asarray(photo)
        filtered = cv2.medianBlur(pixels, side) if side else pixels
        evidence = _encoded(Image.fromarray(np.asarray(filtered)), quality)
        finding = _found(FilteringAnalyzer(), evidence)
        if finding is not None:
            found.append(finding.data["is_streaked"] is True)
    return {
        "median_of": side,
        "quality": quality,
        "n": len(found),
        "streaks": _share(found),
    }


def _timed(photo: Image.Image, size: tuple[int, int]) -> dict[str, Any]:
    cv2.setNumThreads(1)
    tiled = Image.new("RGB", size)
    for left in range(0, size[0], photo.width):
        for top in range(0, size[1], photo.height):
            tiled.paste(photo, (left, top))
    evidence = _encoded(tiled, 92)
    row: dict[str, Any] = {"megapixels": round(size[0] * size[1] / 1e6, 1)}
    for analyzer in (NoiseAnalyzer(), ResamplingAnalyzer(), FilteringAnalyzer()):
        seconds = []
        for _ in range(5):
            started = time.process_time()
            _found(analyzer, evidence)
            seconds.append(time.process_time() - started)
        row[f"{analyzer.name}_ms"] = round(1000 * statistics.median(seconds), 1)
    return row


if __name__ == "__main__":
    main()
