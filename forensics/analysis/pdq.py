"""PDQ, the perceptual hash that platforms exchange: 256 bits of what a picture shows.

After "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"
(Facebook, 2019): luminance, two Jarosz box filters, 64 x 64 samples, the lowest
16 x 16 frequencies of a cosine transform, and one bit each for *above their median*.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from forensics.analysis.rendering import upright

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from PIL import Image

    Matrix = NDArray[np.float64]

PDQ_VERSION = "1"
BITS = 256
HEX_DIGITS = BITS // 4
# The paper's own advice: below it a picture is too flat for its hash to mean anything.
MIN_QUALITY = 50
_GRID, _FREQUENCIES = 64, 16
_RED, _GREEN, _BLUE = (np.float32(part) for part in (0.299, 0.587, 0.114))
# The longest side that is filtered in full; larger pictures are averaged first.
_WORKING_SIDE = 512
# Beyond this a kernel of the original's size would cost too much: the averaged
# picture then counts as the original.
_LONGEST_SIDE = 32_768
# What sums and differences leave behind where there is nothing; true weights are
# at least 1 / 257 ** 2.
_ROUNDING = 1e-9

_COSINES: Matrix = np.sqrt(2 / _GRID) * np.cos(
    np.pi
    / (2 * _GRID)
    * np.arange(1, _FREQUENCIES + 1)[:, None]
    * (2 * np.arange(_GRID) + 1)
)
# Mirroring turns the sign of the odd frequencies, which stand at the even places.
_SIGNS = np.where(np.arange(_FREQUENCIES) % 2 == 0, -1.0, 1.0)


def _mirrored(found: Matrix) -> Matrix:
    return found * _SIGNS


def _flipped(found: Matrix) -> Matrix:
    return found * _SIGNS[:, None]


# What was done to the picture, and what that does to its frequencies.
_TRANSFORMS: Mapping[str, Callable[[Matrix], Matrix]] = MappingProxyType(
    {
        "same": lambda found: found,
        "mirrored": _mirrored,
        "flipped": _flipped,
        "turned_180": lambda found: _mirrored(_flipped(found)),
        "transposed": lambda found: found.T,
        "turned_90": lambda found: _mirrored(found.T),
        "turned_270": lambda found: _flipped(found.T),
        "transversed": lambda found: _mirrored(_flipped(found.T)),
    }
)
TRANSFORMS = tuple(_TRANSFORMS)


@dataclass(frozen=True, slots=True)
class Pdq:
    """The hash of one picture, and of its seven mirrored and turned copies.

    Attributes
    ----------
    hashes : mapping of str to str
        64 hexadecimal digits by the name of the transform; ``same`` is the picture's
        own, ``turned_90`` that of the picture turned 90 degrees clockwise.
    quality : int
        0..100, how much there is to hash; below ``MIN_QUALITY`` it matches nothing.
    """

    hashes: Mapping[str, str]
    quality: int

    @property
    def hash(self) -> str:
        """The hash of the picture as it is."""
        return self.hashes["same"]

    @property
    def is_usable(self) -> bool:
        """Whether the picture holds enough for its hash to be compared."""
        return self.quality >= MIN_QUALITY


def pdq(pixels: Image.Image, *, orientation: int = 1) -> Pdq:
    """Hash a picture.

    Pictures of more than 512 px are averaged in whole blocks first, and filtered with
    the original's own filter, summed over the blocks: 12 megapixels cost what their
    averaging costs.

    Parameters
    ----------
    pixels : PIL.Image.Image
        Mode RGB, 8 bits, any size; not altered.
    orientation : int
        EXIF orientation 1..8 that makes it upright; the upright picture is hashed.
    """
    block = max(1, -(-max(pixels.size) // _WORKING_SIDE))
    width, height = pixels.size if orientation < 5 else pixels.size[::-1]
    small = upright(pixels.reduce(block) if block > 1 else pixels, orientation)
    if max(width, height) > _LONGEST_SIDE:
        (width, height), block = small.size, 1
    rgb = np.asarray(small, dtype=np.float32)
    luminance = _RED * rgb[..., 0] + _GREEN * rgb[..., 1] + _BLUE * rgb[..., 2]
    # Sparse, so that no threads of a matrix library fight over a busy machine.
    rows = _kernel(height, block) @ luminance
    samples = (_kernel(width, block) @ rows.T).T
    frequencies = _COSINES @ samples @ _COSINES.T
    hashes = {name: _hex(turn(frequencies)) for name, turn in _TRANSFORMS.items()}
    return Pdq(MappingProxyType(hashes), _quality(samples))


@lru_cache(maxsize=32)
def _kernel(side: int, block: int) -> csr_array:
    """Return two box filters and the sampling of one axis as one matrix.

    Parameters
    ----------
    side : int
        Length of the axis in px of the original.
    block : int
        How many px were averaged to one.

    Returns
    -------
    sparse array of float64, shape (64, ceil(side / block))
        Weights of the averaged px for each of the 64 samples.
    """
    window = -(-side // (2 * _GRID))
    ahead = (window + 2) // 2
    index = np.arange(side)
    ends = np.minimum(index + ahead, side)
    starts = np.maximum(index + ahead - window, 0)
    centers = ((np.arange(_GRID) + 0.5) * side / _GRID).astype(np.intp)
    weights = np.zeros((_GRID, side + 1))
    for row, center in enumerate(centers):
        inner = np.arange(starts[center], ends[center])
        share = 1.0 / ((ends[inner] - starts[inner]) * len(inner))
        # Each inner box as a step up and a step down, summed to plateaus below.
        np.add.at(weights[row], starts[inner], share)
        np.subtract.at(weights[row], ends[inner], share)
    full = np.cumsum(weights, axis=1)[:, :side]
    full[np.abs(full) < _ROUNDING] = 0.0
    summed = np.add.reduceat(full, np.arange(0, side, block), axis=1)
    return csr_array(summed)


def _hex(frequencies: Matrix) -> str:
    values = frequencies.ravel()
    median = np.partition(values, BITS // 2 - 1)[BITS // 2 - 1]
    # The last frequency is the first digit's highest bit.
    return np.packbits((values > median)[::-1]).tobytes().hex()


def _quality(samples: Matrix) -> int:
    steps = (np.diff(samples, axis=axis) * (100 / 255) for axis in (0, 1))
    total = sum(int(np.abs(np.trunc(step)).sum()) for step in steps)
    return min(100, total // 90)
