"""Spectra of second differences that add up where the rhythm keeps its phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows that are summed to one band: less noise, and the phase is the same in all.
BAND: Final = 8
_MOST_STEP: Final = 24
# Slower rhythms are the picture's own.
LEAST_FREQUENCY: Final = 0.06
_TREND: Final = 17
_NEARBY: Final = 12
_SPECTRUM_NEARBY: Final = 40

_SECOND: Final = np.array([[-1.0, 2.0, -1.0]], dtype=np.float32)


def second_differences(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Sum the absolute second differences along rows over bands of 8 rows.

    Interpolated pixels are predictable from their neighbours, more or less so in the
    interpolation's rhythm (Gallagher 2005). The rhythm of the columns is seen in the
    transposed picture. Strong edges are cut down, so that they do not drown it.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
        At least 8 rows.

    Returns
    -------
    ndarray of float32, shape (height // 8, width)
        Free of what changes slowly along a band.
    """
    rows = gray.shape[0] // BAND
    curved = cv2.filter2D(
        gray[: rows * BAND], cv2.CV_16S, _SECOND, borderType=cv2.BORDER_REFLECT_101
    )
    limited = np.minimum(cv2.convertScaleAbs(curved), _MOST_STEP)
    bands = limited.reshape(rows, BAND, -1).sum(axis=1, dtype=np.uint16)
    levels = bands.astype(np.float32)
    trend = cv2.blur(levels, (_TREND, 1), borderType=cv2.BORDER_REFLECT)
    return np.asarray(levels - trend, dtype=np.float32)


def phases(bands: NDArray[np.float32], length: int) -> NDArray[np.complex64]:
    """Transform bands and give every frequency the strength of its surroundings, 1.

    What is left is the phase, and a peak's height over its surroundings. So no band,
    however strong its texture, counts for more than others.

    Parameters
    ----------
    bands : ndarray of float32, shape (..., samples)
        From `second_differences`.
    length : int
        Of the transform, at least the samples.

    Returns
    -------
    ndarray of complex64, shape (..., length // 2 + 1)
        About 1 in mean square.
    """
    samples = bands.shape[-1]
    window = np.hanning(samples).astype(np.float32)
    found = np.fft.rfft(bands * window, n=length, axis=-1).astype(np.complex64)
    power = found.real**2 + found.imag**2
    side = max(9, (2 * _NEARBY * length // samples) | 1)
    flat = power.reshape(-1, power.shape[-1])
    level = cv2.blur(flat, (side, 1), borderType=cv2.BORDER_REFLECT)
    scale = 1.0 / np.sqrt(level.reshape(power.shape) + np.float32(1e-2))
    return np.asarray(found * scale, dtype=np.complex64)


def coherence(transformed: NDArray[np.complex64]) -> NDArray[np.float32]:
    """Add bands up with their phases: exponential of mean 1 where those are random.

    Parameters
    ----------
    transformed : ndarray of complex64, shape (bands, frequencies)
        From `phases`.

    Returns
    -------
    ndarray of float32, shape (frequencies,)
        Set in relation to the median around each frequency, where that is higher:
        upright things in the scene line up a little, too.
    """
    total = transformed.sum(axis=0)
    power = (np.abs(total) ** 2 / len(transformed)).astype(np.float32)
    return np.asarray(
        power / _surroundings(power, transformed.shape[1]), dtype=np.float32
    )


def _surroundings(power: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return the level of noise around each frequency, 1 at least."""
    side = max(4, count // _SPECTRUM_NEARBY)
    middles = np.arange(side // 2, count, side)
    medians = [np.median(power[max(0, m - 2 * side) : m + 2 * side]) for m in middles]
    level = np.interp(np.arange(count), middles, medians) / np.log(2.0)
    return np.asarray(np.maximum(level, 1.0), dtype=np.float32)


def is_telling(frequencies: NDArray[np.float64], width: float) -> NDArray[np.bool_]:
    """Return which frequencies are neither slow nor a multiple of 1/8, JPEG's own."""
    eighths = np.abs(frequencies * 8.0 - np.rint(frequencies * 8.0)) / 8.0
    return (frequencies >= LEAST_FREQUENCY) & (eighths > width)


def both_ways(
    across: NDArray[np.float32], down: NDArray[np.float32], slack: int
) -> NDArray[np.float32]:
    """Return twice the weaker of both directions' coherence, frequency by frequency.

    Scaling leaves its rhythm in both; fences, fabric and facades mostly in one. Where
    phases are random the result exceeds t with probability exp(-t), times the
    ``2 * slack + 1`` frequencies among which the second direction may choose.
    """
    flat = np.atleast_2d(down)
    near = cv2.dilate(
        flat,
        np.ones((1, 2 * slack + 1), np.uint8),
        borderType=cv2.BORDER_REFLECT,
    )
    return np.asarray(
        2.0 * np.minimum(across, near.reshape(down.shape)), dtype=np.float32
    )
