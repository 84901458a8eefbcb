"""Copy-move detection: matches, transforms, dense comparison, a verdict in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.copy_move.decision import (
    NOTHING,
    THRESHOLD,
    first_is_pasted,
    probability,
    signal_of,
)
from forensics.analysis.copy_move.drawing import draw, localize
from forensics.analysis.copy_move.keypoints import find_keypoints, match_within
from forensics.analysis.copy_move.transforms import Candidate, candidates
from forensics.analysis.copy_move.verification import Pair, verify
from forensics.analysis.copy_move.working import Mask, Working, prepare
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    NotApplicableError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from forensics.analysis.image import ImageEvidence

SMALLEST_SIDE = 96
# SIFT and the comparison work on reduced copies: of strips nothing would be left.
_LONGEST_STRIP = 60.0
_MOST_CANDIDATES = 6
_MOST_PAIRS = 4
# Pairs in the map and in the data from this signal on: even odds.
_WORTH_SHOWING = 0.0


@dataclass(frozen=True, slots=True)
class CopyMoveAnalyzer:
    """Regions of a picture that are copies of others in it, with the transform.

    SIFT keypoints are matched within the picture, also mirrored; transforms that many
    matches follow are refined on the pixels, and the regions they map to each other
    are compared densely. ``signal`` is the log-odds of the strongest pair, fitted to
    copies against likenesses, repeating patterns and untouched photographs.

    References
    ----------
    Amerini et al. (2011). A SIFT-based forensic method for copy-move attack detection
    and transformation recovery. IEEE TIFS 6(3).
    Christlein et al. (2012). An evaluation of popular copy-move forgery detection
    approaches. IEEE TIFS 7(6).
    """

    name: str = "copy_move"
    version: str = "1.1"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look for copies.

        Raises
        ------
        NotApplicableError
            The picture is too small, too narrow or too uniform.
        """
        _check(evidence.pixels)
        working = prepare(evidence.pixels)
        signals = [(pair, signal_of(pair)) for pair in find_pairs(working)]
        signals.sort(key=lambda one: -one[1])
        strongest = signals[0][1] if signals else NOTHING
        shown = [one for one in signals if one[1] >= _WORTH_SHOWING]
        certain = [pair for pair, signal in shown if signal >= THRESHOLD]
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(strongest, certain),
            score=probability(strongest),
            codes=("copy_move",) if certain else (),
            data={
                "signal": round(strongest, 4),
                "pairs": [_as_json(*one, working) for one in shown],
            },
            evidence=(draw(evidence, certain, working),) if certain else (),
            localization=localize(shown, working),
        )


def _check(pixels: Image.Image) -> None:
    short, long = sorted(pixels.size)
    if short < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too small to tell copies from "
            "likeness."
        )
    if long > _LONGEST_STRIP * short:
        raise NotApplicableError(
            f"The picture is more than {_LONGEST_STRIP:.0f} times as long as wide: too "
            "narrow to compare regions."
        )


def find_pairs(working: Working) -> list[Pair]:
    """Return the regions that correspond to others, at most four pairs.

    Raises
    ------
    NotApplicableError
        Nothing in the picture can be recognized again.
    """
    points = find_keypoints(working)
    if points is None:
        raise NotApplicableError(
            "The picture is too uniform: nothing in it could be recognized elsewhere."
        )
    found: list[Candidate] = []
    for matches in match_within(points):
        found += candidates(points, matches, most=_MOST_PAIRS)
    found.sort(key=lambda candidate: -candidate.inliers)
    pairs: list[Pair] = []
    for candidate in found[:_MOST_CANDIDATES]:
        pair = verify(candidate, working, points)
        if pair is not None and not any(_repeats(pair, other) for other in pairs):
            pairs.append(pair)
    return pairs[:_MOST_PAIRS]


def _repeats(pair: Pair, other: Pair) -> bool:
    """Whether a pair says again, perhaps the other way round, what another says."""
    straight = _overlap(pair.first, other.first) * _overlap(pair.second, other.second)
    swapped = _overlap(pair.first, other.second) * _overlap(pair.second, other.first)
    return max(straight, swapped) > 0.25


def _overlap(first: Mask, second: Mask) -> float:
    smaller = min(int(first.sum()), int(second.sum()))
    return int((first & second).sum()) / max(1, smaller)


def _summary(signal: float, certain: Sequence[Pair]) -> str:
    if certain:
        one = len(certain) == 1
        many = "One region recurs" if one else f"{len(certain)} regions recur"
        return (
            f"{many} elsewhere in the picture down to the fine detail, as "
            "copies do. Prints, screens and parts made alike can do so too: compare "
            "the marked places."
        )
    if signal >= _WORTH_SHOWING:
        return (
            "Some regions resemble each other, but not more than similar things often "
            "do: no copy can be claimed."
        )
    return (
        "No region was found that recurs in the picture. Copies of smooth or very "
        "small regions leave too little to be recognized."
    )


def _as_json(pair: Pair, signal: float, working: Working) -> Json:
    linear = pair.affine[:, :2]
    middle = np.array([pair.candidate.places.mean(axis=0)])
    moved = (middle @ linear.T + pair.affine[:, 2] - middle)[0] / working.scale
    area = round(pair.measures.area / (working.scale[0] * working.scale[1]))
    boxes = [_box(mask, working) for mask in (pair.first, pair.second)]
    source, copy = boxes[::-1] if first_is_pasted(pair) > 0.5 else boxes
    return {
        "signal": round(signal, 4),
        "area_px": area,
        "share": round(pair.measures.area / working.gray.size, 5),
        "inliers": pair.candidate.inliers,
        "translation": [round(float(value), 1) for value in moved],
        "rotation_deg": round(_turn(pair), 2),
        "scale": round(abs(float(np.linalg.det(linear))) ** 0.5, 4),
        "mirrored": pair.candidate.mirrored,
        "correlation": round(pair.measures.luminance, 4),
        "residual_correlation": round(pair.measures.residual, 4),
        "source_box": source,
        "copy_box": copy,
    }


def _turn(pair: Pair) -> float:
    """Return the angle in degrees, clockwise as seen, after mirroring left to right."""
    cosine, sine = pair.affine[:, 0] * (-1.0 if pair.candidate.mirrored else 1.0)
    return math.degrees(math.atan2(sine, cosine))


def _box(mask: Mask, working: Working) -> list[Json]:
    """Left, upper, right, lower in stored px."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return []
    edges = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    scales = (*working.scale, *working.scale)
    return [round(float(e) / s) for e, s in zip(edges, scales, strict=True)]
