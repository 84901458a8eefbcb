"""How far our PDQ lies from the reference implementation, and what it costs.

``python -m benchmarks.bench_pdq FOLDER... --json OUT``, in an environment of its own
with numpy, pillow, scipy and ``pdqhash`` (the C++ reference, which needs a compiler and
is therefore no requirement of the project).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from forensics.analysis.pdq import MIN_QUALITY, pdq

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = (4000, 3000)


def pictures(folder: Path) -> Iterator[Image.Image]:
    """Yield the pictures below a folder, upright."""
    for path in sorted(folder.rglob("*")):
        try:
            with Image.open(path) as picture:
                yield ImageOps.exif_transpose(picture).convert("RGB")
        except (OSError, UnidentifiedImageError):
            continue


def reference(picture: Image.Image) -> tuple[int, int]:
    """Return the reference's hash of the full picture, as a number, and its quality."""
    import pdqhash  # noqa: PLC0415 - not a requirement

    bits, quality = pdqhash.compute(np.ascontiguousarray(picture))
    return int("".join(str(int(bit)) for bit in bits), 2), int(quality)


def measure(folder: Path) -> dict[str, Any]:
    """Compare the pictures of one folder."""
    bits, qualities, spent = [], [], []
    for picture in pictures(folder):
        theirs, quality = reference(picture)
        started = time.perf_counter()
        ours = pdq(picture)
        spent.append((time.perf_counter() - started) * 1000)
        qualities.append(abs(ours.quality - quality))
        if quality >= MIN_QUALITY:
            bits.append((theirs ^ int(ours.hash, 16)).bit_count())
    return {
        "pictures": len(spent),
        "of_quality_50_and_more": len(bits),
        "bits_mean": round(float(np.mean(bits)), 4),
        "bits_most": max(bits),
        "quality_most": max(qualities),
        "milliseconds_median": round(float(np.median(spent)), 2),
    }


def large() -> float:
    """Return the median milliseconds of five runs at 12 megapixels."""
    picture = Image.effect_noise(LARGE, 60).convert("RGB")
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        pdq(picture)
        spent.append((time.perf_counter() - started) * 1000)
    return round(float(np.median(spent)), 1)


def main() -> int:
    """Measure, print the figures, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    figures: dict[str, Any] = {str(path): measure(path) for path in options.folders}
    text = json.dumps(figures | {"milliseconds_at_12_mp": large()}, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
