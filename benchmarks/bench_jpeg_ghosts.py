"""How often JPEG ghosts are found, where, and how often in untouched pictures.

``python -m benchmarks.bench_jpeg_ghosts PHOTOS`` makes untouched pictures of five
honest histories and forgeries with a part of a coarser JPEG. The rules were settled on
every third source; the figures are of the others.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.jpeg_ghosts import JpegGhostsAnalyzer
from forensics.analysis.types import Limits, NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.types import Finding

_SEED = 20261126
_SIDE = 520


@dataclass(frozen=True, slots=True)
class Forgery:
    """A picture with a pasted part, and what is known of it."""

    data: bytes
    kind: str
    quality: int
    box: tuple[int, int, int, int]


def saved(picture: Image.Image, quality: int) -> bytes:
    """Encode as JPEG."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """Decode to RGB."""
    with Image.open(BytesIO(data)) as picture:
        return picture.convert("RGB")


def reduced(data: bytes) -> Image.Image:
    """Resize, which wipes earlier compressions out."""
    return opened(data).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def honest(data: bytes, rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Yield untouched pictures by their history."""
    small, first = reduced(data), int(rng.integers(50, 90))
    last = int(rng.integers(75, 98))
    yield "camera original", data
    yield "camera original saved at 90", saved(opened(data), 90)
    yield "resized, saved once", saved(small, last)
    again = opened(saved(small, first))
    yield "resized, saved twice", saved(again, last)
    yield (
        "saved, cropped off the grid, saved",
        saved(again.crop((3, 5, _SIDE, _SIDE)), last),
    )


def forge(base: bytes, donor: bytes, rng: np.random.Generator) -> Forgery:
    """Paste a square of 96 to 200 px of a coarser JPEG, at any shift of the grid."""
    first = int(rng.integers(50, 82))
    last, side = int(rng.integers(first + 8, 98)), int(rng.integers(96, 200))
    left, top = (8 * int(rng.integers(1, (_SIDE - side) // 8)) for _ in range(2))
    is_aligned = rng.random() < 0.3
    across, down = (0, 0) if is_aligned else rng.integers(0, 8, 2).tolist()
    part = opened(saved(reduced(donor), first))
    source = (left - across, top - down, left - across + side, top - down + side)
    joined, box = reduced(base), (left, top, left + side, top + side)
    joined.paste(part.crop(source), box)
    if not across and not down:
        kind = "own grid"
    else:
        kind = "shifted" if across and down else "shifted one way only"
    gap = "by 20 or more" if last - first >= 20 else "by 8 to 19"
    return Forgery(saved(joined, last), f"{kind}, last finer {gap}", first, box)


def look(data: bytes) -> Finding | None:
    """Look for ghosts; None where it is not applicable."""
    try:
        return JpegGhostsAnalyzer().analyze(load_evidence(data, Limits()))
    except NotApplicableError:
        return None


def overlap(finding: Finding, box: tuple[int, int, int, int]) -> float:
    """Return intersection over union of the map at .5 and the pasted box."""
    found = finding.localization
    if found is None:
        return 0.0
    shown = np.kron(found.values > 0.5, np.ones((found.cell, found.cell), np.bool_))
    mask = np.zeros_like(shown)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return float((shown & mask).sum() / (shown | mask).sum())


def main() -> None:
    """Measure and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--settled", action="store_true", help="the other third")
    options = parser.parse_args()
    files = [path.read_bytes() for path in sorted(options.photos.glob("*.jpg"))]
    rng = np.random.default_rng(_SEED)
    untouched: dict[str, list[float]] = defaultdict(list)
    forged: dict[str, list[tuple[bool, bool, float]]] = defaultdict(list)
    for number, data in enumerate(files):
        if (number % 3 == 0) != options.settled:
            continue
        for kind, picture in honest(data, rng):
            finding = look(picture)
            if finding is not None:
                untouched[kind].append(float(finding.data["signal"]))  # type: ignore[arg-type]
        made = forge(data, files[(number + 37) % len(files)], rng)
        finding = look(made.data)
        if finding is not None:
            ghost = finding.data["ghost"]
            is_near = (
                isinstance(ghost, dict)
                and abs(int(ghost["quality"]) - made.quality) <= 2
            )
            row = (bool(finding.codes), is_near, overlap(finding, made.box))
            forged[made.kind].append(row)
    print(
        json.dumps(
            {"untouched": _untouched(untouched), "forged": _forged(forged)}, indent=2
        )
    )


def _untouched(found: dict[str, list[float]]) -> dict[str, str]:
    return {
        kind: f"{sum(s >= 1.0 for s in signals)} codes in {len(signals)}, "
        f"highest signal {max(signals):.2f}"
        for kind, signals in found.items()
    }


def _forged(found: dict[str, list[tuple[bool, bool, float]]]) -> dict[str, str]:
    report = {}
    for kind, rows in sorted(found.items()):
        hits = [row for row in rows if row[0]]
        report[kind] = f"found {len(hits)} of {len(rows)}"
        if hits:
            near = sum(row[1] for row in hits)
            median = float(np.median([row[2] for row in hits]))
            report[kind] += f", quality within 2 in {near}, median IoU {median:.2f}"
    return report


if __name__ == "__main__":
    main()
