"""TIFF structure, of files and of EXIF blocks: directories, entries, strip bounds."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from forensics.analysis.containers.facts import (
    Blocks,
    Geometry,
    corrupt,
    truncated,
    unsupported,
)

TYPE_SIZES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8,
    13: 4, 16: 8, 17: 8, 18: 8,
}  # fmt: skip
_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_INTEGER_CODES |= {16: "Q", 17: "q", 18: "Q"}
_MAX_ENTRIES = 4096
_MAX_DIRECTORIES = 1000
_WIDTH, _HEIGHT, _SUBFILE, _PHOTOMETRIC, _SUB_IFDS = 256, 257, 254, 262, 330
_TILE_WIDTH, _TILE_HEIGHT, _ORIENTATION = 322, 323, 274
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 513, 514
_MAX_THUMBNAIL = 1 << 20
_DATA = ((273, 279), (324, 325))
# Bits, colour map, extra samples, sample format, JPEG tables and, of YCbCr,
# coefficients, subsampling and reference: decoders guess where these are missing.
_NEEDED = (258, 320, 338, 339, 347, 529, 530, 532)
_DNG_VERSION, _COLOR_FILTER_ARRAY = 50706, 32803
_XMP, _IPTC, _PHOTOSHOP, _ICC = 700, 33723, 34377, 34675


class TiffError(ValueError):
    """The structure points outside itself or makes no sense."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One directory entry; its value lies at ``offset`` in the structure."""

    tag: int
    kind: int
    count: int
    offset: int

    @property
    def size(self) -> int:
        """Bytes the value takes."""
        return TYPE_SIZES[self.kind] * self.count


@dataclass(frozen=True, slots=True)
class TiffStructure:
    """A TIFF file or EXIF block, read by offset, bounds checked at every step."""

    data: bytes
    order: str
    is_big: bool
    first: int

    @classmethod
    def parse(cls, data: bytes) -> TiffStructure:
        """Read the byte order and the first directory's offset.

        Raises
        ------
        TiffError
            The header is not that of a TIFF structure.
        """
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 8:
            raise TiffError("no byte order mark")
        (magic,) = struct.unpack_from(f"{order}H", data, 2)
        is_big = magic == 43 and len(data) >= 16
        if magic != 42 and not is_big:
            raise TiffError("no TIFF version number")
        code, at = ("Q", 8) if is_big else ("I", 4)
        (first,) = struct.unpack_from(f"{order}{code}", data, at)
        return cls(data, order, is_big=is_big, first=first)

    def directory(self, offset: int) -> tuple[dict[int, Entry], int]:
        """Read one directory: its readable entries by tag, and the next's offset."""
        positions, pointer = self._positions(offset)
        entries: dict[int, Entry] = {}
        for position in positions:
            entry = self._entry(position, pointer)
            if entry is not None:
                entries.setdefault(entry.tag, entry)
        return entries, self._number(pointer, positions.stop)

    def following(self, offset: int) -> int:
        """Return the offset of the directory after the one at ``offset``."""
        positions, pointer = self._positions(offset)
        return self._number(pointer, positions.stop)

    def _positions(self, offset: int) -> tuple[range, str]:
        head, step, pointer = ("Q", 20, "Q") if self.is_big else ("H", 12, "I")
        count = self._number(head, offset)
        if count > _MAX_ENTRIES:
            raise TiffError("a directory has too many entries")
        start = offset + struct.calcsize(f"={head}")
        return range(start, start + count * step, step), pointer

    def _entry(self, position: int, pointer: str) -> Entry | None:
        tag, kind = self._number("H", position), self._number("H", position + 2)
        count = self._number(pointer, position + 4)
        if kind not in TYPE_SIZES:
            return None
        width = struct.calcsize(f"={pointer}")
        at = position + 4 + width
        is_inline = TYPE_SIZES[kind] * count <= width
        return Entry(tag, kind, count, at if is_inline else self._number(pointer, at))

    def _number(self, code: str, offset: int) -> int:
        try:
            (value,) = struct.unpack_from(f"{self.order}{code}", self.data, offset)
        except (struct.error, OverflowError) as error:
            raise TiffError("a directory runs past the end") from error
        return int(value)

    def raw(self, entry: Entry, limit: int = 1 << 26) -> bytes:
        """Return the value's bytes, at most ``limit`` of them."""
        if entry.offset + entry.size > len(self.data):
            raise TiffError("a value lies outside the file")
        return self.data[entry.offset : entry.offset + min(entry.size, limit)]

    def unpack(self, entry: Entry, code: str, count: int) -> tuple[float, ...]:
        """Unpack the first ``count`` numbers of a value."""
        size = struct.calcsize(f"={code}")
        raw = self.raw(entry, count * size)
        return struct.unpack(f"{self.order}{len(raw) // size}{code}", raw)

    def integers(self, entry: Entry, limit: int = 1_000_000) -> tuple[int, ...]:
        """Return an integer value's numbers, at most ``limit`` of them."""
        code = _INTEGER_CODES.get(entry.kind)
        if code is None:
            raise TiffError("a number is not one")
        return tuple(int(n) for n in self.unpack(entry, code, min(entry.count, limit)))

    def integer(self, entries: dict[int, Entry], tag: int, default: int = 0) -> int:
        """Return a tag's first number, or the default where there is none."""
        entry = entries.get(tag)
        found = self.integers(entry, 1) if entry is not None else ()
        return found[0] if found else default


