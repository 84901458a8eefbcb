"""The quantization tables that a JPEG's pixels went through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import jpeg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forensics.analysis.containers.jpeg import Frame, Segment
    from forensics.analysis.image import ImageEvidence

Table = tuple[int, ...]
_LARGEST = 255.0
# Decoders refuse a table of any further index.
_INDICES: Final = 4


@dataclass(frozen=True, slots=True)
class CodedTables:
    """What was in force when the first component, in most files the luma, was coded.

    ``by_index`` holds the last table of each index before that, in zig-zag order.
    """

    frame: Frame | None
    by_index: Mapping[int, Table]

    @property
    def luma(self) -> Table | None:
        """The first component's table."""
        return self.of_component(0)

    def of_component(self, number: int) -> Table | None:
        """Return the table that the frame gives a component, or None."""
        if self.frame is None or number >= len(self.frame.components):
            return None
        return self.by_index.get(self.frame.components[number][3])


def coded_tables(data: bytes) -> CodedTables:
    """Read the frame and tables of a JPEG that the container walk has passed.

    A table that comes after the scan it would belong to is not used by decoders, and
    so not here. Only the last table of each index is unpacked, however many there are.
    """
    places: dict[int, tuple[int, int]] = {}
    frame: Frame | None = None
    for segment in jpeg.segments(data):
        if segment.marker == jpeg.DQT:
            places |= _places(data, segment)
        elif segment.marker in jpeg.FRAMES and frame is None:
            frame = jpeg.read_frame(data, segment)
        elif segment.marker == jpeg.SOS and _codes_first(
            frame, data[segment.start : segment.end]
        ):
            break
    found = sorted(places.items())
    return CodedTables(frame, {index: _values(data, *place) for index, place in found})


def _values(data: bytes, start: int, width: int) -> Table:
    kind = ">u2" if width == 2 else "u1"
    return tuple(np.frombuffer(data, kind, count=64, offset=start).tolist())


def _places(data: bytes, segment: Segment) -> dict[int, tuple[int, int]]:
    """Return start and bytes a value of the last table of each index."""
    found: dict[int, tuple[int, int]] = {}
    position = segment.start
    while position < segment.end:
        width, index = 1 + (data[position] >> 4 > 0), data[position] & 15
        start, position = position + 1, position + 1 + 64 * width
        if position > segment.end:
            break
        if index < _INDICES:
            found[index] = (start, width)
    return found


def _codes_first(frame: Frame | None, header: bytes) -> bool:
    """Whether a scan codes the frame's first component."""
    if frame is None or not frame.components:
        return True
    count = header[0] if header else 0
    return frame.components[0][0] in header[1 : 1 + 2 * count : 2]


def _zigzag() -> list[int]:
    """Row-major indices in the order in which a file stores a table (T.81, fig. 5)."""

    def rank(index: int) -> tuple[int, int]:
        row, column = divmod(index, 8)
        return row + column, row if (row + column) % 2 else column

    return sorted(range(64), key=rank)


_ORDER: Final = _zigzag()


def luma_values(evidence: ImageEvidence) -> Table | None:
    """Read the quantization steps of the luma, row by row, as the file has them.

    None where the file is no JPEG, or one whose first component is not the luma (CMYK).
    """
    if evidence.header.format != "JPEG" or evidence.mode not in ("RGB", "L"):
        return None
    stored = coded_tables(evidence.data).luma
    if stored is None:
        return None
    return row_by_row(stored)


def row_by_row(table: Table) -> Table:
    """Bring a table from the file's zig-zag order into rows of frequencies."""
    natural = dict(zip(_ORDER, table, strict=True))
    return tuple(natural[place] for place in range(64))


def luma_table(evidence: ImageEvidence) -> NDArray[np.float32] | None:
    """Return the luma's steps as a network is fed them.

    Returns
    -------
    ndarray of float32, shape (64,), or None
        Row by row, clipped to 1..255. None where :func:`luma_values` has none.
    """
    values = luma_values(evidence)
    if values is None:
        return None
    return np.array(values, dtype=np.float32).clip(1.0, _LARGEST)
