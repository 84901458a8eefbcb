"""What a denoiser takes out of a picture: noise, and the sensor's pattern in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import pywt

from forensics.analysis.types import NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

# Below, four levels of these wavelets do not fit.
SMALLEST_SIDE: Final = 256
MOST_PIXELS: Final = 32_000_000
_WAVELET: Final = "db8"
_LEVELS: Final = 4
# Variance of the noise that is to be taken out, gray levels squared.
_NOISE: Final = 9.0
_WINDOWS: Final = (3, 5, 7, 9)
_DARKEST, _BRIGHTEST = 4, 250


def gray_levels(pixels: Image.Image) -> NDArray[np.uint8]:
    """Return the luma of an RGB picture whose size can be worked with.

    Raises
    ------
    NotApplicableError
        A side is too short, or there are too many pixels.
    """
    if min(pixels.size) < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too few pixels to compare."
        )
    if pixels.width * pixels.height > MOST_PIXELS:
        raise NotApplicableError(
            f"It has more than {MOST_PIXELS:,} pixels, too many to compare."
        )
    return np.asarray(pixels.convert("L"))


def usable(gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels are neither black nor saturated: those carry no pattern."""
    return (gray > _DARKEST) & (gray < _BRIGHTEST)


def noise_residual(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture less its denoised self, without what repeats along lines.

    Wavelet coefficients are shrunk by a local Wiener filter; what the filter takes
    out is the residual. Means of rows and columns are taken from it: they come from
    the read-out and from JPEG's grid, and are alike in many cameras.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
        Luma.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Gray levels.

    References
    ----------
    Mihcak, M. K., Kozintsev, I., Ramchandran, K. (1999). Spatially adaptive
    statistical modeling of wavelet image coefficients. ICASSP.
    """
    height, width = gray.shape
    unit = 1 << _LEVELS
    margins = ((0, -height % unit), (0, -width % unit))
    padded = np.pad(gray.astype(np.float32), margins, mode="symmetric")
    parts = pywt.wavedec2(padded, _WAVELET, mode="periodization", level=_LEVELS)
    noisy = [np.zeros_like(parts[0])]
    noisy += [tuple(_noise_of(band) for band in bands) for bands in parts[1:]]
    whole = pywt.waverec2(noisy, _WAVELET, mode="periodization")
    return without_lines(np.asarray(whole, dtype=np.float32)[:height, :width])


def _noise_of(band: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = band**2
    variance = np.full_like(band, np.inf)
    for side in _WINDOWS:
        local = cv2.blur(squares, (side, side), borderType=cv2.BORDER_REFLECT)
        np.minimum(variance, np.maximum(local - _NOISE, 0.0), out=variance)
    share = np.float32(_NOISE) / (variance + np.float32(_NOISE))
    return np.asarray(band * share, dtype=np.float32)


def without_lines(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the means of rows and of columns away."""
    level = values - values.mean(axis=1, keepdims=True)
    return np.asarray(level - level.mean(axis=0, keepdims=True), dtype=np.float32)
