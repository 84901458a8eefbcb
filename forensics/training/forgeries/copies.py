"""Copies inside one picture: copy-moved objects and a healing brush's small dabs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.blending import (
    MARGIN,
    Blend,
    Edge,
    draw_blend,
    paste,
)
from forensics.training.forgeries.geometry import (
    Patch,
    bounds,
    cut,
    draw_pose,
    posed,
)
from forensics.training.forgeries.kinds import Edit
from forensics.training.forgeries.shapes import draw_area, draw_region

if TYPE_CHECKING:
    from forensics.training.forgeries.kinds import Mask, Picture

_PLACES = 24
_MOST_OVERLAP = 0.15
_COPIES = (1, 2, 3, 4)
_COPY_SHARES = (0.72, 0.17, 0.07, 0.04)


def copy_move(rng: np.random.Generator, canvas: Picture) -> Edit:
    """Copy an object of the picture to one to four other places in it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    canvas : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    Edit
        Its mask marks the copies; ``origin`` marks the copied object.
    """
    copies = int(rng.choice(_COPIES, p=_COPY_SHARES))
    area = draw_area(rng, median=0.05 / math.sqrt(copies), most=0.2 / copies)
    source = draw_region(rng, canvas, area=area)
    pixels, mask = canvas.copy(), np.zeros(source.shape, np.bool_)
    words: list[str] = []
    blend = draw_blend(rng)
    for _ in range(copies):
        pose = draw_pose(rng, still=0.55)
        patch = _relit(rng, posed(rng, cut(canvas, source, margin=MARGIN)[0], pose))
        top, left = _place(rng, patch, source | mask)
        mask |= paste(pixels, patch, top=top, left=left, blend=blend)
        words.append(f"copied, {pose}")
    origin = source & ~mask
    return Edit(pixels=pixels, mask=mask, origin=origin, words=(*words, str(blend)))


def clone(rng: np.random.Generator, canvas: Picture) -> Edit:
    """Dab small pieces of the surroundings over spots, as a clone brush does.

    Returns
    -------
    Edit
        Its mask joins all dabs; ``origin`` marks where they were taken.
    """
    height, width = canvas.shape[:2]
    pixels = canvas.copy()
    mask, origin = (np.zeros((height, width), np.bool_) for _ in range(2))
    dabs = int(rng.integers(2, 10))
    radius = math.sqrt(rng.uniform(0.004, 0.03) * height * width / dabs / math.pi)
    spot = rng.uniform((radius, radius), (height - radius, width - radius))
    blend = Blend(edge=Edge.FEATHERED, sigma=max(0.6, radius * rng.uniform(0.05, 0.3)))
    away = _offset(rng, radius)
    for _ in range(dabs):
        dab = _disc(canvas, spot, radius * rng.uniform(0.7, 1.3))
        taken, covered = _dab(pixels, canvas, dab, away, blend)
        origin |= taken
        mask |= covered
        if rng.random() < 0.4:
            away = _offset(rng, radius)
        spot = spot + rng.normal(0, 2.0 * radius, 2)
        spot = np.clip(spot, radius, (height - radius, width - radius))
    words = (f"{dabs} dabs of a clone brush",)
    return Edit(pixels=pixels, mask=mask, origin=origin & ~mask, words=words)


def _offset(rng: np.random.Generator, radius: float) -> tuple[int, int]:
    angle, far = rng.uniform(0, 2 * math.pi), radius * rng.uniform(2.2, 8)
    return round(far * math.sin(angle)), round(far * math.cos(angle))


def _disc(canvas: Picture, spot: np.ndarray, radius: float) -> Mask:
    disc = np.zeros(canvas.shape[:2], np.uint8)
    cv2.circle(disc, (round(spot[1]), round(spot[0])), max(1, round(radius)), (1,), -1)
    return disc > 0


def _dab(
    pixels: Picture, canvas: Picture, dab: Mask, away: tuple[int, int], blend: Blend
) -> tuple[Mask, Mask]:
    """Paste over ``dab`` what lies ``away`` from it; outside, mirror the offset."""
    taken = np.zeros(dab.shape, np.bool_)
    for down, right in (away, (-away[0], -away[1])):
        source = _shifted(dab, down, right)
        if source.sum() >= 0.8 * dab.sum() and source.any():
            break
    else:
        return taken, taken
    patch, top, left = cut(canvas, source, margin=MARGIN)
    covered = paste(pixels, patch, top=top - down, left=left - right, blend=blend)
    return source, covered


def _shifted(mask: Mask, down: int, right: int) -> Mask:
    moved = np.zeros_like(mask)
    height, width = mask.shape
    if abs(down) >= height or abs(right) >= width:
        return moved
    rows = slice(max(down, 0), height + min(down, 0))
    columns = slice(max(right, 0), width + min(right, 0))
    from_rows = slice(max(-down, 0), height + min(-down, 0))
    from_columns = slice(max(-right, 0), width + min(-right, 0))
    moved[rows, columns] = mask[from_rows, from_columns]
    return moved


def _relit(rng: np.random.Generator, patch: Patch) -> Patch:
    """Change a quarter of the copies' brightness a little."""
    if rng.random() >= 0.25:
        return patch
    gain, bias = float(rng.uniform(0.85, 1.15)), float(rng.uniform(-12, 12))
    return Patch(
        np.asarray(cv2.convertScaleAbs(patch.pixels, alpha=gain, beta=bias), np.uint8),
        patch.mask,
    )


def _place(rng: np.random.Generator, patch: Patch, taken: Mask) -> tuple[int, int]:
    """Try random places; keep the first with little overlap, or the one with least."""
    if not patch.mask.any():
        return 0, 0
    top, bottom, left, right = bounds(patch.mask)
    shape = patch.mask[top:bottom, left:right]
    best, least = (0, 0), math.inf
    for _ in range(_PLACES):
        row = int(rng.integers(max(1, taken.shape[0] - shape.shape[0] + 1)))
        column = int(rng.integers(max(1, taken.shape[1] - shape.shape[1] + 1)))
        under = taken[row : row + shape.shape[0], column : column + shape.shape[1]]
        seen = shape[: under.shape[0], : under.shape[1]]
        overlap = float((under & seen).sum() / max(1, shape.sum()))
        if overlap < least:
            best, least = (row - top, column - left), overlap
        if least <= _MOST_OVERLAP:
            break
    return best
