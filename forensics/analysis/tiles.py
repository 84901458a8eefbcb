"""Cuts pictures into overlapping tiles on the JPEG grid, and joins what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Chroma-subsampled JPEG repeats every 16 px, and a network may halve five times: tiles
# begin on 32, so that every 8-px block of the file is one whole block of a tile.
GRID = 32
CELL = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture, in px; it may reach past the lower and right border."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Tiles of one size that cover a picture padded to multiples of 32 px.

    Attributes
    ----------
    width, height : int
        Of the picture, px.
    columns, rows : tuple of int
        Left and upper edges of the tiles.
    tile_width, tile_height : int
        Of every tile, multiples of 32 px.
    """

    width: int
    height: int
    columns: tuple[int, ...]
    rows: tuple[int, ...]
    tile_width: int
    tile_height: int

    @classmethod
    def of(cls, *, width: int, height: int, side: int, overlap: int) -> Plan:
        """Plan as few tiles as reach; a picture of one tile's size is run whole.

        Parameters
        ----------
        width, height : int
            Of the picture, px.
        side : int
            Longest side of a tile, px.
        overlap : int
            Least overlap of neighbours, px.
        """
        columns, tile_width = _cut(_padded(width), side=side, overlap=overlap)
        rows, tile_height = _cut(_padded(height), side=side, overlap=overlap)
        return cls(width, height, columns, rows, tile_width, tile_height)

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles, row by row."""
        for top in self.rows:
            for left in self.columns:
                yield Tile(left, top, self.tile_width, self.tile_height)


class Mosaic:
    """Joins maps of tiles, blending linearly where they overlap.

    Parameters
    ----------
    plan : Plan
        Where the tiles lie.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._across = _weights(plan.columns, plan.tile_width)
        self._down = _weights(plan.rows, plan.tile_height)
        shape = (_padded(plan.height) // CELL, _padded(plan.width) // CELL)
        self._sum = np.zeros(shape, dtype=np.float32)
        self._weight = np.zeros(shape, dtype=np.float32)

    def add(self, tile: Tile, values: NDArray[np.float32]) -> None:
        """Add a tile's map, float32 of shape (tile height / 8, tile width / 8)."""
        weight = self._down[tile.top][:, None] * self._across[tile.left][None, :]
        rows, columns = values.shape
        top, left = tile.top // CELL, tile.left // CELL
        place = np.s_[top : top + rows, left : left + columns]
        self._sum[place] += weight * values
        self._weight[place] += weight

    def joined(self) -> NDArray[np.float32]:
        """Return the picture's map without its padding.

        Returns
        -------
        ndarray of float32, shape (ceil(height / 8), ceil(width / 8))
        """
        rows, columns = -(-self._plan.height // CELL), -(-self._plan.width // CELL)
        found: NDArray[np.float32] = self._sum / self._weight
        return found[:rows, :columns]


def padded(part: NDArray[np.uint8], tile: Tile) -> NDArray[np.uint8]:
    """Continue a tile's visible part past the border by reflection.

    Parameters
    ----------
    part : ndarray of uint8, shape (height, width, 3)
        At least 32 px a side.
    tile : Tile
        Whose size is wanted.
    """
    missing = (tile.height - part.shape[0], tile.width - part.shape[1])
    if not any(missing):
        return part
    return np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="reflect")


def _padded(length: int) -> int:
    return -(-length // GRID) * GRID


def _cut(length: int, *, side: int, overlap: int) -> tuple[tuple[int, ...], int]:
    """Return the first px of each tile along one axis, and the tiles' length."""
    longest = side // GRID * GRID
    if length <= longest:
        return (0,), length
    shared = _padded(overlap)
    count = -(-(length - shared) // (longest - shared))
    tile = min(longest, _padded(-(-(length + (count - 1) * shared) // count)))
    last = (length - tile) // GRID
    starts = (last * number // (count - 1) * GRID for number in range(count))
    return tuple(starts), tile


def _weights(starts: tuple[int, ...], length: int) -> dict[int, NDArray[np.float32]]:
    """Weigh a tile's cells: 1, falling linearly over what the neighbour sees too."""
    found = {}
    for number, start in enumerate(starts):
        weights = np.ones(length // CELL, dtype=np.float32)
        if number:
            ramp = _ramp(starts[number - 1] + length - start)
            weights[: len(ramp)] *= ramp
        if number + 1 < len(starts):
            ramp = _ramp(start + length - starts[number + 1])
            weights[-len(ramp) :] *= ramp[::-1]
        found[start] = weights
    return found


def _ramp(overlap: int) -> NDArray[np.float32]:
    cells = overlap // CELL
    return ((np.arange(cells) + 0.5) / cells).astype(np.float32)
