"""The square of blocks that a map of evidence speaks for most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDES: Final = (3, 5, 9, 15, 25, 41, 65)


@dataclass(frozen=True, slots=True)
class Square:
    """A square of blocks: its first column and row, and its side; 0 for none."""

    left: int
    top: int
    side: int

    def pixels(self, *, x: int, y: int, pitch: int) -> tuple[int, int, int, int]:
        """Return left, upper, right, lower in px, of blocks from an origin on."""
        right, bottom = self.left + self.side, self.top + self.side
        first = (x + pitch * self.left, y + pitch * self.top)
        return (*first, x + pitch * right, y + pitch * bottom)


def strongest_square(nats: NDArray[np.float32], *, toll: float) -> tuple[float, Square]:
    """Find the square with the highest sum above a toll a block.

    Parameters
    ----------
    nats : ndarray of float32, shape (rows, columns)
        Evidence of each block.
    toll : float
        What a block must exceed to add to a square.

    Returns
    -------
    best : float
        The sum, 0 where no square has any.
    square : Square
        Where it lies.
    """
    sums = cv2.integral(nats - np.float32(toll))
    best, place = 0.0, Square(0, 0, 0)
    for side in _SIDES:
        if side > min(nats.shape):
            break
        boxes = sums[side:, side:] - sums[:-side, side:]
        boxes -= sums[side:, :-side] - sums[:-side, :-side]
        top, left = divmod(int(boxes.argmax()), boxes.shape[1])
        if boxes[top, left] > best:
            best, place = float(boxes[top, left]), Square(left, top, side)
    return best, place
