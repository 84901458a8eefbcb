"""GIF structure: blocks up to the trailer; size, frames, comments, XMP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import Blocks, Geometry, corrupt, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_BLOCKS = 1_000_000
_MAX_RECORDS = 200_000
_MAX_COMMENTS = 100
_XMP = b"XMP DataXMP"


def records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (kind, start, end): kind 0x2C for a frame, else the extension's label.

    Raises
    ------
    ImageRejectedError
        The data end before the trailer.
    """
    position = 13 + _table_size(data[10])
    budget = iter(range(_MAX_BLOCKS))
    for _ in range(_MAX_RECORDS):
        introducer = _byte(data, position)
        if introducer == 0x3B:
            return
        if introducer == 0x2C:
            flags = _byte(data, position + 9)
            end = _skip(data, position + 11 + _table_size(flags), budget)
            yield 0x2C, position + 1, end
        elif introducer == 0x21:
            end = _skip(data, position + 2, budget)
            yield _byte(data, position + 1), position + 2, end
        elif introducer == 0:
            end = position + 1
        else:
            raise corrupt("the GIF holds an unknown block")
        position = end
    raise corrupt("the GIF has more blocks than any picture needs")


def walk(data: bytes) -> Geometry:
    """Check that the picture is whole and give its size."""
    if len(data) < 14:
        raise truncated("the GIF ends in its header")
    width, height, frames = _word(data, 6), _word(data, 8), 0
    for kind, start, _ in records(data):
        if kind != 0x2C:
            continue
        frames += 1
        if frames == 1:
            # Decoders enlarge the canvas for a first frame that overhangs it.
            width = max(width, _word(data, start) + _word(data, start + 4))
            height = max(height, _word(data, start + 2) + _word(data, start + 6))
    if not frames:
        raise corrupt("the GIF holds no picture")
    return Geometry(width, height, frames)


def blocks(data: bytes) -> Blocks:
    """Collect comments and XMP."""
    comments: list[bytes] = []
    xmp: list[bytes] = []
    for kind, start, end in records(data):
        if kind == 0xFE and len(comments) < _MAX_COMMENTS:
            comments.append(_joined(data, start, end))
        elif kind == 0xFF and data[start + 1 : start + 12] == _XMP and not xmp:
            # XMP lies unblocked, with a 258-byte "magic trailer" behind it.
            xmp.append(data[start + 12 : end].partition(b"\x01\xff\xfe")[0])
    return Blocks(xmp=tuple(xmp), comments=tuple(comments))


def _table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip(data: bytes, position: int, budget: Iterator[int]) -> int:
    for _ in budget:
        length = _byte(data, position)
        position += length + 1
        if not length:
            return position
    raise corrupt("the GIF has more blocks than any picture needs")


def _joined(data: bytes, position: int, end: int) -> bytes:
    parts = []
    while position < end and data[position]:
        parts.append(data[position + 1 : position + 1 + data[position]])
        position += 1 + data[position]
    return b"".join(parts)


def _byte(data: bytes, position: int) -> int:
    if position >= len(data):
        raise truncated("the GIF has no trailer")
    return data[position]


def _word(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 2], "little")
