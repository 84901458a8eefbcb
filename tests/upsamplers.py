"""What the up-sampling layers of generators do to a picture, simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def nearest(picture: Image.Image) -> Image.Image:
    """Repeat each pixel."""
    return _doubled(picture, Image.Resampling.NEAREST)


def bilinear(picture: Image.Image) -> Image.Image:
    """Interpolate along lines."""
    return _doubled(picture, Image.Resampling.BILINEAR)


def bicubic(picture: Image.Image) -> Image.Image:
    """Interpolate along curves."""
    return _doubled(picture, Image.Resampling.BICUBIC)


def transposed_convolution(picture: Image.Image, seed: int = 5) -> Image.Image:
    """Set pixels apart and filter; learned weights do not add up evenly."""
    levels = np.asarray(picture, dtype=np.float32)
    apart = np.zeros((2 * levels.shape[0], 2 * levels.shape[1], 3), dtype=np.float32)
    apart[::2, ::2] = levels
    kernel = np.outer([0.5, 1.0, 0.5], [0.5, 1.0, 0.5])
    kernel += np.random.default_rng(seed).normal(0.0, 0.04, kernel.shape)
    return _picture(cv2.filter2D(apart, -1, kernel.astype(np.float32)))


def pixel_shuffle(picture: Image.Image, seed: int = 5) -> Image.Image:
    """Interleave four filtered copies, as sub-pixel convolution does."""
    levels = np.asarray(picture, dtype=np.float32)
    whole = np.zeros((2 * levels.shape[0], 2 * levels.shape[1], 3), dtype=np.float32)
    rng = np.random.default_rng(seed)
    point = np.zeros((3, 3))
    point[1, 1] = 1.0
    for row in range(2):
        for column in range(2):
            kernel = cv2.GaussianBlur(point, (3, 3), 0.6) + rng.normal(0, 0.02, (3, 3))
            weights = (kernel / kernel.sum()).astype(np.float32)
            whole[row::2, column::2] = cv2.filter2D(levels, -1, weights)
    return _picture(whole)


def _doubled(picture: Image.Image, method: Image.Resampling) -> Image.Image:
    return picture.resize((2 * picture.width, 2 * picture.height), method)


def _picture(levels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.round(levels).clip(0, 255).astype(np.uint8))


UPSAMPLERS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "nearest": nearest,
    "bilinear": bilinear,
    "bicubic": bicubic,
    "transposed_convolution": transposed_convolution,
    "pixel_shuffle": pixel_shuffle,
}
