"""Regions as editors cut them: whole objects along their borders, and drawn shapes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.segments import object_region

if TYPE_CHECKING:
    from collections.abc import Callable

    from forensics.training.forgeries.kinds import Mask, Picture

LEAST_AREA = 0.005
MOST_AREA = 0.40
_MEDIAN_AREA = 0.06
_SPREAD = 1.05


def draw_area(
    rng: np.random.Generator,
    *,
    median: float = _MEDIAN_AREA,
    least: float = LEAST_AREA,
    most: float = MOST_AREA,
) -> float:
    """Draw a region's share of the picture, log-normal, cut to the limits."""
    share = math.exp(rng.normal(math.log(median), _SPREAD))
    return min(max(share, least), most)


def draw_region(rng: np.random.Generator, picture: Picture, *, area: float) -> Mask:
    """Draw a region of about ``area`` of the picture.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    picture : ndarray of uint8, shape (H, W, 3)
        RGB; object-like regions follow its borders.
    area : float
        Wanted share of the picture, 0..1.

    Returns
    -------
    ndarray of bool, shape (H, W)
        Never empty.
    """
    number = int(rng.choice(len(_SHAPES), p=_SHARES))
    mask = _SHAPES[number](rng, picture, area)
    if not mask.any():
        mask = _ellipse(rng, picture, area)
    return mask


def _radius(picture: Picture, area: float) -> float:
    return math.sqrt(area * picture.shape[0] * picture.shape[1] / math.pi)


def _centre(
    rng: np.random.Generator, picture: Picture, radius: float
) -> tuple[float, float]:
    """Draw (x, y), mostly so far inside that the shape stays in the picture."""
    height, width = picture.shape[:2]
    margin_x, margin_y = min(radius, width / 2 - 1), min(radius, height / 2 - 1)
    x = rng.uniform(margin_x, width - margin_x)
    y = rng.uniform(margin_y, height - margin_y)
    return float(x), float(y)


def _filled(picture: Picture, points: np.ndarray) -> Mask:
    canvas = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.round(points).astype(np.int32)], 1)
    return canvas > 0


def _radial(
    rng: np.random.Generator, picture: Picture, area: float, *, corners: int, rough: int
) -> Mask:
    """Fill a star-shaped outline whose radius is a random low-frequency curve."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    curve = np.ones(corners)
    for order in range(2, rough + 2):
        amount, phase = rng.uniform(0, 0.5 / order), rng.uniform(0, 2 * math.pi)
        curve += amount * np.cos(order * angles + phase)
    radius = _radius(picture, area)
    curve *= radius / math.sqrt(float(np.mean(curve**2)))
    x, y = _centre(rng, picture, radius)
    stretch = math.exp(rng.uniform(-0.4, 0.4))
    outline = np.stack(
        (x + curve * stretch * np.cos(angles), y + curve / stretch * np.sin(angles)), 1
    )
    return _filled(picture, outline)


def _blob(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    return _radial(rng, picture, area, corners=90, rough=5)


def _polygon(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    return _radial(rng, picture, area, corners=int(rng.integers(4, 10)), rough=3)


def _ellipse(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    radius = _radius(picture, area)
    stretch = math.exp(rng.uniform(-0.5, 0.5))
    x, y = _centre(rng, picture, radius)
    canvas = np.zeros(picture.shape[:2], np.uint8)
    axes = (max(1, round(radius * stretch)), max(1, round(radius / stretch)))
    cv2.ellipse(
        canvas, (round(x), round(y)), axes, float(rng.uniform(0, 180)), 0, 360, (1,), -1
    )
    return canvas > 0


def _rectangle(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    height, width = picture.shape[:2]
    pixels = area * height * width
    ratio = math.exp(rng.uniform(-0.7, 0.7))
    rows = min(max(1, round(math.sqrt(pixels / ratio))), height)
    columns = min(max(1, round(pixels / rows)), width)
    top = int(rng.integers(height - rows + 1))
    left = int(rng.integers(width - columns + 1))
    mask = np.zeros((height, width), np.bool_)
    mask[top : top + rows, left : left + columns] = True
    return mask


def _stroke(rng: np.random.Generator, picture: Picture, area: float) -> Mask:
    """Draw a brush's wandering stroke of even width."""
    height, width = picture.shape[:2]
    pixels = area * height * width
    brush = max(3.0, math.sqrt(pixels / rng.uniform(3, 9)))
    steps = max(2, round(pixels / brush / (0.5 * brush)))
    turns = rng.normal(0, 0.35, steps).cumsum() + rng.uniform(0, 2 * math.pi)
    start = _centre(rng, picture, math.sqrt(pixels))
    path = np.stack((np.cos(turns), np.sin(turns)), 1).cumsum(0) * 0.5 * brush
    path = np.clip(path + start, 0, (width - 1, height - 1))
    canvas = np.zeros((height, width), np.uint8)
    line = np.round(path).astype(np.int32)
    cv2.polylines(canvas, [line], False, (1,), thickness=max(1, round(brush)))  # noqa: FBT003 - OpenCV's
    return canvas > 0


_SHAPES: tuple[Callable[[np.random.Generator, Picture, float], Mask], ...] = (
    object_region,
    _blob,
    _polygon,
    _ellipse,
    _stroke,
    _rectangle,
)
_SHARES = (0.60, 0.13, 0.09, 0.06, 0.07, 0.05)
