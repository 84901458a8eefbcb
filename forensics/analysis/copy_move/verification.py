"""Dense comparison of two regions: the same pixels, or only alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy import ndimage

from forensics.analysis.copy_move.alignment import correlation, refined
from forensics.analysis.copy_move.seams import asymmetry
from forensics.analysis.copy_move.transforms import Affine, Candidate, apply
from forensics.analysis.copy_move.working import (
    Mask,
    Plane,
    Points,
    Working,
    blurred,
    detail_of,
    mean_around,
)

if TYPE_CHECKING:
    from forensics.analysis.copy_move.keypoints import Keypoints

_LEAST_BAND = 0.5
_WINDOW = 11
_NEAREST = 14.0
_SAME, _ALIKE = 0.60, 0.45
_SMALLEST = 60
# Variance of detail below which noise and compression decide the correlation.
_FLAT, _TEXTURED = 1.5, 2.0
_UNKNOWN_RING = 0.3
_BLANK = 0.02


@dataclass(frozen=True, slots=True)
class Measures:
    """What tells a copy from a likeness. Correlations are of detail, -1..1.

    Attributes
    ----------
    inliers : int
        Matched places.
    coverage : float
        Share of the keypoints in the region that are matched.
    area : int
        Working px of one region.
    local, local_low : float
        Mean and lower quartile of the correlation in 11-px windows, where textured.
    residual, luminance : float
        Correlation over the region, of detail and of luminance.
    ring : float
        Mean local correlation just outside: likenesses fade, copies end.
    cut : float
        Share of the outline that ends at the picture's border or at the other region.
    solidity : float
        Area over that of the convex hull.
    own, rival : float
        Correlation of a patch amid the region with its copy, and with the most
        similar patch anywhere else: repeating patterns have rivals.
    """

    inliers: int
    coverage: float
    area: int
    local: float
    local_low: float
    residual: float
    luminance: float
    ring: float
    cut: float
    solidity: float
    own: float
    rival: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two regions of the working picture that hold the same, and how that was seen.

    ``seam`` says how much more the first region's outline looks cut than the second's,
    see `seams.asymmetry`; it does not tell whether there is a copy.
    """

    candidate: Candidate
    measures: Measures
    seam: float
    first: Mask = field(repr=False)
    second: Mask = field(repr=False)

    @property
    def affine(self) -> Affine:
        """Takes (x, y, 1) of the first region to the second."""
        return self.candidate.affine


def verify(candidate: Candidate, working: Working, points: Keypoints) -> Pair | None:
    """Compare the two regions of a candidate; None where nothing corresponds."""
    candidate, band = refined(candidate, working.band)
    if band < _LEAST_BAND:
        return None
    overlay = _Overlay.of(candidate, working)
    region = overlay.region(candidate.places)
    if region is None:
        return None
    mask = np.zeros(working.gray.shape, dtype=np.bool_)
    left, top = overlay.corner
    mask[top : top + region.shape[0], left : left + region.shape[1]] = region
    rows, columns = working.gray.shape
    moved = cv2.warpAffine(
        mask.astype(np.uint8),
        candidate.affine,
        (columns, rows),
        flags=cv2.INTER_NEAREST,
    )
    second = np.asarray(moved > 0)
    seam = asymmetry(working.luminance, mask, second)
    measures = _measures(candidate, overlay, region, working, points)
    return Pair(candidate, measures, seam, mask, second)


