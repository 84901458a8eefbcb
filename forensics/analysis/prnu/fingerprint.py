"""A camera's fingerprint, estimated from several of its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.prnu.residual import (
    gray_levels,
    noise_residual,
    usable,
    without_lines,
)
from forensics.analysis.types import NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

FEWEST_PICTURES: Final = 5
MOST_PICTURES: Final = 200
_WINDOW: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """The pattern that a sensor multiplies every picture by, less one.

    Attributes
    ----------
    values : ndarray of float32, shape (height, width)
        About .01 in size, as the pixels are stored.
    pictures : int
        How many it was estimated from.
    """

    values: NDArray[np.float32] = field(repr=False)
    pictures: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        height, width = self.values.shape
        return width, height


class FingerprintEstimator:
    """Takes pictures of one camera one by one; holds sums, never the pictures.

    The maximum likelihood estimate of the multiplicative pattern: the sum of residual
    times picture, over the sum of the pictures' squares.

    Parameters
    ----------
    size : tuple of int
        Width and height that every picture must have, px.

    References
    ----------
    Lukas, J., Fridrich, J., Goljan, M. (2006). Digital camera identification from
    sensor pattern noise. IEEE Transactions on Information Forensics and Security 1(2).
    Chen, M., Fridrich, J., Goljan, M., Lukas, J. (2008). Determining image origin and
    integrity using sensor noise. The same, 3(1).
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.pictures = 0
        self._products = np.zeros(size[::-1], dtype=np.float32)
        self._squares = np.zeros(size[::-1], dtype=np.float32)

    def add(self, pixels: Image.Image) -> None:
        """Take a picture in.

        Raises
        ------
        NotApplicableError
            It has another size, or one that cannot be worked with.
        """
        check_size(pixels.size, self.size)
        gray = gray_levels(pixels)
        levels = np.where(usable(gray), gray, 0).astype(np.float32)
        self._products += noise_residual(gray) * levels
        self._squares += levels**2
        self.pictures += 1

    def finish(self) -> Fingerprint:
        """Return the fingerprint.

        Raises
        ------
        NotApplicableError
            Too few pictures were taken in.
        """
        if self.pictures < FEWEST_PICTURES:
            raise NotApplicableError(
                f"{self.pictures} pictures are too few: a fingerprint needs at least "
                f"{FEWEST_PICTURES} of one camera, and is better of 20 or more, with "
                "bright and smooth content such as the sky."
            )
        values = np.asarray(
            self._products / (self._squares + np.float32(1.0)), dtype=np.float32
        )
        return Fingerprint(without_rhythm(without_lines(values)), self.pictures)


def check_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """Refuse a picture that is not pixel for pixel the sensor's.

    Raises
    ------
    NotApplicableError
        It has another size.
    """
    if size != expected:
        raise NotApplicableError(
            f"It is {size[0]} x {size[1]} px, the others are {expected[0]} x "
            f"{expected[1]}: only pictures of one size, neither scaled, cropped nor "
            "turned, can be compared."
        )


def without_rhythm(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take away what stands out in the spectrum: patterns that cameras share.

    A Wiener filter in the frequency domain keeps what is as even as noise.
    """
    spectrum = np.fft.rfft2(values)
    power = (np.abs(spectrum) ** 2).astype(np.float32)
    noise = np.float32(values.var() * values.size)
    local = cv2.blur(power, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT)
    share = noise / np.maximum(noise + np.maximum(local - noise, 0.0), 1e-20)
    kept = np.fft.irfft2(spectrum * share, s=values.shape)
    return np.asarray(kept, dtype=np.float32)
