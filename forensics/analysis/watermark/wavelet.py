"""Bits in the blocks of a wavelet band: the watermarks dwtDct and dwtDctSvd.

Both hide a message in the chroma plane U: one bit in each 4-px block of its Haar
approximation, by moving a number of the block to a quarter (zero) or three quarters
(one) of a step of 36. dwtDct moves the block's largest value (its first left out; the
name promises a cosine transform, but there is none), dwtDctSvd its largest singular
value. The message repeats, row by row.

The package's own decoder takes the largest value again. Where the bit made it smaller
another value is now the largest, so that half of the blocks of a smooth picture lie;
and it assumes that gray is 128, while generators that mark pictures as floats have it
at 0.5. Here the value that departs most from its block is read too, for both grays, a
block counts by how clearly it speaks, and what its surroundings say alike is taken out.

References
----------
The package invisible-watermark 0.2.0 (MIT), whose pictures are read here.
Chen, B., Wornell, G. (2001). Quantization index modulation. IEEE Transactions on
Information Theory 47(4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image

BLOCK: Final = 4
# Pixels of the picture that a block covers a side.
CELL: Final = 2 * BLOCK
STEP: Final = 36.0
# 4 megapixels: each of 48 bits is then read 1,365 times. Generators make no more.
_MOST_BLOCKS: Final = 1 << 16
# From RGB as OpenCV does it: U = 0.492 (B - Y).
_CHROMA: Final = np.array([[-0.147108, -0.288804, 0.435912]], dtype=np.float32)
# Where the encoder has gray, in pictures of 8 bits and of floats; Haar doubles it.
GRAYS: Final = {"8-bit": 128.0, "float": 0.5}
_POWER_STEPS: Final = 4
# Blocks a side over which what all say alike is the picture and not the message.
_SURROUNDINGS: Final = 9

# OpenCV's threads would fight the server's workers for the cores.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the blocks, with what each says.

    Attributes
    ----------
    method : {"dwtDct", "dwtDctSvd"}
        As the package calls it.
    variant : str
        The gray and the choice of the value.
    scores : ndarray of float32, shape (rows, columns)
        About -1 (a zero) to 1 (a one) of each block.
    """

    method: str
    variant: str
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Blocks:
    """The approximation band in blocks.

    Attributes
    ----------
    values : ndarray of float32, shape (rows, columns, 4, 4)
        Haar approximation of U, gray at 0: twice the mean of 2 x 2 pixels.
    first : int
        Row of blocks in the picture with which ``values`` begins.
    """

    values: NDArray[np.float32]
    first: int

    def positions(self, length: int) -> NDArray[np.intp]:
        """Return which bit of a message each block carries, shape (rows, columns)."""
        rows, columns = self.values.shape[:2]
        start = self.first * columns % length
        index = (start + np.arange(rows * columns)) % length
        return np.asarray(index.reshape(rows, columns), dtype=np.intp)

    def bit_means(
        self, scores: NDArray[np.float32], length: int
    ) -> NDArray[np.float64]:
        """Return each bit's mean score, less the mean of all bits, shape (length,).

        Parameters
        ----------
        scores : ndarray of float32, shape (rows, columns)
            One of a block.
        length : int
            Bits of the message, at most as many as blocks.
        """
        index = self.positions(length).ravel()
        sums = np.bincount(index, weights=scores.ravel(), minlength=length)
        means = sums / np.maximum(np.bincount(index, minlength=length), 1)
        return np.asarray(means - means.mean())


def load_blocks(pixels: Image.Image) -> Blocks:
    """Take the blocks of a picture, of large ones a band across the middle.

    Parameters
    ----------
    pixels : PIL.Image.Image
        Mode RGB, at least 8 px a side.
    """
    columns, rows = pixels.width // CELL, pixels.height // CELL
    kept = min(rows, max(1, _MOST_BLOCKS // columns))
    first = (rows - kept) // 2
    box = (0, first * CELL, columns * CELL, (first + kept) * CELL)
    chroma = cv2.transform(np.asarray(pixels.crop(box), dtype=np.float32), _CHROMA)
    # The Haar approximation is twice the mean of 2 x 2 pixels.
    halved = (chroma.shape[1] // 2, chroma.shape[0] // 2)
    band = 2.0 * cv2.resize(chroma, halved, interpolation=cv2.INTER_AREA)
    tiled = band.reshape(kept, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return Blocks(np.ascontiguousarray(tiled, dtype=np.float32), first)


def readings(blocks: Blocks) -> Iterator[Reading]:
    """Read the blocks in each way that an encoder may have written them."""
    shape = (*blocks.values.shape[:2], BLOCK * BLOCK)
    flat = blocks.values.reshape(shape)
    # The encoder never takes the first value of a block.
    apart = _at(flat, np.abs(flat - flat.mean(-1, keepdims=True))[..., 1:])
    for name, gray in GRAYS.items():
        offset = np.float32(2.0 * gray)
        largest = np.abs(flat[..., 1:] + offset).max(-1)
        yield Reading("dwtDct", f"{name}, largest", _scores(largest))
        yield Reading("dwtDct", f"{name}, apart", _scores(np.abs(apart + offset)))
    singular = largest_singular_values(blocks.values + np.float32(2 * GRAYS["8-bit"]))
    yield Reading("dwtDctSvd", "8-bit", _scores(singular))


# Of each kind of :func:`readings`; they are counted as trials.
READINGS: Final = 5


def largest_singular_values(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the largest singular value of each block, shape (rows, columns).

    The package takes those of the block's cosine transform, which are the same: the
    transform is orthogonal. With gray at 256 the first vector is almost constant, and
    a few steps of the power method from there settle it.
    """
    right = np.ones((*values.shape[:2], BLOCK, 1), dtype=np.float32)
    for _ in range(_POWER_STEPS):
        right = values.swapaxes(-2, -1) @ (values @ right)
        right /= np.maximum(np.linalg.norm(right, axis=-2, keepdims=True), 1e-9)
    return np.asarray(np.linalg.norm(values @ right, axis=(-2, -1)), dtype=np.float32)


def _at(flat: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take from each block the value, the first left out, of the largest weight."""
    index = weight.argmax(-1)[..., None] + 1
    return np.take_along_axis(flat, index, axis=-1)[..., 0]


def _scores(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Say how clearly a number lies in the half step of a one (+) or a zero (-)."""
    clear = -np.sin(np.float32(2.0 * np.pi / STEP) * numbers)
    # What a smooth surface says alike in all its blocks is no message.
    around = cv2.blur(clear, (_SURROUNDINGS, _SURROUNDINGS))
    return np.asarray(clear - around, dtype=np.float32)