def thumbnail(structure: TiffStructure, entries: dict[int, Entry]) -> bytes:
    """Return what an EXIF block's second directory points at, usually a JPEG."""
    try:
        offset = structure.integer(entries, _THUMBNAIL_OFFSET)
        length = structure.integer(entries, _THUMBNAIL_LENGTH)
    except TiffError:
        return b""
    if not offset or not 0 < length <= _MAX_THUMBNAIL:
        return b""
    return structure.data[offset : offset + length]


def walk(data: bytes) -> Geometry:
    """Check that the first picture is whole and give the size its decoder hands over.

    That one turns the picture by its orientation.
    """
    try:
        structure = TiffStructure.parse(data)
        entries, following = structure.directory(structure.first)
        _refuse_raw(structure, entries)
        _check_data(structure, entries)
        _check_values(structure, entries)
        frames = 1 + _count_directories(structure, following)
        tags = (_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT)
        width, height, *tile = (structure.integer(entries, tag) for tag in tags)
        if 5 <= structure.integer(entries, _ORIENTATION, 1) <= 8:
            width, height = height, width
        # A decoder makes room for a whole tile, however small the picture.
        return Geometry(width, height, frames, unfolded=tile[0] * tile[1])
    except TiffError as error:
        raise truncated(f"in the TIFF {error}") from error


def _check_values(structure: TiffStructure, entries: dict[int, Entry]) -> None:
    for tag in _NEEDED:
        if tag in entries:
            structure.raw(entries[tag], 0)


def _refuse_raw(structure: TiffStructure, entries: dict[int, Entry]) -> None:
    photometric = structure.integer(entries, _PHOTOMETRIC)
    is_preview = structure.integer(entries, _SUBFILE) & 1 and _SUB_IFDS in entries
    is_canon = structure.data[8:10] == b"CR"
    is_mosaic = photometric in (_COLOR_FILTER_ARRAY, 34892)
    if _DNG_VERSION in entries or is_mosaic or is_preview or is_canon:
        raise unsupported("Camera raw files are not analyzed")


def _check_data(structure: TiffStructure, entries: dict[int, Entry]) -> None:
    for offsets_tag, counts_tag in _DATA:
        if offsets_tag not in entries:
            continue
        offsets = structure.integers(entries[offsets_tag])
        if counts_tag not in entries:
            counts: tuple[int, ...] = (1,) * len(offsets)
        else:
            counts = structure.integers(entries[counts_tag])
        if not offsets or len(counts) != len(offsets):
            raise corrupt("the TIFF's table of contents contradicts itself")
        if max(map(sum, zip(offsets, counts, strict=True))) > len(structure.data):
            raise truncated("parts of the TIFF's picture are missing")
        return
    raise corrupt("the TIFF holds no picture")


def _count_directories(structure: TiffStructure, offset: int) -> int:
    """Follow the chain of further pictures; a broken or looping one just ends."""
    seen: set[int] = set()
    while offset and offset not in seen and len(seen) < _MAX_DIRECTORIES:
        try:
            following = structure.following(offset)
        except TiffError:
            break
        seen.add(offset)
        offset = following
    return len(seen)


def blocks(data: bytes) -> Blocks:
    """Collect the metadata blocks; the file's own first directory serves as EXIF."""
    try:
        structure = TiffStructure.parse(data)
        entries, _ = structure.directory(structure.first)
    except TiffError:
        return Blocks()
    xmp = _value(structure, entries, _XMP)
    return Blocks(
        exif=data,
        xmp=(xmp,) if xmp else (),
        iptc=_value(structure, entries, _IPTC),
        photoshop=_value(structure, entries, _PHOTOSHOP),
        icc=_value(structure, entries, _ICC),
    )


def _value(structure: TiffStructure, entries: dict[int, Entry], tag: int) -> bytes:
    try:
        return structure.raw(entries[tag]) if tag in entries else b""
    except TiffError:
        return b""


def read_orientation(exif: bytes) -> int:
    """Return the EXIF orientation 1..8 of a TIFF structure, 1 where unreadable."""
    try:
        structure = TiffStructure.parse(exif)
        entries, _ = structure.directory(structure.first)
        orientation = structure.integer(entries, _ORIENTATION, 1)
    except TiffError:
        return 1
    return orientation if 1 <= orientation <= 8 else 1
