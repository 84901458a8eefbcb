"""How a patch meets the picture: hard, feathered, Poisson or softened afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.geometry import Patch, bounds

if TYPE_CHECKING:
    from forensics.training.forgeries.kinds import Alpha, Mask, Picture

MARGIN = 12
_FAINT = 0.02
_MOST_POISSON = 45_000


class Edge(StrEnum):
    """The kinds of border."""

    HARD = "hard edge"
    FEATHERED = "feathered edge"
    POISSON = "Poisson blending"
    BLURRED = "blurred border"


@dataclass(frozen=True, slots=True)
class Blend:
    """A border and its width: the standard deviation of its blur, px."""

    edge: Edge
    sigma: float

    def __str__(self) -> str:
        return str(self.edge)


def draw_blend(rng: np.random.Generator, *, poisson: float = 0.10) -> Blend:
    """Draw a border; ``poisson`` is the share of gradient-domain blending."""
    rest = 1.0 - poisson
    edge = list(Edge)[
        int(rng.choice(4, p=(0.38 * rest, 0.44 * rest, poisson, 0.18 * rest)))
    ]
    return Blend(edge=edge, sigma=float(rng.uniform(0.5, 3.0)))


def feathered(mask: Mask, sigma: float) -> Alpha:
    """Blur a region's border; the region is where the result is at least one half."""
    soft = cv2.GaussianBlur(
        mask.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE
    )
    soft[soft < _FAINT] = 0.0
    soft[soft > 1.0 - _FAINT] = 1.0
    return np.asarray(soft, np.float32)


def mix(below: Picture, above: Picture, alpha: Alpha) -> Picture:
    """Lay ``above`` over ``below`` by weight.

    Parameters
    ----------
    below, above : ndarray of uint8, shape (h, w, 3)
        RGB.
    alpha : ndarray of float32, shape (h, w)
        Weight of ``above``, 0..1.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        Rounded to nearest.
    """
    one = below.astype(np.float32)
    one += (above.astype(np.float32) - one) * alpha[..., None]
    return np.asarray(np.rint(one), np.uint8)


def paste(canvas: Picture, patch: Patch, *, top: int, left: int, blend: Blend) -> Mask:
    """Paste a patch into ``canvas``, in place; parts outside are cut off.

    Returns
    -------
    ndarray of bool, shape (H, W)
        Where the patch now has at least half of the weight; may be empty.
    """
    covered = np.zeros(canvas.shape[:2], np.bool_)
    inside = _clip(patch, canvas, top=top, left=left)
    if inside is None:
        return covered
    part, top, left = inside
    height, width = part.mask.shape
    area = np.s_[top : top + height, left : left + width]
    canvas[area], covered[area] = _blended(canvas[area], part, blend)
    return covered


def _clip(
    patch: Patch, canvas: Picture, *, top: int, left: int
) -> tuple[Patch, int, int] | None:
    height, width = patch.mask.shape
    first, last = max(0, -top), min(height, canvas.shape[0] - top)
    start, stop = max(0, -left), min(width, canvas.shape[1] - left)
    if first >= last or start >= stop:
        return None
    kept = np.s_[first:last, start:stop]
    mask = patch.mask[kept]
    if not mask.any():
        return None
    return Patch(patch.pixels[kept], mask), top + first, left + start


def _blended(below: Picture, patch: Patch, blend: Blend) -> tuple[Picture, Mask]:
    if blend.edge is Edge.POISSON:
        cloned = _poisson(below, patch)
        if cloned is not None:
            return cloned
    if blend.edge is Edge.FEATHERED:
        alpha = feathered(patch.mask, blend.sigma)
        return mix(below, patch.pixels, alpha), alpha >= 0.5
    hard = np.where(patch.mask[..., None], patch.pixels, below)
    if blend.edge is Edge.BLURRED:
        hard = _soften_border(hard, patch.mask, blend.sigma)
    return hard, patch.mask


def _soften_border(pixels: Picture, mask: Mask, sigma: float) -> Picture:
    """Blur a narrow band along the border, as a retoucher's brush does."""
    line = cv2.morphologyEx(
        mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)
    )
    band = np.minimum(2.0 * feathered(line > 0, sigma), 1.0)
    blurred = cv2.GaussianBlur(pixels, (0, 0), min(sigma, 1.6))
    return mix(pixels, np.asarray(blurred, np.uint8), np.asarray(band, np.float32))


def _poisson(below: Picture, patch: Patch) -> tuple[Picture, Mask] | None:
    """Clone small parts seamlessly (Perez et al., Poisson image editing, 2003)."""
    mask = patch.mask.copy()
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = False, False, False, False
    if not mask.any() or min(mask.shape) < 8:
        return None
    top, bottom, left, right = bounds(mask)
    if (bottom - top) * (right - left) > _MOST_POISSON:
        return None
    centre = (left + (right - left) // 2, top + (bottom - top) // 2)
    cloned = cv2.seamlessClone(
        np.ascontiguousarray(patch.pixels),
        np.ascontiguousarray(below),
        mask.astype(np.uint8) * 255,
        centre,
        cv2.NORMAL_CLONE,
    )
    # Solver and rounding leave specks outside the region; the picture has none there.
    return np.where(mask[..., None], np.asarray(cloned, np.uint8), below), mask
