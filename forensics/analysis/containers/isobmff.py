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
from forensics.analysis.types import ImageRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Far above the largest grids of tiles that cameras write.
_MAX_BOXES = 20_000
_MAX_ENTRIES = 20_000
# One for each version and width of its numbers.
_MAX_ASSOCIATION_BOXES = 4


@dataclass(frozen=True, slots=True)
class Box:
    """One box; ``start:end`` is its payload."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Meta:
    """Of properties, by number: sizes, crops and odd quarter turns.

    ``mine`` are the numbers of those that the primary item has, in order.
    """

    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    crops: dict[int, tuple[int, int]] = field(default_factory=dict)
    turns: set[int] = field(default_factory=set)
    mine: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Cursor:
    """Takes numbers out of a box, never from behind its end."""

    data: bytes
    position: int
    end: int

    def take(self, size: int) -> int:
        start, self.position = self.position, self.position + size
        if self.position > self.end:
            raise corrupt("a box is too short for what it lists")
        return _uint(self.data, start, size)


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
    for index in meta.mine:
        crop = meta.crops.get(index, (width, height))
        width, height = min(width, crop[0]), min(height, crop[1])
        if index in meta.turns:
            width, height = height, width
    return Geometry(width, height, unfolded=_largest(meta))


def _checked(data: bytes) -> _Meta:
    top = _top_level(data)
    if b"meta" not in top and b"moov" in top:
        raise unsupported("An image sequence without a still is not analyzed")
    described = _only(top, b"meta")
    if described is None:
        raise truncated("the picture's description is missing")
    inner = _by_kind(boxes(data, described.start + 4, described.end))
    inline = _only(inner, b"idat")
    if b"mdat" not in top and inline is None:
        raise truncated("the picture's data are missing")
    parts = _only(inner, b"iloc")
    if parts is not None:
        held = inline.end - inline.start if inline is not None else 0
        _check_extents(data, parts, (len(data), held))
    return _read_meta(data, inner)


def _top_level(data: bytes) -> dict[bytes, list[Box]]:
    found: dict[bytes, list[Box]] = {}
    try:
        for box in boxes(data, 0, len(data)):
            found.setdefault(box.kind, []).append(box)
    except ImageRejectedError:
        # Behind the description anything may follow, as decoders see it: whether
        # the picture's data are there is asked of the list of its parts.
        if b"meta" not in found:
            raise
    return found


def _by_kind(found: Iterable[Box]) -> dict[bytes, list[Box]]:
    kinds: dict[bytes, list[Box]] = {}
    for box in found:
        kinds.setdefault(box.kind, []).append(box)
    return kinds


def _only(found: Mapping[bytes, list[Box]], kind: bytes) -> Box | None:
    same = found.get(kind, [])
    if len(same) > 1:
        raise corrupt("a box stands there twice that may be there once")
    return same[0] if same else None


def _primary_size(meta: _Meta) -> tuple[int, int]:
    if not meta.sizes:
        raise corrupt("the file holds no picture")
    mine = [meta.sizes[index] for index in meta.mine if index in meta.sizes]
    # Where the association is unreadable the largest picture is the safe answer.
    return max(mine or meta.sizes.values(), key=_area)


def _largest(meta: _Meta) -> int:
    return max(map(_area, meta.sizes.values()))


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _check_extents(data: bytes, box: Box, room: tuple[int, int]) -> None:
    """Check that every item lies inside the file, or inside its ``idat``."""
    cursor = _Cursor(data, box.start, box.end)
    version, widths = cursor.take(4) >> 24, cursor.take(2)
    offset_size, length_size = widths >> 12, widths >> 8 & 15
    base_size, index_size = widths >> 4 & 15, widths & 15 if version else 0
    left = _MAX_ENTRIES
    for _ in range(cursor.take(4 if version > 1 else 2)):
        cursor.take(4 if version > 1 else 2)
        method = cursor.take(2) & 15 if version else 0
        is_elsewhere = cursor.take(2) != 0 or method > 1
        base, extents = cursor.take(base_size), cursor.take(2)
        left -= 1 + extents
        if left < 0:
            raise corrupt("the file has more parts than any picture needs")
        for _ in range(extents):
            cursor.take(index_size)
            end = base + cursor.take(offset_size) + cursor.take(length_size)
            if not is_elsewhere and end > room[method]:
                raise truncated("parts of the picture's data are missing")


def _read_meta(data: bytes, inner: Mapping[bytes, list[Box]]) -> _Meta:
    meta, primary = _Meta(), 0
    named, properties = _only(inner, b"pitm"), _only(inner, b"iprp")
    if named is not None:
        is_wide = _uint(data, named.start, 1) != 0
        primary = _uint(data, named.start + 4, 4 if is_wide else 2)
    if properties is None:
        return meta
    found = _by_kind(boxes(data, properties.start, properties.end))
    container, owned = _only(found, b"ipco"), found.get(b"ipma", [])
    if len(owned) > _MAX_ASSOCIATION_BOXES:
        raise corrupt("the file lists its parts' properties too often")
    if container is not None:
        _read_properties(data, container, meta)
    for box in owned:
        _read_associations(data, box, primary, meta.mine)
    return meta


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


def _read_associations(data: bytes, box: Box, primary: int, mine: list[int]) -> None:
    version, is_wide = _uint(data, box.start, 1), _uint(data, box.start + 3, 1) & 1
    id_size, index_size = (4 if version else 2), (2 if is_wide else 1)
    mask = (1 << (8 * index_size - 1)) - 1
    count, position = _uint(data, box.start + 4, 4), box.start + 8
    for number in range(count):
        if position + id_size + 1 > box.end:
            return
        owner = _uint(data, position, id_size)
        start = position + id_size + 1
        position = start + _uint(data, start - 1, 1) * index_size
        if owner == primary:
            steps = range(start, min(position, box.end), index_size)
            mine += [_uint(data, at, index_size) & mask for at in steps]
        if max(number, len(mine)) > _MAX_ENTRIES:
            raise corrupt("the file has more parts than any picture needs")


def _ratio(data: bytes, position: int) -> int:
    return _uint(data, position, 4) // max(1, _uint(data, position + 4, 4))


def _uint(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "big")
