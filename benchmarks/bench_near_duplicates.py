"""How far copies of a picture lie from it by PDQ, and other pictures.

``python -m benchmarks.bench_near_duplicates FOLDER... --json OUT`` alters every picture
in the folders in several ways and says which share is still recognized within the
documented distance; then it compares all different pictures with each other.
"""

from __future__ import annotations

import argparse
import json
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from forensics.analysis.image import load_evidence
from forensics.analysis.pdq import pdq
from forensics.analysis.pdq_index import MATCH_DISTANCE, distances
from forensics.analysis.types import ImageRejectedError, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forensics.analysis.pdq import Pdq


def resized(share: float) -> Callable[[Image.Image], Image.Image]:
    """Return a scaler to this share of the sides."""
    return lambda picture: picture.resize(
        (max(1, round(picture.width * share)), max(1, round(picture.height * share))),
        Image.Resampling.BICUBIC,
    )


def saved(quality: int) -> Callable[[Image.Image], Image.Image]:
    """Return a re-saver as JPEG of this quality."""

    def save(picture: Image.Image) -> Image.Image:
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer).convert("RGB")

    return save


def cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    """Return a cropper that takes this share of the side off, half at each end."""

    def crop(picture: Image.Image) -> Image.Image:
        across, down = (
            round(picture.width * share / 2),
            round(picture.height * share / 2),
        )
        return picture.crop(
            (across, down, picture.width - across, picture.height - down)
        )

    return crop


def captioned(picture: Image.Image) -> Image.Image:
    """Lay a white bar with a line of black over the lowest tenth."""
    copy = picture.copy()
    top = copy.height * 9 // 10
    draw = ImageDraw.Draw(copy)
    draw.rectangle((0, top, copy.width, copy.height), "white")
    draw.rectangle((20, top + 8, copy.width // 2, top + 14), "black")
    return copy


def brightened(picture: Image.Image) -> Image.Image:
    """Raise every value by a fifth."""
    return picture.point(lambda value: min(255, round(value * 1.2)))


ALTERED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half the size": resized(0.5),
    "a quarter of the size": resized(0.25),
    "JPEG quality 75": saved(75),
    "JPEG quality 30": saved(30),
    "half the size, JPEG quality 50": lambda p: saved(50)(resized(0.5)(p)),
    "brightened by a fifth": brightened,
    "caption over a tenth": captioned,
    "cropped by 2 %": cropped(0.02),
    "cropped by 5 %": cropped(0.05),
    "cropped by 10 %": cropped(0.10),
    "cropped by 20 %": cropped(0.20),
}
TURNED = {
    "mirrored": Image.Transpose.FLIP_LEFT_RIGHT,
    "turned by 90": Image.Transpose.ROTATE_270,
}


def pictures(folders: Iterable[Path], most: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield pictures from the folders, evenly spread where there are more."""
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files[:: max(1, -(-len(files) // most))]:
            try:
                yield path.name, load_evidence(path.read_bytes(), Limits()).pixels
            except ImageRejectedError:
                continue


def summary(bits: list[int]) -> dict[str, float]:
    """Say how many copies are recognized, and how far they lie."""
    found = np.array(bits)
    return {
        "n": len(bits),
        "recognized": round(float((found <= MATCH_DISTANCE).mean()), 4),
        "median": float(np.median(found)),
        "p95": float(np.percentile(found, 95)),
        "max": int(found.max()),
    }


def copies(picture: Image.Image, own: Pdq) -> dict[str, int]:
    """Return how far each altered copy lies from its picture."""
    found = {
        name: int(distances(own.hash, [pdq(alter(picture)).hash])[0])
        for name, alter in ALTERED.items()
    }
    for name, turn in TURNED.items():  # as the banks are searched: in all positions
        eight = pdq(picture.transpose(turn)).hashes.values()
        found[name] = int(distances(own.hash, list(eight)).min())
    return found


def pairs(names: list[str], hashes: list[str]) -> dict[str, Any]:
    """Compare all different pictures with each other."""
    near, total, found = 0, 0, []
    for index, text in enumerate(hashes[:-1]):
        bits = distances(text, hashes[index + 1 :])
        total += len(bits)
        for other in np.flatnonzero(bits <= MATCH_DISTANCE):
            near += 1
            found.append(
                [names[index], names[index + 1 + int(other)], int(bits[other])]
            )
    return {"pairs": total, "within_the_distance": near, "which": found}


def main() -> int:
    """Measure, print the figures, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--most", type=int, default=1000, help="pictures a folder")
    options = parser.parse_args()
    names, hashes, flat = [], [], 0
    bits: dict[str, list[int]] = {name: [] for name in (*ALTERED, *TURNED)}
    for name, picture in pictures(options.folders, options.most):
        own = pdq(picture)
        if not own.is_usable:
            flat += 1
            continue
        names.append(name)
        hashes.append(own.hash)
        for kind, distance in copies(picture, own).items():
            bits[kind].append(distance)
    figures = {
        "distance": MATCH_DISTANCE,
        "pictures": len(names),
        "too_flat": flat,
        "copies": {kind: summary(found) for kind, found in bits.items()},
        "different": pairs(names, hashes),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
