"""The rhythm of the whole picture, and the scaling that explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.resampling.spectra import (
    both_ways,
    coherence,
    is_telling,
    phases,
    second_differences,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG10_NFA: Final = -4.0
_SLACK: Final = 1
_MOST_PEAKS: Final = 12
# Factors that are tried, and how far those that are called 1 reach.
_FACTORS: Final = np.exp(np.linspace(math.log(0.5), math.log(2.5), 1610))
_SAME: Final = 0.02
# How much a factor must explain, alone and beside the best one.
_LEAST_EXPLAINED: Final = 0.25
_NEARLY: Final = 0.6
_MOST_FACTORS: Final = 4
# Multiples of 1 / N that two histories leave, and what each is worth.
_INTERPOLATION: Final = ((1.0, 2.0, 3.0), (4.0, 1.0, 0.0))
_GRID: Final = (
    tuple(order / 8.0 for order in (*range(1, 9), 16)),
    (1.0,) * 7 + (3.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class Peak:
    """A rhythm: cycles a pixel, and the logarithm of its number of false alarms."""

    frequency: float
    log10_nfa: float


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """What was found in the whole picture.

    Attributes
    ----------
    frequencies, strengths : ndarray of float, shape (n,)
        Cycles a pixel, 0 to .5; strength 0 where nothing can be told.
    peaks : tuple of Peak
        The strongest, at most a dozen.
    factors : tuple of float
        New size by old that would explain the peaks, the best first; at most four.
    """

    frequencies: NDArray[np.float64]
    strengths: NDArray[np.float32]
    peaks: tuple[Peak, ...]
    factors: tuple[float, ...]


def whole_spectrum(gray: NDArray[np.uint8]) -> Spectrum:
    """Look for the rhythm of scaling in a whole picture.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
        At least 128 px a side.
    """
    length = 1 << (max(gray.shape) - 1).bit_length()
    across, down = (
        coherence(phases(second_differences(way), length))
        for way in (gray, np.ascontiguousarray(gray.T))
    )
    frequencies = np.arange(length // 2 + 1) / length
    strengths = both_ways(across, down, _SLACK)
    width = 3.0 / min(gray.shape)
    strengths[~is_telling(frequencies, width)] = 0.0
    peaks = _peaks(frequencies, strengths, width)
    factors = _factors(frequencies, strengths, peaks, width) if peaks else ()
    return Spectrum(frequencies, strengths, peaks, factors)


def log10_nfa(strength: float, *, tests: int, slack: int) -> float:
    """Return the number of false alarms that a strength leaves, as its logarithm."""
    return (math.log(tests * (2 * slack + 1)) - strength) / math.log(10.0)


def _peaks(
    frequencies: NDArray[np.float64], strengths: NDArray[np.float32], width: float
) -> tuple[Peak, ...]:
    found: list[Peak] = []
    left = strengths.copy()
    while len(found) < _MOST_PEAKS:
        best = int(left.argmax())
        nfa = log10_nfa(float(left[best]), tests=len(left), slack=_SLACK)
        if nfa > LOG10_NFA:
            break
        found.append(Peak(float(frequencies[best]), nfa))
        left[np.abs(frequencies - frequencies[best]) <= width] = 0.0
    return tuple(found)


def _factors(
    frequencies: NDArray[np.float64],
    strengths: NDArray[np.float32],
    peaks: tuple[Peak, ...],
    width: float,
) -> tuple[float, ...]:
    """Rank the factors whose rhythms lie on the peaks.

    An interpolation by N repeats every N pixels, the 8-px grid of a JPEG that was
    scaled every 8 N; frequencies are folded at one half. So 1.4 and .58, say, share
    their rhythms, and several factors are given.
    """
    # A peak counts by the logarithm: one giant must not decide alone.
    values = np.log1p(np.maximum(strengths - math.log(len(strengths)), 0.0))
    near = cv2.dilate(values[None, :], np.ones((1, 3), np.uint8))[0]
    scores = np.zeros(len(_FACTORS))
    for orders, weights in (_INTERPOLATION, _GRID):
        rhythms = np.outer(1.0 / _FACTORS, orders)
        folded = np.abs(rhythms - np.rint(rhythms))
        places = np.minimum(np.rint(folded / frequencies[1]).astype(int), len(near) - 1)
        told = is_telling(folded, width) * np.array(weights)
        hits = (near[places] * told).sum(axis=1) / np.maximum(told.sum(axis=1), 4.0)
        recall = _explained(folded, peaks, 1.5 * frequencies[1])
        precision = hits / values.max()
        both = 2.0 * precision * recall / np.maximum(precision + recall, 1e-9)
        scores = np.maximum(scores, both)
    scores[np.abs(_FACTORS - 1.0) < _SAME] = 0.0
    return _distinct(scores)


def _explained(
    folded: NDArray[np.float64], peaks: tuple[Peak, ...], slack: float
) -> NDArray[np.float64]:
    """Return which share of the peaks' worth lies on each factor's rhythms."""
    seen = np.array([peak.frequency for peak in peaks])
    worth = np.log1p([-peak.log10_nfa for peak in peaks])
    apart = np.abs(folded[:, :, None] - seen).min(axis=1)
    shares: NDArray[np.float64] = ((apart <= slack) * worth).sum(axis=1) / worth.sum()
    return shares


def _distinct(scores: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the factors of the highest maxima that come near the highest."""
    found: list[float] = []
    left = scores.copy()
    while len(found) < _MOST_FACTORS:
        best = int(left.argmax())
        if left[best] < max(_LEAST_EXPLAINED, _NEARLY * float(scores.max())):
            break
        found.append(float(_FACTORS[best]))
        left[np.abs(_FACTORS / _FACTORS[best] - 1.0) < _SAME] = 0.0
    return tuple(found)
