"""Sub-pixel refinement of a transform: least squares on the texture itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.analysis.copy_move.transforms import Affine, Candidate, apply

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.copy_move.working import Mask, Plane, Points

_STEPS = 6
_LONGEST_STEP, _SHORTEST_STEP = 4.0, 0.03
_AROUND = 8
_MARGIN = 8
# Six numbers always fit better than two; they must fit better by this much.
_WORTH = 0.015


def refined(candidate: Candidate, band: Plane) -> tuple[Candidate, float]:
    """Improve a candidate's transform and return it with the correlation it reaches.

    Gauss-Newton on the band-passed luminance around the matched places (Lucas and
    Kanade, 1981), with a gain and an offset: first the shift alone, then all of the
    affine transform where that fits clearly better.

    Parameters
    ----------
    candidate : Candidate
        Right to about two px.
    band : ndarray of float32, shape (rows, columns)
        Band-passed luminance of the working picture.

    Returns
    -------
    Candidate
        The same matches with the better transform.
    float
        Correlation of the two regions' band, -1..1.
    """
    patch = _Patch.around(candidate.places, band)
    affine, best = _descend(patch, candidate.affine, only_shift=True)
    if not candidate.is_shift:
        full, better = _descend(patch, affine, only_shift=False)
        if better > best + _WORTH:
            affine, best = full, better
    return replace(candidate, affine=affine), best


@dataclass(frozen=True, slots=True)
class _Patch:
    """The surroundings of the places, cut out, and coordinates within of order one."""

    band: Plane = field(repr=False)
    target: Plane = field(repr=False)
    weight: Mask = field(repr=False)
    corner: Points
    center: Points
    spread: float
    places: Points = field(repr=False)

    @classmethod
    def around(cls, places: Points, band: Plane) -> _Patch:
        rows, columns = band.shape
        low = np.maximum(np.floor(places.min(axis=0)) - _MARGIN, 0).astype(int)
        high = np.ceil(places.max(axis=0)).astype(int) + _MARGIN + 1
        high = np.minimum(high, [columns, rows])
        target = band[low[1] : high[1], low[0] : high[0]]
        marks = np.zeros(target.shape, dtype=np.uint8)
        at = np.clip(np.round(places - low).astype(int), 0, high - low - 1)
        marks[at[:, 1], at[:, 0]] = 1
        side = 2 * _AROUND + 1
        near = cv2.dilate(marks, np.ones((side, side), np.uint8)) > 0
        center = places.mean(axis=0)
        spread = max(8.0, float(np.sqrt(((places - center) ** 2).mean())))
        return cls(band, target, near, low.astype(np.float64), center, spread, places)

    def warped(self, affine: Affine) -> Plane:
        """Fetch the second region, laid onto the first."""
        local = affine.copy()
        local[:, 2] += affine[:, :2] @ self.corner
        rows, columns = self.target.shape
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        fetched = cv2.warpAffine(
            self.band,
            local,
            (columns, rows),
            flags=flags,
            borderMode=cv2.BORDER_REFLECT,
        )
        return np.asarray(fetched, dtype=np.float32)

    def correlation(self, fetched: Plane) -> float:
        return correlation(self.target[self.weight], fetched[self.weight])

    def normal_equations(
        self, fetched: Plane, *, only_shift: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return J'J and J'r of shift (and turn) in units of the spread."""
        inside = self.weight
        across = cv2.Sobel(fetched, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)[inside]
        down = cv2.Sobel(fetched, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)[inside]
        columns = [across, down]
        if not only_shift:
            y, x = np.nonzero(inside)
            u = ((x + self.corner[0] - self.center[0]) / self.spread).astype(np.float32)
            v = ((y + self.corner[1] - self.center[1]) / self.spread).astype(np.float32)
            columns += [across * u, across * v, down * u, down * v]
        columns += [fetched[inside], np.ones(len(across), dtype=np.float32)]
        slope = np.stack(columns, axis=1).astype(np.float64)
        left = slope.T @ slope
        left[np.diag_indices_from(left)] += 1e-3 * np.trace(left) / len(left) + 1e-9
        return left, slope.T @ (self.target - fetched)[inside]

    def moved(self, affine: Affine, step: NDArray[np.floating]) -> tuple[Affine, float]:
        """Apply a step before the transform; also return its greatest length, px."""
        change = np.eye(3)
        if len(step) > 4:
            change[:2, :2] += step[2:6].reshape(2, 2) / self.spread
        change[:2, 2] = step[:2] - (change[:2, :2] - np.eye(2)) @ self.center
        length = np.abs(apply(change[:2], self.places) - self.places).max()
        result: Affine = affine @ change
        return result, float(length)


def correlation(first: Plane, second: Plane) -> float:
    """Pearson's correlation of two samples; 0 where one is flat."""
    a, b = first - first.mean(), second - second.mean()
    power = float(a @ a) * float(b @ b)
    return float(a @ b) / power**0.5 if power > 1e-6 else 0.0


def _descend(
    patch: _Patch, affine: Affine, *, only_shift: bool
) -> tuple[Affine, float]:
    fetched = patch.warped(affine)
    best, kept = patch.correlation(fetched), affine
    for _ in range(_STEPS):
        left, right = patch.normal_equations(fetched, only_shift=only_shift)
        step = np.linalg.solve(left, right)
        affine, length = patch.moved(affine, step)
        if length > _LONGEST_STEP:
            break
        fetched = patch.warped(affine)
        reached = patch.correlation(fetched)
        if reached > best:
            best, kept = reached, affine
        if length < _SHORTEST_STEP:
            break
    return kept, best
