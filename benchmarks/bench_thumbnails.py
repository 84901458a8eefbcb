"""How far a thumbnail agrees with its own picture, and with other pictures.

``python -m benchmarks.bench_thumbnails FOLDER... --json OUT`` makes thumbnails of the
photographs in the folders in three framings and compares them: the figures behind the
threshold of the rule ``thumbnail_mismatch``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata.rules import MISMATCH_BELOW
from forensics.analysis.metadata.thumbnail import compare_thumbnail
from forensics.analysis.types import ImageRejectedError, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = (160, 120)


def whole(picture: Image.Image) -> Image.Image:
    """Reduce the whole picture."""
    small = picture.copy()
    small.thumbnail(SIZE)
    return small


def letterboxed(picture: Image.Image) -> Image.Image:
    """Reduce the picture onto a black 4:3 canvas, as cameras do."""
    small, canvas = whole(picture), Image.new("RGB", SIZE)
    left, top = (SIZE[0] - small.width) // 2, (SIZE[1] - small.height) // 2
    canvas.paste(small, (left, top))
    return canvas


def cropped(picture: Image.Image) -> Image.Image:
    """Reduce the middle of the picture at 4:3."""
    width = min(picture.width, picture.height * 4 // 3)
    height = width * 3 // 4
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return whole(picture.crop((left, top, left + width, top + height)))


FRAMINGS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "whole": whole,
    "letterboxed": letterboxed,
    "cropped": cropped,
}


def correlation(thumbnail: Image.Image, picture: Image.Image) -> float | None:
    """Compare through a JPEG, as in a file."""
    buffer = BytesIO()
    thumbnail.save(buffer, "JPEG", quality=75)
    match = compare_thumbnail(buffer.getvalue(), picture)
    return None if match is None else match.correlation


def pictures(folders: Iterable[Path], most: int) -> list[Image.Image]:
    """Load pictures from the folders, evenly spread where there are more."""
    found = []
    for folder in folders:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        for path in files[:: max(1, -(-len(files) // most))]:
            try:
                found.append(load_evidence(path.read_bytes(), Limits()).pixels)
            except ImageRejectedError:
                continue
    return found


def spread(values: Iterable[float | None]) -> dict[str, float]:
    """Summarize correlations; pictures too flat to compare are left out."""
    known = np.array([value for value in values if value is not None])
    low, first, middle, last, high = np.percentile(known, (0, 1, 50, 99, 100))
    return {
        "n": len(known),
        "min": round(float(low), 3),
        "p1": round(float(first), 3),
        "median": round(float(middle), 3),
        "p99": round(float(last), 3),
        "max": round(float(high), 3),
        "called_mismatch": round(float((known < MISMATCH_BELOW).mean()), 4),
    }


def main() -> int:
    """Measure, print the figures, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--most", type=int, default=160, help="pictures a folder")
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    loaded = pictures(options.folders, options.most)
    rng = random.Random(options.seed)  # noqa: S311 - seeded, not secret
    pairs = [rng.sample(loaded, 2) for _ in range(options.pairs)]
    found: dict[str, object] = {
        name: spread(correlation(frame(picture), picture) for picture in loaded)
        for name, frame in FRAMINGS.items()
    }
    found["different"] = spread(correlation(whole(a), b) for a, b in pairs)
    text = json.dumps({"threshold": MISMATCH_BELOW, **found}, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
