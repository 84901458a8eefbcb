"""Averaged log power spectra of the noise, and how far lattice points stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import scipy.fft

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

TILE: Final = 64
# 4 megapixels give 1,024 tiles; more change nothing but the time.
LARGEST_SIDE: Final = 2048
FEWEST_TILES: Final = 16
# Levels. Edges of objects must not drown the noise; flat tiles have none.
_PATTERN_CLIP: Final = 16.0
_STRENGTH_CLIP: Final = 32.0
_LEAST_ACTIVITY: Final = 0.1
_SIGMA: Final = 1.0
_FLOOR: Final = 1e-3
# Half-width of the square of neighbors that a point is compared with, in bins.
_RING: Final = 4

# OpenCV's threads would fight the server's workers for the cores.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Log power of a residual, averaged over tiles.

    Attributes
    ----------
    power : ndarray of float64, shape (64, 64)
        Natural logarithms; frequency (0, 0) at the upper left, 1/64 a bin.
    tiles : int
        How many were averaged.
    """

    power: NDArray[np.float64]
    tiles: int

    def prominence(self, vertical: float, horizontal: float) -> float:
        """Return by how many nats a frequency rises above its neighbors' median.

        Parameters
        ----------
        vertical, horizontal : float
            Periods a pixel, 0..1; rounded to whole bins.
        """
        row, column = round(vertical * TILE) % TILE, round(horizontal * TILE) % TILE
        rows = (row + _OFFSETS[0]) % TILE
        columns = (column + _OFFSETS[1]) % TILE
        near_zero = _is_near_zero(rows) & _is_near_zero(columns)
        around = self.power[rows[~near_zero], columns[~near_zero]]
        return float(self.power[row, column] - np.median(around))


def pattern_spectrum(luma: NDArray[np.uint8]) -> Spectrum | None:
    """Return the spectrum of the noise itself: fixed patterns stand out.

    The noise is what a Gaussian of 1 px takes away. None where too few tiles have any.

    Parameters
    ----------
    luma : ndarray of uint8, shape (height, width)
        Brightness.
    """
    levels = luma.astype(np.float32)
    noise = levels - cv2.GaussianBlur(levels, (0, 0), _SIGMA)
    return _averaged(noise.clip(-_PATTERN_CLIP, _PATTERN_CLIP))


def strength_spectrum(luma: NDArray[np.uint8]) -> Spectrum | None:
    """Return the spectrum of the noise's strength: interpolation stands out.

    Between the given pixels, interpolated ones vary less. The strength is the size of
    the difference of differences across 2 x 2 pixels, as in Synthbuster. None where
    too few tiles have any.

    Parameters
    ----------
    luma : ndarray of uint8, shape (height, width)
        Brightness.
    """
    levels = luma.astype(np.float32)
    # The first row and column have no neighbor; the window fades them out.
    down = np.diff(levels, axis=0, prepend=levels[:1])
    strength = np.abs(np.diff(down, axis=1, prepend=down[:, :1]))
    return _averaged(np.minimum(strength, _STRENGTH_CLIP))


def middle_luma(pixels: Image.Image) -> NDArray[np.uint8]:
    """Return the brightness of the middle of a picture, at most 2,048 px a side."""
    width, height = (min(side, LARGEST_SIDE) for side in pixels.size)
    left, top = (pixels.width - width) // 2, (pixels.height - height) // 2
    middle = pixels.crop((left, top, left + width, top + height))
    return np.asarray(middle.convert("L"))


def _averaged(residual: NDArray[np.float32]) -> Spectrum | None:
    rows, columns = residual.shape[0] // TILE, residual.shape[1] // TILE
    cut = residual[: rows * TILE, : columns * TILE]
    squares = cut.reshape(rows, TILE, columns, TILE).swapaxes(1, 2)
    tiles = squares.reshape(-1, TILE, TILE)
    tiles = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    tiles = tiles[np.abs(tiles).mean(axis=(1, 2)) > _LEAST_ACTIVITY]
    if len(tiles) < FEWEST_TILES:
        return None
    # Each tile's logarithm is averaged, so that no single tile prevails.
    half = scipy.fft.rfft2(tiles * _WINDOW)
    power = np.log(half.real**2 + half.imag**2 + _FLOOR).mean(axis=0)
    return Spectrum(_unfolded(power.astype(np.float64)), len(tiles))


def _unfolded(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add the columns that mirror the given ones."""
    mirrored = np.roll(half[::-1], 1, axis=0)[:, -2:0:-1]
    return np.concatenate((half, mirrored), axis=1)


def _is_near_zero(bins: NDArray[np.intp]) -> NDArray[np.bool_]:
    return np.minimum(bins, TILE - bins) <= 1


def _ring() -> NDArray[np.intp]:
    """Return (row, column) offsets of the neighbors, beyond the window's leakage."""
    reach = np.arange(-_RING, _RING + 1)
    offsets = np.stack(np.meshgrid(reach, reach, indexing="ij")).reshape(2, -1)
    return offsets[:, np.abs(offsets).max(axis=0) >= 2]


_OFFSETS: Final = _ring()
_HANN: Final = np.hanning(TILE + 1)[:TILE].astype(np.float32)
_WINDOW: Final = _HANN[:, None] * _HANN[None, :]
