"""Windows with a rhythm of scaling that the rest of the picture does not have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forensics.analysis.resampling.spectra import (
    BAND,
    both_ways,
    is_telling,
    phases,
    second_differences,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIDE: Final = 128
# Larger windows for larger pictures, so that their number stays bounded.
LARGE_SIDE: Final = 256
_LARGE_PIXELS: Final = 2_500_000
_SLACK: Final = 1
# Slower rhythms are too often the scene's in so small a part of it.
_LEAST_FREQUENCY: Final = 0.14
# Frequencies from which the level of noise is taken, and of a peak, left out.
_BESIDE: Final = 17
_PEAK: Final = 3
# Cycles a window within which a rhythm counts as the same as another.
_CLOSE: Final = 2.5
# Strength from which a window shows a rhythm that was found before; share of the
# windows with as much detail, nearly, that makes it the whole picture's.
_SHOWS: Final = 7.0
_WIDELY: Final = 0.2
_AS_MUCH: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The strongest rhythm of each window that the whole picture does not have.

    Attributes
    ----------
    log10_nfa : ndarray of float32, shape (rows, columns)
        Number of false alarms in the whole picture, as its logarithm.
    frequencies : ndarray of float32, shape (rows, columns)
        Of those rhythms, cycles a pixel.
    side, stride : int
        Of the windows, px.
    is_whole : bool
        The rhythm is the whole picture's. It then has so many others, by its JPEG's
        grid and by overtones, that no window is judged: all are 0.
    """

    log10_nfa: NDArray[np.float32]
    frequencies: NDArray[np.float32]
    side: int
    stride: int
    is_whole: bool


def window_rhythms(gray: NDArray[np.uint8], known: Sequence[float]) -> Windows:
    """Look for rhythms window by window, half overlapping.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
        At least 128 px a side.
    known : sequence of float
        Frequencies found in the picture as a whole. If a good part of the windows
        shows one that has detail enough to show it, the whole picture was scaled.
    """
    is_large = gray.size > _LARGE_PIXELS and min(gray.shape) >= LARGE_SIDE
    side = LARGE_SIDE if is_large else SIDE
    strengths, frequencies, detail = _strengths(gray, side)
    is_told = is_telling(frequencies, 1.5 / side)
    shares = [
        _share(strengths[:, :, _near(frequencies, one, side) & is_told], detail)
        for one in known
    ]
    # What no window shows alone is in none more than in others.
    is_whole = bool(known) and (max(shares) >= _WIDELY or not any(shares))
    is_open = is_told & (frequencies >= _LEAST_FREQUENCY)
    tests = max(1, int(is_open.sum())) * detail.size * (2 * _SLACK + 1)
    opened = np.where(is_open, strengths, np.float32(0.0))
    best = opened.argmax(axis=2)
    highest = np.take_along_axis(opened, best[:, :, None], axis=2)[:, :, 0]
    nfa = (math.log(tests) - highest) / np.float32(math.log(10.0))
    strongest = frequencies[best.ravel()[highest.argmax()]]
    same = strengths[:, :, _near(frequencies, float(strongest), side) & is_open]
    # A rhythm all over the picture, though too weak to be found in it as a whole.
    is_whole |= bool((_highest(same) >= _SHOWS).mean() >= _WIDELY)
    if is_whole:
        nfa = np.zeros_like(nfa)
    return Windows(
        nfa.astype(np.float32),
        frequencies[best].astype(np.float32),
        side,
        side // 2,
        is_whole,
    )


def _near(frequencies: NDArray[np.float64], one: float, side: int) -> NDArray[np.bool_]:
    return np.asarray(np.abs(frequencies - one) <= _CLOSE / side)


def _strengths(
    gray: NDArray[np.uint8], side: int
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float32]]:
    """Return strengths (rows, columns, n), their frequencies, and windows' detail."""
    bands = second_differences(gray)
    across = _coherences(bands, side)
    down = _coherences(second_differences(np.ascontiguousarray(gray.T)), side)
    shape = across.shape
    strengths = both_ways(
        across.reshape(-1, shape[2]),
        down.transpose(1, 0, 2).reshape(-1, shape[2]),
        _SLACK,
    ).reshape(shape)
    cut = sliding_window_view(np.abs(bands), side, axis=1)[:, :: side // 2]
    rows = cut.mean(axis=2)
    count, step = side // BAND, side // 2 // BAND
    tall = sliding_window_view(rows, count, axis=0)[::step].mean(axis=2)
    return strengths, np.arange(shape[2]) / side, tall.astype(np.float32)


def _highest(strengths: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(strengths.max(axis=2, initial=0.0), dtype=np.float32)


def _share(strengths: NDArray[np.float32], detail: NDArray[np.float32]) -> float:
    """Return which share of the windows that could show a rhythm shows it."""
    shows = _highest(strengths) >= _SHOWS
    if not shows.any():
        return 0.0
    could = detail >= _AS_MUCH * np.quantile(detail[shows], 0.25)
    return float(shows[could].mean())


def _coherences(bands: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Return the coherence of all windows, (rows, columns, frequencies)."""
    cut = sliding_window_view(bands, side, axis=1)[:, :: side // 2]
    transformed = phases(cut, side)
    count, step = side // BAND, side // 2 // BAND
    sums = np.cumsum(transformed, axis=0)
    sums = np.concatenate((np.zeros_like(sums[:1]), sums))
    totals = sums[count::step] - sums[:-count:step]
    power = np.asarray(
        (totals.real**2 + totals.imag**2) / np.float32(count), dtype=np.float32
    )
    return np.asarray(power / _surroundings(power), dtype=np.float32)


def _surroundings(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the level beside each frequency, 1 at least.

    Where phases agree over many frequencies, something upright is in the window, and
    not a rhythm.
    """
    flat = power.reshape(-1, power.shape[2])
    wide, narrow = (
        cv2.blur(flat, (width, 1), borderType=cv2.BORDER_REFLECT) * width
        for width in (_BESIDE, _PEAK)
    )
    beside = (wide - narrow) / np.float32(_BESIDE - _PEAK)
    return np.asarray(np.maximum(beside, 1.0).reshape(power.shape), dtype=np.float32)
