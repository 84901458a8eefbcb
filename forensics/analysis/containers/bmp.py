"""BMP structure: header sanity and whether all rows are there."""

from __future__ import annotations

from forensics.analysis.containers.facts import (
    Geometry,
    corrupt,
    truncated,
    unsupported,
)

_HEADERS = frozenset((12, 40, 52, 56, 64, 108, 124))
_DEPTHS = frozenset((1, 4, 8, 16, 24, 32))
_PLAIN = frozenset((0, 3, 6))


def walk(data: bytes) -> Geometry:
    """Check that the picture is whole and give its size."""
    offset, header = _number(data, 10, 4), _number(data, 14, 4)
    if header not in _HEADERS:
        raise unsupported("This variant of BMP is not analyzed")
    if len(data) < 14 + header:
        raise truncated("the BMP ends in its header")
    width, height, depth, compression = _fields(data, header)
    if depth not in _DEPTHS:
        raise corrupt("the BMP header names an impossible pixel type")
    needed = (
        (width * depth + 31) // 32 * 4 * height
        if compression in _PLAIN
        else _number(data, 34, 4)
    )
    if offset + needed > len(data):
        raise truncated("rows of the BMP are missing")
    return Geometry(width, height)


def _fields(data: bytes, header: int) -> tuple[int, int, int, int]:
    if header == 12:
        return _number(data, 18, 2), _number(data, 20, 2), _number(data, 24, 2), 0
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    # A negative height means rows from the top; a negative width means nothing.
    return max(0, width), abs(height), _number(data, 28, 2), _number(data, 30, 4)


def _number(data: bytes, position: int, size: int) -> int:
    return int.from_bytes(data[position : position + size], "little")
