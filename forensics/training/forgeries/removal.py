"""Removals: a hole filled by diffusion, or with one or several near-by textures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.blending import feathered, mix
from forensics.training.forgeries.geometry import bounds
from forensics.training.forgeries.kinds import Edit
from forensics.training.forgeries.shapes import draw_area, draw_region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.training.forgeries.kinds import Alpha, Mask, Picture

_MOST_DIFFUSED = 9_000
_OFFSETS = 16
_RIM = 10
_UNUSABLE = 10_000.0


def removal(rng: np.random.Generator, canvas: Picture) -> Edit:
    """Make something disappear.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    canvas : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    Edit
        Its mask marks the filled hole.
    """
    way = rng.random()
    area = draw_area(rng, median=0.03 if way < 0.3 else 0.05, most=0.2)
    if way < 0.3:
        area = min(area, _MOST_DIFFUSED / (canvas.shape[0] * canvas.shape[1]))
    hole = draw_region(rng, canvas, area=area)
    grown = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if way < 0.3 and grown.sum() <= 2 * _MOST_DIFFUSED:
        return _diffused(rng, canvas, grown)
    if way < 0.65:
        return _shifted_texture(rng, canvas, grown)
    return _composed(rng, canvas, grown)


def _diffused(rng: np.random.Generator, canvas: Picture, hole: Mask) -> Edit:
    """Inpaint as Telea (2004) or Bertalmio et al. (2001), often grained again."""
    method = cv2.INPAINT_TELEA if rng.random() < 0.5 else cv2.INPAINT_NS
    top, bottom, left, right = bounds(hole, margin=12)
    area = np.s_[top:bottom, left:right]
    radius = float(rng.uniform(2, 7))
    holes = hole[area].astype(np.uint8)
    filled = np.asarray(
        cv2.inpaint(canvas[area].copy(), holes, radius, method), np.uint8
    )
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.uniform(1, 4), (*holes.shape, 1))
        filled = np.asarray(np.clip(np.rint(filled + grain), 0, 255), np.uint8)
    pixels = canvas.copy()
    pixels[area] = np.where(hole[area][..., None], filled, canvas[area])
    return Edit(pixels=pixels, mask=hole, words=("removed, diffusion inpainting",))


def _shifted_texture(rng: np.random.Generator, canvas: Picture, hole: Mask) -> Edit:
    """Cover the hole with the texture beside it that fits its border best."""
    source = _best_offset(rng, canvas, hole)
    top, bottom, left, right = bounds(hole, margin=8)
    rows = np.arange(top, bottom) + source[0]
    columns = np.arange(left, right) + source[1]
    above = canvas[
        _mirrored(rows, canvas.shape[0])[:, None], _mirrored(columns, canvas.shape[1])
    ]
    alpha = feathered(hole[top:bottom, left:right], float(rng.uniform(0.6, 4)))
    pixels, mask = canvas.copy(), np.zeros_like(hole)
    area = np.s_[top:bottom, left:right]
    pixels[area] = mix(canvas[area], above, alpha)
    mask[area] = alpha >= 0.5
    return Edit(pixels=pixels, mask=mask, words=("removed, neighbouring texture",))


def _mirrored(indices: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Reflect indices that reach past a picture back into it."""
    period = max(2 * (length - 1), 1)
    folded = np.mod(indices, period)
    return np.asarray(np.minimum(folded, period - folded), np.int_)


