"""The picture that copy-moves are sought in: luminance, of bounded size."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from cv2.typing import MatLike

Plane: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

cv2.setNumThreads(1)  # one picture, one core: the worker runs several at once

_MOST_PIXELS = 1_050_000


@dataclass(frozen=True)
class Working:
    """A picture's luminance, native up to about a megapixel, reduced above.

    Attributes
    ----------
    gray : ndarray of uint8, shape (rows, columns)
    scale : tuple of float
        Working px per stored px, (x, y).
    stored : tuple of int
        (width, height) of the stored pixels.
    """

    gray: NDArray[np.uint8] = field(repr=False)
    scale: tuple[float, float]
    stored: tuple[int, int]

    @cached_property
    def luminance(self) -> Plane:
        """0..255."""
        return self.gray.astype(np.float32)

    @cached_property
    def detail(self) -> Plane:
        """What is finer than about 3 px: grain, fine texture, edges."""
        return detail_of(self.luminance)

    @cached_property
    def band(self) -> Plane:
        """Texture between about 2 and 10 px, for aligning."""
        light = self.luminance
        result: Plane = blurred(light, 0.8) - blurred(light, 4.0)
        return result


def prepare(pixels: Image.Image) -> Working:
    """Make the working picture of RGB pixels."""
    width, height = pixels.size
    gray = pixels.convert("L")
    if width * height > _MOST_PIXELS:
        factor = (_MOST_PIXELS / (width * height)) ** 0.5
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        gray = gray.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    scale = (gray.width / width, gray.height / height)
    return Working(np.asarray(gray), scale, (width, height))


def blurred(plane: MatLike, sigma: float) -> Plane:
    """Gaussian blur."""
    result = cv2.GaussianBlur(plane, (0, 0), sigma)
    return np.asarray(result, dtype=np.float32)


def detail_of(light: Plane) -> Plane:
    """High-pass a luminance: what a blur of 1.5 px takes away."""
    result: Plane = light - blurred(light, 1.5)
    return result


def mean_around(plane: MatLike, side: int) -> Plane:
    """Mean over a square window about each pixel."""
    result = cv2.boxFilter(
        plane, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT
    )
    return np.asarray(result, dtype=np.float32)
