"""Pictures inside the file besides the primary one: thumbnails, MPF, gain maps."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from forensics.analysis.containers import jpeg
from forensics.analysis.containers.photoshop import resources
from forensics.analysis.containers.tiff import TiffError, TiffStructure, thumbnail
from forensics.analysis.types import ImageRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forensics.analysis.containers import Blocks
    from forensics.analysis.containers.jpeg import Segment
    from forensics.analysis.jpeg_structure.trailing import Piece

_MPF: Final = b"MPF\x00"
_MPF_ENTRIES, _ENTRY_SIZE = 0xB002, 16
_MOST_IMAGES: Final = 64
# CIPA DC-007, the entry's type code.
_MPF_TYPES: Final[Mapping[int, tuple[str, str]]] = {
    0x010001: ("preview", "large thumbnail (VGA)"),
    0x010002: ("preview", "large thumbnail (full HD)"),
    0x020001: ("panorama", "panorama frame"),
    0x020002: ("disparity", "second view (stereo)"),
    0x020003: ("angle", "view from another angle"),
    0x030000: ("primary", "primary image"),
    0x040000: ("original", "original of an edited picture"),
    0x050000: ("gain_map", "gain map"),
}
_GAIN_MAPS: Final = (
    (b"urn:iso:std:iso:ts:21496:-1", "gain map (ISO 21496-1)"),
    (b"hdrgm:GainMapMax", "gain map (Ultra HDR)"),
    (b"hdrgm:Version", "gain map (Ultra HDR)"),
    (b"aux:hdrgainmap", "gain map (Apple)"),
    (b"HDRGainMapVersion", "gain map (Apple)"),
)
_DEPTH: Final = (b"depthmap", b"GDepth:", b'Semantic="Depth"', b"aux:disparity")
_MOTION: Final = (b"MicroVideo", b"MotionPhoto")
_PHOTOSHOP_THUMBNAILS: Final = (0x040C, 0x0409)
_PHOTOSHOP_HEADER: Final = 28
_HEADER: Final = 1 << 16
_MOST_SEGMENTS: Final = 64


@dataclass(frozen=True, slots=True)
class Inside:
    """A picture or film that the file carries along.

    ``offset`` is None where it lies inside another block; sizes are 0 where unknown.
    """

    kind: str
    name: str
    offset: int | None
    size: int
    width: int = 0
    height: int = 0


def find_inside(
    data: bytes,
    segments: Sequence[Segment],
    blocks: Blocks,
    pieces: Sequence[Piece],
) -> tuple[Inside, ...]:
    """List the thumbnails and further pictures of a JPEG."""
    listed = {one.offset: one for one in _listed(data, segments)}
    found = [*_thumbnails(data, segments, blocks), *listed.values()]
    for piece in pieces:
        if piece.kind == "jpeg" and piece.offset not in listed:
            found.append(Inside("jpeg", "another JPEG", piece.offset, piece.size))
        elif piece.kind in ("video", "heif"):
            found.append(Inside(piece.kind, piece.name, piece.offset, piece.size))
        elif "MotionPhoto_Data" in piece.notes:
            name = "motion photo in a Samsung trailer"
            found.append(Inside("motion_photo", name, piece.offset, piece.size))
    xmp = b"".join(blocks.xmp)
    return tuple(_recognized(data, one, xmp) for one in found[:_MOST_IMAGES])


def _recognized(data: bytes, one: Inside, xmp: bytes) -> Inside:
    """Say more of a picture by what it holds itself and the XMP says of it."""
    if one.kind == "video" and any(mark in xmp for mark in _MOTION):
        return replace(one, kind="motion_photo", name="motion photo (MP4)")
    if one.offset is None or not data.startswith(b"\xff\xd8", one.offset):
        return one
    view = data[one.offset : one.offset + min(one.size, _HEADER)]
    width, height = _size(view)
    sized = replace(one, width=width, height=height)
    for mark, name in _GAIN_MAPS:
        if mark in view:
            return replace(sized, kind="gain_map", name=name)
    if one.kind in ("jpeg", "undefined") and any(mark in view for mark in _DEPTH):
        return replace(sized, kind="depth", name="depth map")
    return sized


def _size(data: bytes) -> tuple[int, int]:
    """Return an embedded JPEG's width and height, 0 where they cannot be read."""
    try:
        for number, segment in enumerate(jpeg.segments(data)):
            if segment.marker in jpeg.FRAMES:
                frame = jpeg.read_frame(data, segment)
                return frame.width, frame.height
            if number > _MOST_SEGMENTS:
                break
    except ImageRejectedError:
        pass
    return 0, 0


def _listed(data: bytes, segments: Sequence[Segment]) -> Iterator[Inside]:
    """Yield the pictures that a multi-picture index (MPF) lists, without the first."""
    for segment in segments:
        if segment.marker == jpeg.APP2 and data.startswith(_MPF, segment.start):
            base = segment.start + len(_MPF)
            with suppress(TiffError):
                yield from _of_index(data, data[base : segment.end], base)
            return


def _of_index(data: bytes, index: bytes, base: int) -> Iterator[Inside]:
    structure = TiffStructure.parse(index)
    entries, _ = structure.directory(structure.first)
    entry = entries.get(_MPF_ENTRIES)
    if entry is None:
        return
    count = min(entry.size // _ENTRY_SIZE, _MOST_IMAGES)
    for number in range(count):
        at = entry.offset + _ENTRY_SIZE * number
        if at + _ENTRY_SIZE > len(index):
            return
        attribute, size, offset = struct.unpack_from(f"{structure.order}3I", index, at)
        # The primary image has the offset 0; all others count from the index.
        if offset and base + offset + size <= len(data):
            kind, name = _MPF_TYPES.get(
                attribute & 0xFFFFFF, ("undefined", "picture of no stated kind (MPF)")
            )
            yield Inside(kind, name, base + offset, size)


def _thumbnails(
    data: bytes, segments: Sequence[Segment], blocks: Blocks
) -> Iterator[Inside]:
    found = _exif_thumbnail(blocks.exif)
    if found:
        yield Inside("thumbnail", "EXIF thumbnail", None, len(found), *_size(found))
    for segment in segments:
        if segment.marker == jpeg.APP0 and data.startswith(b"JFXX\x00", segment.start):
            inner = data[segment.start + 6 : segment.end]
            name = "JFIF thumbnail"
            yield Inside(
                "thumbnail", name, segment.start + 6, len(inner), *_size(inner)
            )
            break
    for identifier, inner in resources(blocks.photoshop):
        if identifier in _PHOTOSHOP_THUMBNAILS and len(inner) > _PHOTOSHOP_HEADER:
            width, height = struct.unpack(">II", inner[4:12])
            size = len(inner) - _PHOTOSHOP_HEADER
            yield Inside(
                "thumbnail", "Photoshop's thumbnail", None, size, width, height
            )
            return


def _exif_thumbnail(block: bytes) -> bytes:
    try:
        structure = TiffStructure.parse(block)
        following = structure.following(structure.first)
        second = structure.directory(following)[0] if following else {}
    except TiffError:
        return b""
    return thumbnail(structure, second)
