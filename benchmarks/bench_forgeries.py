"""How fast forgeries are made, of which kinds, and how alike the classes' files are.

``python -m benchmarks.bench_forgeries SOURCES... --json OUT`` makes samples from the
photographs in the folders, first with no source decoded, then again. Rates are a minute
of processor time, which other work beside it disturbs less than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from forensics.training.datasets import IMAGE_SUFFIXES
from forensics.training.forgeries import Forgery, ForgeryGenerator, ForgeryKind
from forensics.training.metrics import area_under_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TARGET_PER_MINUTE = 1000
RESIZED_AFTER = re.compile(r"resized by [\d.]+ after")


def sources(folders: Sequence[Path]) -> list[Path]:
    """List the pictures in the folders."""
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES
    )


@dataclass(frozen=True, slots=True)
class Made:
    """What is kept of a sample."""

    kind: ForgeryKind
    table: bytes
    words: str
    edited: float
    shape: tuple[int, int]

    @classmethod
    def of(cls, forgery: Forgery) -> Self:
        """Keep all but the pixels."""
        height, width = forgery.mask.shape
        return cls(
            kind=forgery.kind,
            table=b"" if forgery.table is None else forgery.table.tobytes(),
            words=" / ".join(forgery.history),
            edited=float(forgery.mask.mean()),
            shape=(height, width),
        )


def timed(
    generator: ForgeryGenerator, count: int
) -> tuple[list[Made], NDArray[np.float64]]:
    """Make samples; return them with each one's seconds of processor time."""
    made, seconds = [], []
    for index in range(count):
        start = time.process_time()
        forgery = generator.make(index)
        seconds.append(time.process_time() - start)
        made.append(Made.of(forgery))
    return made, np.array(seconds)


def by_kind(made: Sequence[Made], seconds: NDArray[np.float64]) -> dict[str, Any]:
    """Count the kinds, with their milliseconds."""
    times = defaultdict(list)
    for forgery, taken in zip(made, seconds, strict=True):
        times[str(forgery.kind)].append(1000 * taken)
    return {
        kind: {
            "n": len(values),
            "mean_ms": round(float(np.mean(values)), 1),
            "p95_ms": round(float(np.percentile(values, 95)), 1),
        }
        for kind, values in sorted(times.items())
    }


def header_auc(made: Sequence[Made]) -> float:
    """Guess the class from the luma table alone, each half by the other's counts."""
    keys = [f.table for f in made]
    fake = np.array([f.kind is not ForgeryKind.UNTOUCHED for f in made])
    scores = np.empty(len(made))
    for asked in (0, 1):
        seen = Counter((keys[i], fake[i]) for i in range(1 - asked, len(made), 2))
        for i in range(asked, len(made), 2):
            fakes, others = seen[keys[i], True], seen[keys[i], False]
            scores[i] = (fakes + 1) / (fakes + others + 2)
    return area_under_curve(fake, scores)


def described(made: Sequence[Made]) -> dict[str, Any]:
    """Summarize what was made."""
    areas = [f.edited for f in made if f.kind is not ForgeryKind.UNTOUCHED]
    marks = np.percentile(areas, (0, 5, 25, 50, 75, 95, 100))
    full = max(max(f.shape) for f in made)
    return {
        "header_only_auc": round(header_auc(made), 3),
        "edited_share_percentiles_0_5_25_50_75_95_100": [
            round(float(mark), 4) for mark in marks
        ],
        "without_resize_after": round(
            float(np.mean([not RESIZED_AFTER.search(f.words) for f in made])), 3
        ),
        "png": round(float(np.mean([not f.table for f in made])), 3),
        "of_full_size": round(
            float(np.mean([f.shape == (full, full) for f in made])), 3
        ),
    }


def main() -> int:
    """Measure, print the figures, write them as JSON; fail where it is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    files = sources(options.folders)
    generator = ForgeryGenerator(files, side=options.side, seed=options.seed)
    made, cold = timed(generator, options.count)
    made, warm = timed(generator, options.count)
    found = {
        "sources": len(files),
        "left_out": len(generator.skipped),
        "samples": options.count,
        "side": options.side,
        "load_average": round(os.getloadavg()[0], 2),
        "per_minute_and_core_cold": round(60 / float(cold.mean())),
        "per_minute_and_core_warm": round(60 / float(warm.mean())),
        **described(made),
        "kinds": by_kind(made, warm),
    }
    text = json.dumps(found, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if found["per_minute_and_core_warm"] >= TARGET_PER_MINUTE else 1


if __name__ == "__main__":
    sys.exit(main())