@dataclass(frozen=True, slots=True)
class _Overlay:
    """The second region laid onto the surroundings of the first."""

    corner: tuple[int, int]
    light: Plane
    fetched: Plane
    detail: Plane
    fetched_detail: Plane
    valid: Mask
    energy: Plane
    fetched_energy: Plane
    local: Plane

    @classmethod
    def of(cls, candidate: Candidate, working: Working) -> _Overlay:
        left, top, right, bottom = _surroundings(candidate.places, working)
        affine = candidate.affine.copy()
        affine[:, 2] += affine[:, :2] @ [left, top]
        size = (right - left, bottom - top)
        light = working.luminance[top:bottom, left:right]
        detail = working.detail[top:bottom, left:right]
        fetched = _fetched(working.luminance, affine, size)
        other = detail_of(fetched)
        energy, fetched_energy = (mean_around(d * d, _WINDOW) for d in (detail, other))
        power = np.sqrt((energy + 0.5) * (fetched_energy + 0.5))
        return cls(
            corner=(left, top),
            light=light,
            fetched=fetched,
            detail=detail,
            fetched_detail=other,
            valid=_valid(affine, size, (left, top), working.gray.shape),
            energy=energy,
            fetched_energy=fetched_energy,
            local=(mean_around(detail * other, _WINDOW) / power).astype(np.float32),
        )

    def region(self, places: Points) -> Mask | None:
        """Grow the region around matched places where detail is the same."""
        same = self.valid & (self.local > _SAME)
        labels, _ = ndimage.label(same)
        started = np.unique(labels[self._near(places) & same])
        region = np.isin(labels, started[started > 0])
        if region.sum() < _SMALLEST:
            return None
        growable = self.valid & ((self.local > _ALIKE) | self._flat_and_equal())
        grown = region | (_dilated(region, 7) & growable)
        closed = cv2.morphologyEx(grown.astype(np.uint8), cv2.MORPH_CLOSE, _disk(4))
        filled = _without_holes(closed) & self.valid
        opened = cv2.morphologyEx(filled.astype(np.uint8), cv2.MORPH_OPEN, _disk(3))
        return opened > 0 if opened.sum() >= _SMALLEST else None

    def _near(self, places: Points) -> Mask:
        marks = np.zeros(self.local.shape, dtype=np.bool_)
        at = np.round(places - self.corner).astype(int)
        at = np.clip(at, 0, np.array(marks.shape[::-1]) - 1)
        marks[at[:, 1], at[:, 0]] = True
        return _dilated(marks, 5)

    def _flat_and_equal(self) -> Mask:
        flat = (self.energy < _FLAT) & (self.fetched_energy < _FLAT)
        difference = mean_around(self.light - self.fetched, _WINDOW)
        equal: Mask = flat & (np.abs(difference) < 4.0)
        return equal


def _surroundings(places: Points, working: Working) -> tuple[int, int, int, int]:
    rows, columns = working.gray.shape
    low, high = places.min(axis=0), places.max(axis=0)
    extra = (high - low) * 0.75 + 48.0
    left, top = np.maximum(low - extra, 0).astype(int)
    right, bottom = np.minimum(high + extra + 1, [columns, rows]).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _fetched(light: Plane, affine: Affine, size: tuple[int, int]) -> Plane:
    scale = abs(float(np.linalg.det(affine[:, :2]))) ** 0.5
    source = blurred(light, 0.5 * scale) if scale > 1.3 else light
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        source, affine, size, flags=flags, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, dtype=np.float32)


def _valid(
    affine: Affine,
    size: tuple[int, int],
    corner: tuple[int, int],
    shape: tuple[int, ...],
) -> Mask:
    """Say which px have their counterpart in the picture and not on themselves."""
    across, down = (np.arange(side, dtype=np.float32) for side in size)
    x, y = np.meshgrid(across, down)
    affine = affine.astype(np.float32)
    there_x = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]
    there_y = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]
    inside = (there_x > 2) & (there_y > 2)
    inside &= (there_x < shape[1] - 3) & (there_y < shape[0] - 3)
    apart = np.hypot(there_x - x - corner[0], there_y - y - corner[1])
    valid: Mask = inside & (apart > _NEAREST)
    return valid


