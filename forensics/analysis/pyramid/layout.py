"""Which tiles a pyramid has, and where each lies in the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """The grid of each level. Level 0 fits into one tile; the last is the picture.

    Parameters
    ----------
    width, height : int
        Of the upright picture.
    tile_size : int
        Side of a tile without its overlap.
    overlap : int
        Pixels of the neighbours that a tile repeats at its inner edges.
    """

    width: int
    height: int
    tile_size: int = 512
    overlap: int = 1

    @property
    def levels(self) -> int:
        """Return how many levels there are."""
        most = max(-(-self.width // self.tile_size), -(-self.height // self.tile_size))
        return (most - 1).bit_length() + 1

    @property
    def count(self) -> int:
        """Return how many tiles there are in all."""
        return sum(
            columns * rows for columns, rows in map(self.grid, range(self.levels))
        )

    def size(self, level: int) -> tuple[int, int]:
        """Return width and height of a level."""
        shrunk = 1 << (self.levels - 1 - level)
        return -(-self.width // shrunk), -(-self.height // shrunk)

    def grid(self, level: int) -> tuple[int, int]:
        """Return columns and rows of a level."""
        width, height = self.size(level)
        return -(-width // self.tile_size), -(-height // self.tile_size)

    def number(self, level: int, column: int, row: int) -> int | None:
        """Return a tile's place in the file's index; None of one that is not there."""
        if not 0 <= level < self.levels:
            return None
        columns, rows = self.grid(level)
        if not (0 <= column < columns and 0 <= row < rows):
            return None
        before = sum(c * r for c, r in map(self.grid, range(level)))
        return before + row * columns + column

    def boxes(self, level: int) -> Iterator[Box]:
        """Yield left, upper, right, lower of a level's tiles, row by row."""
        width, height = self.size(level)
        columns, rows = self.grid(level)
        for row in range(rows):
            upper, lower = self._edges(row, height)
            for column in range(columns):
                left, right = self._edges(column, width)
                yield left, upper, right, lower

    def _edges(self, place: int, side: int) -> tuple[int, int]:
        start = place * self.tile_size
        end = min(side, start + self.tile_size + self.overlap)
        return max(0, start - self.overlap), end
