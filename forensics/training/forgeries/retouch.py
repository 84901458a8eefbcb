"""Local retouching: something is done to a region, nothing is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.blending import feathered, mix
from forensics.training.forgeries.geometry import bounds
from forensics.training.forgeries.history import (
    decode,
    draw_coding,
    encode_jpeg,
    sharpened,
)
from forensics.training.forgeries.kinds import Edit, ForgeryKind
from forensics.training.forgeries.shapes import draw_area, draw_region
from forensics.training.forgeries.tones import recolored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forensics.training.forgeries.kinds import Picture

_MARGIN = 16


def retouch(rng: np.random.Generator, canvas: Picture, kind: ForgeryKind) -> Edit:
    """Apply one kind of retouching to a region with a hard or soft border.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    canvas : ndarray of uint8, shape (H, W, 3)
        RGB.
    kind : ForgeryKind
        A key of `RETOUCHES`.
    """
    region = draw_region(rng, canvas, area=draw_area(rng))
    top, bottom, left, right = bounds(region, margin=_MARGIN)
    area = np.s_[top:bottom, left:right]
    part = canvas[area].copy()
    changed = RETOUCHES[kind](rng, part)
    soft = rng.random() < 0.7
    alpha = region[area].astype(np.float32)
    if soft:
        alpha = feathered(region[area], float(rng.uniform(0.6, 4)))
    pixels, mask = canvas.copy(), np.zeros_like(region)
    pixels[area] = mix(part, changed, alpha)
    mask[area] = alpha >= 0.5
    words = (f"{kind} of a part", "feathered edge" if soft else "hard edge")
    return Edit(pixels=pixels, mask=mask, words=words)


def _blur(rng: np.random.Generator, part: Picture) -> Picture:
    way = rng.random()
    if way < 0.55:
        result = cv2.GaussianBlur(part, (0, 0), float(rng.uniform(0.7, 4.0)))
    elif way < 0.75:
        result = cv2.medianBlur(part, int(rng.choice((3, 5, 7))))
    elif way < 0.9:
        side = int(rng.integers(3, 10))
        result = cv2.blur(part, (side, side))
    else:
        result = cv2.bilateralFilter(part, 7, float(rng.uniform(25, 70)), 5)
    return np.asarray(result, np.uint8)


def _sharpen(rng: np.random.Generator, part: Picture) -> Picture:
    amount, sigma = float(rng.uniform(0.6, 2.5)), float(rng.uniform(0.7, 2.5))
    return sharpened(part, amount=amount, sigma=sigma)


def _noise(rng: np.random.Generator, part: Picture) -> Picture:
    layers = 1 if rng.random() < 0.4 else 3
    sigma = float(rng.uniform(2.5, 14))
    grain = rng.standard_normal((*part.shape[:2], layers), dtype=np.float32) * sigma
    if rng.random() < 0.25:
        blurred = cv2.GaussianBlur(grain, (0, 0), 0.7)
        grain = 1.8 * blurred.reshape(grain.shape)
    return np.asarray(np.clip(np.rint(part + grain), 0, 255), np.uint8)


def _recolor(rng: np.random.Generator, part: Picture) -> Picture:
    return recolored(rng, part, strength=1.0)


def _resample(rng: np.random.Generator, part: Picture) -> Picture:
    """Zoom, turn or swirl about the middle, where it is."""
    height, width = part.shape[:2]
    y, x = np.indices((height, width), dtype=np.float32)
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    if rng.random() < 0.55:
        zoom = float(np.exp(rng.uniform(0.05, 0.5) * rng.choice((-1.0, 1.0))))
        turn = float(rng.normal(0, 0.12)) if rng.random() < 0.5 else 0.0
    else:
        # Strongest in the middle, nothing at the rim: bulge, pinch and swirl.
        calm = np.exp(-((x / (0.3 * width)) ** 2) - (y / (0.3 * height)) ** 2)
        zoom = np.exp(float(rng.uniform(-0.5, 0.5)) * calm)
        turn = float(rng.uniform(-0.6, 0.6)) * calm
    cosine, sine = np.cos(turn) / zoom, np.sin(turn) / zoom
    along = (cosine * x - sine * y + (width - 1) / 2).astype(np.float32)
    down = (sine * x + cosine * y + (height - 1) / 2).astype(np.float32)
    method = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_LINEAR
    moved = cv2.remap(part, along, down, method, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def _recompress(rng: np.random.Generator, part: Picture) -> Picture:
    coding = draw_coding(rng, int(rng.integers(30, 76)))
    return decode(encode_jpeg(part, coding))[0]


RETOUCHES: Mapping[ForgeryKind, Callable[[np.random.Generator, Picture], Picture]] = {
    ForgeryKind.BLUR: _blur,
    ForgeryKind.SHARPEN: _sharpen,
    ForgeryKind.NOISE: _noise,
    ForgeryKind.RECOLOR: _recolor,
    ForgeryKind.RESAMPLE: _resample,
    ForgeryKind.RECOMPRESS: _recompress,
}
