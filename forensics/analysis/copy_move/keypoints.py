"""SIFT keypoints and their like within the same picture, mirrored ones too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.copy_move.working import Points, Working

MOST_KEYPOINTS = 2500
NEAREST_COPY = 14.0
_CANDIDATES = 4
_SAME_PLACE = 8.0
# Squared distance of unit descriptors, and Lowe's ratio (2004) to the next other one.
_FARTHEST = 0.36
_RATIO = 0.75
# Pixels that SIFT sees (it doubles them once more): small pictures are enlarged, as
# small copies have few keypoints; large ones reduced, as SIFT takes most of the time.
_FEWEST, _SHARE, _MOST, _ENLARGED = 360_000, 0.09, 1_000_000, 2.0


@dataclass(frozen=True, slots=True)
class Keypoints:
    """Places, sizes (working px), angles (radians) and RootSIFT descriptors.

    References
    ----------
    Lowe, "Distinctive image features from scale-invariant keypoints", 2004.
    Arandjelovic and Zisserman, "Three things everyone should know to improve object
    retrieval", 2012 (RootSIFT).
    """

    places: Points
    sizes: NDArray[np.float64]
    angles: NDArray[np.float64]
    descriptors: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """Pairs of keypoints that look alike: indices, shape (n, 2)."""

    pairs: NDArray[np.int64]
    mirrored: bool


def find_keypoints(working: Working) -> Keypoints | None:
    """Return at most `MOST_KEYPOINTS` keypoints, or None where there are too few."""
    seen = _resized(working)
    sift = cv2.SIFT.create(
        nfeatures=MOST_KEYPOINTS, contrastThreshold=0.01, edgeThreshold=20
    )
    found, raw = sift.detectAndCompute(seen, None)
    if len(found) <= _CANDIDATES:
        return None
    found = found[:MOST_KEYPOINTS]
    descriptors = np.asarray(raw[:MOST_KEYPOINTS], dtype=np.float32)
    descriptors = descriptors / (descriptors.sum(axis=1, keepdims=True) + 1e-7)
    ratio = working.gray.shape[1] / seen.shape[1], working.gray.shape[0] / seen.shape[0]
    return Keypoints(
        places=(np.array([point.pt for point in found]) + 0.5) * ratio - 0.5,
        sizes=np.array([point.size for point in found]) * ratio[0],
        angles=np.deg2rad([point.angle for point in found]),
        descriptors=np.sqrt(descriptors),
    )


def _resized(working: Working) -> NDArray[np.uint8]:
    stored = working.stored[0] * working.stored[1]
    wanted = min(max(_FEWEST, _SHARE * stored), _MOST)
    factor = min(_ENLARGED, (wanted / working.gray.size) ** 0.5)
    kind = cv2.INTER_CUBIC if factor > 1.0 else cv2.INTER_AREA
    rows, columns = (max(1, round(side * factor)) for side in working.gray.shape)
    seen = cv2.resize(working.gray, (columns, rows), interpolation=kind)
    return np.asarray(seen, dtype=np.uint8)


def match_within(points: Keypoints) -> tuple[Matches, Matches]:
    """Match keypoints with each other, as they are and mirrored.

    Neighbours do not count; the ratio test looks past the best match's own place and,
    for pictures with several copies, past the second (g2NN, Amerini et al., 2011).
    """
    near = KDTree(points.places).query_pairs(NEAREST_COPY, output_type="ndarray")
    straight = _matches(points, points.descriptors, near)
    mirrored = _matches(points, _mirrored(points.descriptors), near)
    return Matches(straight, mirrored=False), Matches(mirrored, mirrored=True)


def _mirrored(descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what SIFT would have seen in a mirror: rows and directions reversed."""
    cells = descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
    turned = cells[..., (-np.arange(8)) % 8]
    return np.ascontiguousarray(turned).reshape(len(descriptors), 128)


def _matches(
    points: Keypoints, others: NDArray[np.float32], near: NDArray[np.intp]
) -> NDArray[np.int64]:
    likeness = points.descriptors @ others.T
    likeness[near[:, 0], near[:, 1]] = -1.0
    likeness[near[:, 1], near[:, 0]] = -1.0
    np.fill_diagonal(likeness, -1.0)
    best, values = _largest(likeness)
    distance = np.sqrt(np.maximum(2.0 - 2.0 * values, 1e-6))
    first = points.places[best[:, 0]]
    apart = np.linalg.norm(points.places[best] - first[:, None], axis=2) > _SAME_PLACE
    column = np.where(apart[:, 1], 1, np.where(apart[:, 2], 2, 3))
    rival = np.take_along_axis(distance, column[:, None], axis=1)[:, 0]
    accepted = np.zeros(best.shape, dtype=np.bool_)
    accepted[:, 0] = distance[:, 0] < _RATIO * rival
    twice = ~accepted[:, 0] & (distance[:, 1] < _RATIO * distance[:, 3])
    accepted[twice, :2] = True
    accepted &= distance**2 < _FARTHEST
    left, rank = np.nonzero(accepted)
    return np.stack([left, best[left, rank]], axis=1).astype(np.int64)


def _largest(
    likeness: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the columns and values of each row's largest; spoils its argument."""
    rows = np.arange(len(likeness))
    columns = np.empty((len(rows), _CANDIDATES), dtype=np.intp)
    values = np.empty((len(rows), _CANDIDATES), dtype=np.float32)
    for rank in range(_CANDIDATES):
        columns[:, rank] = likeness.argmax(axis=1)
        values[:, rank] = likeness[rows, columns[:, rank]]
        likeness[rows, columns[:, rank]] = -1.0
    return columns, values
