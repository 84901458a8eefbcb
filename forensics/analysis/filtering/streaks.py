"""The streaks of a median filter: neighbouring pixels are equal too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WINDOW: Final = 32
# Mean step between neighbours below which a window is too smooth to tell anything.
_LEAST_STEP: Final = 3.0
_MOST_STEP: Final = 20
_FEWEST_WINDOWS: Final = 8
_MOST_PIXELS: Final = 2_000_000


def streak_ratio(gray: NDArray[np.uint8]) -> float | None:
    """Return how often neighbours are equal, for each time that they differ by one.

    Parameters
    ----------
    gray : ndarray of uint8, shape (height, width)
        Of larger parts than two megapixels every second, third ... band of 32 rows.

    Returns
    -------
    float or None
        Median over textured windows, about .5 to .7 of untouched photographs. None
        where there are too few such windows.

    References
    ----------
    Kirchner, M., Fridrich, J. (2010). On detection of median filtering in digital
    images. SPIE Media Forensics and Security II.
    """
    stride = _WINDOW * max(1, -(-gray.size // _MOST_PIXELS))
    ratios: list[float] = []
    for top in range(0, gray.shape[0] - _WINDOW, stride):
        ratios += _of_band(gray[top : top + _WINDOW + 1])
    if len(ratios) < _FEWEST_WINDOWS:
        return None
    return float(np.median(ratios))


def _of_band(band: NDArray[np.uint8]) -> list[float]:
    columns = (band.shape[1] - 1) // _WINDOW * _WINDOW
    if columns == 0:
        return []
    levels = band[:, : columns + 1].astype(np.int16)
    across = np.abs(np.diff(levels, axis=1))[:_WINDOW]
    down = np.abs(np.diff(levels, axis=0))[:, :columns]
    both = np.stack((across, down))
    windows = both.reshape(2, _WINDOW, columns // _WINDOW, _WINDOW)
    steps = np.minimum(windows, _MOST_STEP).mean(axis=(0, 1, 3))
    equal = (windows == 0).sum(axis=(0, 1, 3))
    by_one = np.maximum((windows == 1).sum(axis=(0, 1, 3)), 1)
    ratios = (equal / by_one)[steps >= _LEAST_STEP]
    return [float(ratio) for ratio in ratios]
