"""A perceptual hash that finds near-duplicates across sizes and compressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy.fft import dctn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Test pictures this near to a training picture are left out.
EXCLUSION_BITS = 12
_THUMBNAIL = 32
_LOW = 8
_ROWS_AT_ONCE = 512


def perceptual_hash(pixels: Image.Image) -> int:
    """Hash the low frequencies of the luminance to 64 bits.

    The signs of the 8 x 8 lowest DCT coefficients of a 32 x 32 thumbnail against
    their median (Zauner, "Implementation and benchmarking of perceptual image hash
    functions", 2010).

    Parameters
    ----------
    pixels : PIL.Image.Image
        Any mode that converts to luminance.

    Returns
    -------
    int
        64 bits; few differing bits mean pictures that look alike.
    """
    thumbnail = pixels.convert("L").resize(
        (_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX
    )
    low = dctn(np.asarray(thumbnail, dtype=np.float64), norm="ortho")[:_LOW, :_LOW]
    # The mean brightness (0, 0) says nothing and would shift the median.
    bits = low.ravel() > np.median(low.ravel()[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def mirrored_hash(pixels: Image.Image) -> int:
    """Hash the picture as it would be seen in a mirror; see `perceptual_hash`."""
    small = pixels.convert("L").resize((_THUMBNAIL, _THUMBNAIL), Image.Resampling.BOX)
    return perceptual_hash(small.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def near_pairs(
    left: NDArray[np.uint64], right: NDArray[np.uint64], *, bits: int
) -> Iterator[tuple[int, int]]:
    """Yield the positions in ``left`` and ``right`` at most ``bits`` bits apart.

    Compared in blocks of rows: 12,600 x 12,600 hashes need 50 MB at a time.
    """
    for start in range(0, len(left), _ROWS_AT_ONCE):
        block = left[start : start + _ROWS_AT_ONCE, None] ^ right[None, :]
        rows, columns = np.nonzero(np.bitwise_count(block) <= bits)
        yield from zip((rows + start).tolist(), columns.tolist(), strict=True)
