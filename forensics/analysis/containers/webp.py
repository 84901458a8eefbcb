"""WebP structure: RIFF chunks, size and metadata blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import Blocks, Geometry, corrupt, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_CHUNKS = 200_000
_IMAGES = frozenset((b"VP8 ", b"VP8L", b"ANMF"))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, payload start, payload end) of each RIFF chunk."""
    total = 8 + int.from_bytes(data[4:8], "little")
    if total > len(data):
        raise truncated("the WebP announces more bytes than there are")
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > total:
            return
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        end = position + 8 + length
        if end > total:
            raise truncated("a WebP chunk runs past the end")
        yield data[position : position + 4], position + 8, end
        position = end + (length & 1)
    raise corrupt("the WebP has more chunks than any picture needs")


def walk(data: bytes) -> Geometry:
    """Check that the picture is whole and give its size."""
    size: tuple[int, int] | None = None
    images = 0
    for name, start, end in chunks(data):
        if size is None:
            size = _size(name, data[start : min(end, start + 10)])
        images += name in _IMAGES
    if size is None or not images:
        raise corrupt("the WebP holds no picture")
    return Geometry(*size, frames=images)


def is_lossless(data: bytes) -> bool:
    """Whether the first picture in a WebP, also one among metadata, is lossless."""
    names = (name for name, _, _ in chunks(data) if name in _IMAGES)
    return next(names, b"") == b"VP8L"


def _size(name: bytes, head: bytes) -> tuple[int, int]:
    if name == b"VP8X" and len(head) == 10:
        width = int.from_bytes(head[4:7], "little")
        return width + 1, int.from_bytes(head[7:10], "little") + 1
    if name == b"VP8L" and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and len(head) == 10 and head[3:6] == b"\x9d\x01\x2a":
        width = int.from_bytes(head[6:8], "little") & 0x3FFF
        return width, int.from_bytes(head[8:10], "little") & 0x3FFF
    raise corrupt("the WebP does not begin with a picture header")


def blocks(data: bytes) -> Blocks:
    """Collect the metadata blocks."""
    found: dict[bytes, bytes] = {}
    for name, start, end in chunks(data):
        if name in (b"EXIF", b"XMP ", b"ICCP", b"C2PA"):
            found.setdefault(name, data[start:end])
    xmp = found.get(b"XMP ")
    return Blocks(
        exif=found.get(b"EXIF", b"").removeprefix(b"Exif\x00\x00"),
        xmp=(xmp,) if xmp else (),
        icc=found.get(b"ICCP", b""),
        c2pa=found.get(b"C2PA", b""),
    )
