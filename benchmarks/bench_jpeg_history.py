"""What the statement of a picture's compression history is worth, and its numbers.

``python -m benchmarks.bench_jpeg_history PHOTOS [--fit]`` makes pictures of known
history from photographs: camera originals, copies that were resized and saved once, and
copies that were saved twice. Half of the sources serve the fit, the others the figures.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.optimize import minimize

from forensics.analysis.image import load_evidence
from forensics.analysis.jpeg_history import decision
from forensics.analysis.jpeg_traces.traces import earlier_of, traces_of
from forensics.analysis.types import Limits, NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_SEED = 20261126
_FIRST, _LAST = (50, 96), (60, 99)
_RIDGE = 0.5


@dataclass(frozen=True, slots=True)
class Case:
    """One picture: whether it was saved twice, at which qualities, what was found."""

    source: int
    kind: str
    first: int
    last: int
    is_double: bool
    features: tuple[float, ...]
    quality: int | None


def saved(picture: Image.Image, quality: int, subsampling: int) -> bytes:
    """Encode as JPEG."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return buffer.getvalue()


def histories(
    data: bytes, rng: np.random.Generator
) -> Iterator[tuple[str, int, int, bytes]]:
    """Yield kind, first quality, last quality and bytes of a source's pictures."""
    yield "camera", 0, 0, data
    with Image.open(BytesIO(data)) as opened:
        whole = opened.convert("RGB")
    scale = rng.uniform(0.55, 0.8)
    size = (int(whole.width * scale), int(whole.height * scale))
    small = whole.resize(size, Image.Resampling.LANCZOS)
    for _ in range(4):
        last, sampling = int(rng.integers(*_LAST)), int(rng.choice((0, 2)))
        yield "once", 0, last, saved(small, last, sampling)
    for _ in range(5):
        first, last = int(rng.integers(*_FIRST)), int(rng.integers(*_LAST))
        sampling = int(rng.choice((0, 2)))
        with Image.open(BytesIO(saved(small, first, sampling))) as again:
            yield "twice", first, last, saved(again.convert("RGB"), last, sampling)


def measure(paths: Sequence[Path]) -> list[Case]:
    """Make the pictures and look at them."""
    cases = []
    rng = np.random.default_rng(_SEED)
    for number, path in enumerate(paths):
        for kind, first, last, data in histories(path.read_bytes(), rng):
            found = _features(data)
            if found is not None:
                is_double = kind == "twice"
                cases.append(Case(number, kind, first, last, is_double, *found))
    return cases


def _features(data: bytes) -> tuple[tuple[float, ...], int | None] | None:
    try:
        evidence = load_evidence(data, Limits())
        if traces_of(evidence).steps is None:
            return None
        table = earlier_of(evidence).table
    except NotApplicableError:
        return None
    if table is None:
        return None
    return decision.features(table), decision.first_quality(table)


def fit(cases: Sequence[Case]) -> NDArray[np.float64]:
    """Fit weights and intercept to single and double pictures as equally frequent."""
    rows = np.array([(*case.features, 1.0) for case in cases])
    signs = np.array([1.0 if case.is_double else -1.0 for case in cases])
    shares = np.where(signs > 0, 0.5 / (signs > 0).sum(), 0.5 / (signs < 0).sum())

    def loss(weights: NDArray[np.float64]) -> float:
        nats = np.logaddexp(0.0, -signs * (rows @ weights))
        return float(shares @ nats + _RIDGE / len(rows) * (weights[:-1] ** 2).sum())

    found: NDArray[np.float64] = minimize(loss, np.zeros(rows.shape[1])).x
    return found


def report(cases: Sequence[Case], weights: NDArray[np.float64]) -> dict[str, object]:
    """Return what the probability is worth on pictures that it was not fitted to."""
    rows = np.array([(*case.features, 1.0) for case in cases])
    chances = 1.0 / (1.0 + np.exp(-(rows @ weights)))
    doubles = np.array([case.is_double for case in cases])
    found: dict[str, object] = {"pictures": len(cases), "doubles": int(doubles.sum())}
    for kind in ("camera", "once"):
        ours = np.array([case.kind == kind for case in cases])
        found[f"{kind}: said saved twice"] = _share(chances[ours] >= decision.SURE)
    for low, high in ((-60, -8), (-8, -2), (-2, 3), (3, 8), (8, 20), (20, 60)):
        ours = doubles & _between(cases, low, high)
        found[f"twice, last - first {low}..{high}"] = _share(
            chances[ours] >= decision.SURE
        )
    sure = doubles & (chances >= decision.SURE)
    errors = [
        abs(case.quality - case.first)
        for case, is_sure in zip(cases, sure, strict=True)
        if is_sure and case.quality is not None
    ]
    found["sure: quality within 2"] = _share(np.array(errors) <= 2)
    found["sure: quality within 5"] = _share(np.array(errors) <= 5)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97):
        high = {0.8: 0.9, 0.9: 0.97, 0.97: 1.01}.get(low, low + 0.2)
        ours = (chances >= low) & (chances < high)
        found[f"p {low}..{min(1.0, high)}"] = _balanced(doubles, ours)
    return found


def _between(cases: Sequence[Case], low: int, high: int) -> NDArray[np.bool_]:
    return np.array([low <= case.last - case.first < high for case in cases])


def _share(hits: NDArray[np.bool_]) -> str:
    return f"{int(hits.sum())} of {len(hits)}"


def _balanced(doubles: NDArray[np.bool_], ours: NDArray[np.bool_]) -> str:
    """Return the part of doubles in a bin, were both kinds equally frequent."""
    ones, twos = (ours & ~doubles).sum() / (~doubles).sum(), 0.0
    twos = (ours & doubles).sum() / doubles.sum()
    part = twos / max(1e-9, ones + twos)
    return f"{part:.2f} double of {int(ours.sum())}"


def main() -> None:
    """Measure, and print the fit or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--fit", action="store_true", help="fit to the even sources")
    options = parser.parse_args()
    paths = sorted(options.photos.glob("*.jpg"))
    cases = measure(paths)
    held = [case for case in cases if case.source % 2]
    weights = np.array((*decision.WEIGHTS, decision.INTERCEPT))
    if options.fit:
        weights = fit([case for case in cases if not case.source % 2])
        print("weights", [round(float(w), 3) for w in weights])
    print(json.dumps(report(held, weights), indent=2))


if __name__ == "__main__":
    main()
