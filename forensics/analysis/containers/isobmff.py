"""HEIC and AVIF structure: boxes, the primary item and its size."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import (
    Geometry,
    corrupt,
    truncated,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BOXES = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box; ``start:end`` is its payload."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Meta:
    """Of properties, by number: sizes, crops and odd quarter turns."""

    primary: int = 0
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    crops: dict[int, tuple[int, int]] = field(default_factory=dict)
    turns: set[int] = field(default_factory=set)
    owners: dict[int, list[int]] = field(default_factory=dict)


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes in ``data[start:end]``; raise when one runs past its end."""
    position = start
    for _ in range(_MAX_BOXES):
        if position + 8 > end:
            return
        size, header = _uint(data, position, 4), 8
        kind = data[position + 4 : position + 8]
        if end == len(data) and not kind.isalnum():
            return  # Something that is no box was appended to the file.
        if size == 1:
            size, header = _uint(data, position + 8, 8), 16
        elif size == 0:
            size = end - position
        if size < header:
            raise corrupt("a box has an impossible length")
        if position + size > end:
            raise truncated("a box runs past the end")
        yield Box(kind, position + header, position + size)
        position += size
    raise corrupt("the file has more boxes than any picture needs")


def walk_avif(data: bytes) -> Geometry:
    """Check that the file is whole and give the primary picture's coded size."""
    meta = _checked(data)
    return Geometry(*_primary_size(meta), unfolded=_largest(meta))


def walk_heic(data: bytes) -> Geometry:
    """Check that the file is whole and give the size its decoder hands over.

    That one crops and turns the picture by its properties.
    """
    meta = _checked(data)
    width, height = _primary_size(meta)
    for index in meta.owners.get(meta.primary, []):
        crop = meta.crops.get(index, (width, height))
        width, height = min(width, crop[0]), min(height, crop[1])
        if index in meta.turns:
            width, height = height, width
    return Geometry(width, height, unfolded=_largest(meta))


def _checked(data: bytes) -> _Meta:
    meta, kinds = _Meta(), set()
    for box in boxes(data, 0, len(data)):
        kinds.add(box.kind)
        if box.kind == b"meta":
            kinds |= _read_meta(data, box, meta)
    if b"meta" not in kinds and b"moov" in kinds:
        raise unsupported("An image sequence without a still is not analyzed")
    if b"meta" not in kinds or kinds.isdisjoint((b"mdat", b"idat")):
        raise truncated("the picture's description or its data are missing")
    return meta


def _primary_size(meta: _Meta) -> tuple[int, int]:
    if not meta.sizes:
        raise corrupt("the file holds no picture")
    mine = [
        meta.sizes[index]
        for index in meta.owners.get(meta.primary, [])
        if index in meta.sizes
    ]
    # Where the association is unreadable the largest picture is the safe answer.
    return max(mine or meta.sizes.values(), key=_area)


def _largest(meta: _Meta) -> int:
    return max(map(_area, meta.sizes.values()))


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _read_meta(data: bytes, meta_box: Box, meta: _Meta) -> set[bytes]:
    kinds = set()
    for box in boxes(data, meta_box.start + 4, meta_box.end):
        kinds.add(box.kind)
        if box.kind == b"pitm":
            wide = data[box.start : box.start + 1] != b"\x00"
            meta.primary = _uint(data, box.start + 4, 4 if wide else 2)
        elif box.kind == b"iprp":
            for inner in boxes(data, box.start, box.end):
                if inner.kind == b"ipco":
                    _read_properties(data, inner, meta)
                elif inner.kind == b"ipma":
                    _read_associations(data, inner, meta)
    return kinds


def _read_properties(data: bytes, container: Box, meta: _Meta) -> None:
    inner = boxes(data, container.start, container.end)
    for index, box in enumerate(inner, start=1):
        if box.kind == b"ispe" and box.end - box.start >= 12:
            width = _uint(data, box.start + 4, 4)
            meta.sizes[index] = (width, _uint(data, box.start + 8, 4))
        elif box.kind == b"clap" and box.end - box.start >= 16:
            meta.crops[index] = (_ratio(data, box.start), _ratio(data, box.start + 8))
        elif box.kind == b"irot" and _uint(data, box.start, 1) & 1:
            meta.turns.add(index)


def _read_associations(data: bytes, box: Box, meta: _Meta) -> None:
    version, is_wide = _uint(data, box.start, 1), _uint(data, box.start + 3, 1) & 1
    id_size, index_size = (4 if version else 2), (2 if is_wide else 1)
    count, position = _uint(data, box.start + 4, 4), box.start + 8
    for _ in range(min(count, 65_536)):
        if position + id_size + 1 > box.end:
            return
        owner = _uint(data, position, id_size)
        amount = _uint(data, position + id_size, 1)
        position += id_size + 1
        mask = (1 << (8 * index_size - 1)) - 1
        end = min(position + amount * index_size, box.end)
        steps = range(position, end, index_size)
        indices = [_uint(data, at, index_size) & mask for at in steps]
        meta.owners.setdefault(owner, []).extend(indices)
        position = end


def _ratio(data: bytes, position: int) -> int:
    return _uint(data, position, 4) // max(1, _uint(data, position + 4, 4))


def _uint(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "big")
