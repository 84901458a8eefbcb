"""The file of a pyramid: a header, an index of fixed size, then the tiles.

Everything is big-endian. The header says how the picture is cut; the index holds
offset and length of each tile, smallest level first and row by row. A reader fetches
header and index once and then one range a tile.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from forensics.analysis.pyramid.layout import Layout
from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"PWTILES1"
_HEADER = struct.Struct(">8s5I")
HEADER_BYTES = _HEADER.size
_ENTRY_BYTES = 8


class ContainerError(ForensicsError):
    """The file is no pyramid, or is damaged."""


@dataclass(frozen=True, slots=True)
class TileIndex:
    """Where each tile lies in the file."""

    layout: Layout
    entries: Sequence[tuple[int, int]]

    def find(self, level: int, column: int, row: int) -> tuple[int, int] | None:
        """Return offset and length of a tile; None of one that is not there."""
        number = self.layout.number(level, column, row)
        return None if number is None else self.entries[number]


class ContainerWriter:
    """Writes tiles in any order; the index last, into the room kept for it."""

    def __init__(self, file: IO[bytes], layout: Layout) -> None:
        self._file, self._layout = file, layout
        self._entries = [(0, 0)] * layout.count
        file.write(bytes(HEADER_BYTES + index_size(layout.count)))

    def add(self, number: int, tile: bytes) -> None:
        """Append a tile."""
        self._entries[number] = (self._file.tell(), len(tile))
        self._file.write(tile)

    def finish(self) -> int:
        """Write header and index; return the size of the file."""
        size = self._file.tell()
        cut = self._layout
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                MAGIC, cut.width, cut.height, cut.tile_size, cut.overlap, cut.count
            )
        )
        flat = [number for entry in self._entries for number in entry]
        self._file.write(struct.pack(f">{len(flat)}I", *flat))
        self._file.flush()
        return size


def index_size(count: int) -> int:
    """Return how many bytes the index of so many tiles takes."""
    return _ENTRY_BYTES * count


def read_header(head: bytes) -> Layout:
    """Return how the picture is cut.

    Raises
    ------
    ContainerError
        These are not the first bytes of a pyramid.
    """
    if len(head) < HEADER_BYTES:
        raise ContainerError("The file of tiles is shorter than its header.")
    magic, width, height, tile_size, overlap, count = _HEADER.unpack(
        head[:HEADER_BYTES]
    )
    if magic != MAGIC or not (width and height and tile_size):
        raise ContainerError("The file is no file of tiles.")
    layout = Layout(width, height, tile_size, overlap)
    if layout.count != count:
        raise ContainerError("The file of tiles has another number of tiles.")
    return layout


def read_index(head: bytes) -> TileIndex:
    """Read header and index.

    Parameters
    ----------
    head : bytes
        The file up to the end of its index, or more.

    Raises
    ------
    ContainerError
        The file is no pyramid, or is cut off.
    """
    layout = read_header(head)
    end = HEADER_BYTES + index_size(layout.count)
    if len(head) < end:
        raise ContainerError("The index of the file of tiles is cut off.")
    numbers = struct.unpack(f">{2 * layout.count}I", head[HEADER_BYTES:end])
    return TileIndex(layout, tuple(zip(numbers[::2], numbers[1::2], strict=True)))
