"""Object-like regions: watershed superpixels, merged by color into a compact whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.geometry import bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.training.forgeries.kinds import Mask, Picture

_WORKING_SIDE = 144
_BAND = 1.5
_SHUN_SHARE = 0.85
_SHUN = 40.0


def object_region(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    """Cut out something whose border follows the picture's own edges.

    Superpixels are watershed basins from jittered seeds on a reduced picture
    (Meyer's flooding, 1992, as OpenCV has it); from one of them the region grows over
    neighbours of like color, nearer ones first, until it has the wanted size. Its
    border is then found again at full resolution.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    picture : ndarray of uint8, shape (H, W, 3)
        RGB.
    area : float
        Wanted share of the picture, 0..1.

    Returns
    -------
    ndarray of bool, shape (H, W)
        One region without holes.
    """
    scale = min(1.0, _WORKING_SIDE / max(picture.shape[:2]))
    size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    count = int(np.clip(3.0 / area, 40, 260))
    labels = _superpixels(rng, np.asarray(cv2.medianBlur(small, 3), np.uint8), count)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
    chosen = _grow(rng, labels, np.asarray(lab, np.uint8), area)
    return _refine(picture, _whole(chosen[labels], sigma=1.3))


def _superpixels(
    rng: np.random.Generator, small: Picture, count: int
) -> NDArray[np.int32]:
    """Flood from about ``count`` seeds; labels run from 0."""
    height, width = small.shape[:2]
    step = math.sqrt(height * width / count)
    rows = np.arange(step / 2, height, step)
    columns = np.arange(step / 2, width, step)
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    grid = grid + rng.uniform(-step / 2.2, step / 2.2, grid.shape)
    y = np.clip(np.round(grid[:, 0]).astype(int), 1, height - 2)
    x = np.clip(np.round(grid[:, 1]).astype(int), 1, width - 2)
    markers = np.zeros((height, width), np.int32)
    markers[y, x] = np.arange(1, len(grid) + 1)
    cv2.watershed(small, markers)
    # The borders (-1) between basins go to a neighbour.
    spread = cv2.dilate(markers.astype(np.float32), np.ones((3, 3), np.uint8))
    labels = np.where(markers > 0, markers, spread).astype(np.int32)
    _, dense = np.unique(labels, return_inverse=True)
    return np.asarray(dense.reshape(height, width), np.int32)


def _grow(
    rng: np.random.Generator, labels: NDArray[np.int32], lab: Picture, area: float
) -> Mask:
    """Return which superpixels belong to the region, by label."""
    sizes, features = _describe(labels, lab)
    touching = _adjacency(labels, len(sizes))
    wanted = area * labels.size
    chosen = np.zeros(len(sizes), np.bool_)
    chosen[labels[tuple(_inner(rng, side) for side in labels.shape)]] = True
    spread = max(math.sqrt(wanted / math.pi), 1.0)
    compactness = rng.uniform(4, 16)
    liking = rng.uniform(0, 4, len(sizes)) + _frame_cost(rng, labels, len(sizes))
    while sizes[chosen].sum() < wanted:
        candidates = touching[chosen].any(0) & ~chosen
        if not candidates.any():
            break
        centre = np.average(features[chosen], axis=0, weights=sizes[chosen])
        away = features - centre
        cost = np.linalg.norm(away[:, :3], axis=1) + liking
        cost += compactness * (np.linalg.norm(away[:, 3:], axis=1) / spread) ** 2
        cost[~candidates] = np.inf
        best = int(cost.argmin())
        if sizes[chosen].sum() + sizes[best] > 1.8 * wanted:
            break
        chosen[best] = True
    return chosen


def _inner(rng: np.random.Generator, length: int) -> int:
    return int(rng.integers(length // 8, length - length // 8))


def _frame_cost(
    rng: np.random.Generator, labels: NDArray[np.int32], count: int
) -> NDArray[np.float64]:
    """Let most regions shun the frame, where they would get straight edges."""
    cost = np.zeros(count)
    if rng.random() < _SHUN_SHARE:
        for line in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            cost[line] = _SHUN
    return cost


def _describe(
    labels: NDArray[np.int32], lab: Picture
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each superpixel's size, and its mean L, a, b, row and column."""
    flat = labels.ravel()
    sizes = np.bincount(flat).astype(np.float64)
    rows, columns = np.indices(labels.shape)
    layers = [*np.moveaxis(lab, -1, 0), rows, columns]
    sums = [np.bincount(flat, weights=layer.ravel()) for layer in layers]
    return sizes, np.stack(sums, 1) / sizes[:, None]


def _adjacency(labels: NDArray[np.int32], count: int) -> Mask:
    touching = np.zeros((count, count), np.bool_)
    for one, two in (
        (labels[1:], labels[:-1]),
        (labels[:, 1:], labels[:, :-1]),
    ):
        touching[one.ravel(), two.ravel()] = True
    return touching | touching.T


def _whole(mask: Mask, *, sigma: float) -> Mask:
    """Smooth the outline, fill holes and keep the largest part."""
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma) > 0.5
    outlines, _ = cv2.findContours(
        soft.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    canvas = np.zeros(mask.shape, np.uint8)
    if outlines:
        largest = max(outlines, key=cv2.contourArea)
        cv2.drawContours(canvas, [largest], -1, (1,), thickness=-1)
    return canvas > 0


def _refine(picture: Picture, coarse: Mask) -> Mask:
    """Bring a coarse region to full resolution, its border on the nearest edge."""
    height, width = picture.shape[:2]
    soft = cv2.resize(coarse.astype(np.float32), (width, height))
    mask = np.asarray(soft > 0.5, np.bool_)
    if not mask.any():
        return mask
    band = max(1, round(_BAND * max(height, width) / max(coarse.shape)))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    top, bottom, left, right = bounds(mask, margin=band + 2)
    part = mask[top:bottom, left:right].astype(np.uint8)
    inside = cv2.erode(part, brush, borderValue=1) > 0
    if not inside.any():
        return mask
    markers = np.where(cv2.dilate(part, brush) > 0, 0, 2).astype(np.int32)
    markers[inside] = 1
    cv2.watershed(picture[top:bottom, left:right].copy(), markers)
    mask[top:bottom, left:right] = _whole(markers == 1, sigma=0.4 * band)
    return mask