def _measures(
    candidate: Candidate,
    overlay: _Overlay,
    region: Mask,
    working: Working,
    points: Keypoints,
) -> Measures:
    textured = region & (overlay.energy > _TEXTURED)
    textured &= overlay.fetched_energy > _TEXTURED
    local = overlay.local[textured if textured.sum() > 40 else region]
    own, rival = _rivalry(overlay, region, candidate, working)
    hull = cv2.contourArea(cv2.convexHull(np.argwhere(region).astype(np.int32)))
    return Measures(
        inliers=candidate.inliers,
        coverage=_coverage(candidate, overlay, region, points),
        area=int(region.sum()),
        local=float(local.mean()),
        local_low=float(np.quantile(local, 0.25)),
        residual=correlation(overlay.detail[region], overlay.fetched_detail[region]),
        luminance=correlation(overlay.light[region], overlay.fetched[region]),
        ring=_ring(overlay, region),
        cut=_cut(overlay, region),
        solidity=float(region.sum()) / max(1.0, hull),
        own=own,
        rival=rival,
    )


def _coverage(
    candidate: Candidate, overlay: _Overlay, region: Mask, points: Keypoints
) -> float:
    at = np.round(points.places - overlay.corner).astype(int)
    inside = np.all((at >= 0) & (at < region.shape[::-1]), axis=1)
    x, y = at[inside].T
    held = points.places[inside][region[y, x]]
    different = len(np.unique(np.round(held / 2.0), axis=0))
    return min(1.0, candidate.inliers / max(1, different))


def _ring(overlay: _Overlay, region: Mask) -> float:
    ring = _dilated(region, 14) & ~_dilated(region, 6) & overlay.valid
    ring &= overlay.energy > 1.0
    return float(overlay.local[ring].mean()) if ring.sum() > 30 else _UNKNOWN_RING


def _cut(overlay: _Overlay, region: Mask) -> float:
    outline = _dilated(region, 8) & ~_dilated(region, 1)
    return float((outline & ~overlay.valid).sum()) / max(1, int(outline.sum()))


def _rivalry(
    overlay: _Overlay, region: Mask, candidate: Candidate, working: Working
) -> tuple[float, float]:
    """Correlate a patch amid the region with its copy and with all other places."""
    depth = cv2.distanceTransform(np.pad(region, 1).astype(np.uint8), cv2.DIST_L2, 3)[
        1:-1, 1:-1
    ]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    reach = int(np.clip(0.7 * depth[row, column], 5, 20))
    window = (
        slice(max(0, row - reach), row + reach + 1),
        slice(max(0, column - reach), column + reach + 1),
    )
    here, there = overlay.detail[window], overlay.fetched_detail[window]
    first = np.array([[column, row]], dtype=np.float64) + overlay.corner
    second = apply(candidate.affine, first)
    rival = _elsewhere(working.detail, here, away_from=(first, second))
    if not candidate.is_shift:
        turned = _elsewhere(working.detail, there, away_from=(first, second))
        rival = max(rival, turned)
    return correlation(here.ravel(), there.ravel()), rival


def _elsewhere(
    detail: Plane, patch: Plane, *, away_from: tuple[Points, Points]
) -> float:
    """Return the best correlation of a patch with any place but two."""
    if float(patch.std()) < 0.1:
        return 1.0  # a flat patch is alike everywhere
    found = np.asarray(cv2.matchTemplate(detail, patch, cv2.TM_CCOEFF_NORMED))
    # Over blank paper or sky rounding errors are all there is to correlate with.
    rows, columns = found.shape
    power = cv2.boxFilter(detail * detail, cv2.CV_32F, patch.shape[::-1])
    top, left = patch.shape[0] // 2, patch.shape[1] // 2
    found[power[top : top + rows, left : left + columns] < _BLANK] = -1.0
    middle = np.array(patch.shape[::-1]) // 2
    for place in away_from:
        column, row = np.round(place[0] - middle).astype(int)
        near = slice(max(0, row - 6), max(0, row + 7))
        found[near, max(0, column - 6) : max(0, column + 7)] = -1.0
    return float(found.max())


def _without_holes(mask: cv2.typing.MatLike) -> Mask:
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
    return np.asarray(filled > 0)


def _dilated(mask: Mask, radius: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disk(radius)) > 0)


def _disk(radius: int) -> cv2.typing.MatLike:
    side = 2 * radius + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