def _best_offset(
    rng: np.random.Generator, canvas: Picture, hole: Mask
) -> tuple[int, int]:
    """Compare the hole's rim with what would come to lie there; smallest error wins."""
    top, bottom, left, right = bounds(hole)
    rim = cv2.dilate(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    rim_rows, rim_columns = np.nonzero(rim & ~hole)
    if rim_rows.size > 400:
        kept = rng.choice(rim_rows.size, 400, replace=False)
        rim_rows, rim_columns = rim_rows[kept], rim_columns[kept]
    known = canvas[rim_rows, rim_columns].astype(np.float32)
    best, least = (bottom - top, right - left), math.inf
    for _ in range(_OFFSETS):
        angle = rng.uniform(0, 2 * math.pi)
        down = round((bottom - top) * rng.uniform(0.9, 1.5) * math.sin(angle))
        right_by = round((right - left) * rng.uniform(0.9, 1.5) * math.cos(angle))
        rows = _mirrored(rim_rows + down, canvas.shape[0])
        columns = _mirrored(rim_columns + right_by, canvas.shape[1])
        error = float(np.abs(canvas[rows, columns] - known).mean())
        error += 40.0 * float(hole[rows, columns].mean())
        if error < least:
            best, least = (down, right_by), error
    return best


def _composed(rng: np.random.Generator, canvas: Picture, hole: Mask) -> Edit:
    """Fill from several neighbouring places, each where it fits the rim best.

    A quick relative of shift-map editing (Pritch et al., 2009) and statistics of
    patch offsets (He and Sun, 2012): few offsets, no graph cut.
    """
    top, bottom, left, right = bounds(hole, margin=_RIM + 2)
    area = np.s_[top:bottom, left:right]
    offsets = _offsets(rng, hole)
    layers, costs = [], []
    for down, right_by in offsets:
        rows = np.arange(top, bottom) + down
        columns = np.arange(left, right) + right_by
        taken = np.ix_(
            _mirrored(rows, canvas.shape[0]), _mirrored(columns, canvas.shape[1])
        )
        layers.append(canvas[taken])
        costs.append(_misfit(canvas[area], layers[-1], hole[area], hole[taken]))
    chosen = np.argmin(np.stack(costs), axis=0)
    filled = _joined(layers, chosen, float(rng.uniform(0.8, 2.5)))
    alpha = feathered(hole[area], float(rng.uniform(0.5, 1.5)))
    pixels, mask = canvas.copy(), np.zeros_like(hole)
    pixels[area] = mix(canvas[area], filled, alpha)
    mask[area] = alpha >= 0.5
    return Edit(pixels=pixels, mask=mask, words=("removed, several textures",))


def _offsets(rng: np.random.Generator, hole: Mask) -> list[tuple[int, int]]:
    top, bottom, left, right = bounds(hole)
    angles = rng.uniform(0, 2 * math.pi, _OFFSETS)
    far = rng.uniform(0.5, 1.6, _OFFSETS)
    return [
        (
            round((bottom - top + _RIM) * reach * math.sin(angle)),
            round((right - left + _RIM) * reach * math.cos(angle)),
        )
        for angle, reach in zip(angles, far, strict=True)
    ]


def _misfit(below: Picture, above: Picture, hole: Mask, source: Mask) -> Alpha:
    """Carry the error at the rim into the hole; what the hole covers is unusable."""
    known = (~hole & ~source).astype(np.float32)
    error = cv2.absdiff(below, above).sum(2, dtype=np.float32) * known
    sigma = max(4.0, 0.08 * math.sqrt(hole.size))
    cost = _wide(error, sigma) / (_wide(known, sigma) + 1e-3)
    return np.asarray(cost + _UNUSABLE * source, np.float32)


def _wide(layer: Alpha, sigma: float) -> Alpha:
    """Blur widely, at a quarter of the size."""
    height, width = layer.shape
    size = (max(1, width // 4), max(1, height // 4))
    small = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
    return np.asarray(cv2.resize(small, (width, height)), np.float32)


def _joined(layers: list[Picture], chosen: NDArray[np.intp], sigma: float) -> Picture:
    """Mix the layers, each with the blurred share of pixels that chose it."""
    total = np.zeros((*chosen.shape, 3), np.float32)
    for number in np.unique(chosen):
        share = cv2.GaussianBlur((chosen == number).astype(np.float32), (0, 0), sigma)
        total += layers[int(number)] * share[..., None]
    return np.asarray(np.clip(np.rint(total), 0, 255), np.uint8)
