"""The first bytes of a file as a reader of hex dumps wants them, and its strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEX_BYTES = 4096
STRING_BYTES = 256 * 1024
MOST_STRINGS = 200
_ROW = 16
_SHORTEST = 6
_LONGEST = 120
_STRINGS = re.compile(rb"[\x20-\x7e]{%d,}" % _SHORTEST)


@dataclass(frozen=True, slots=True)
class HexRow:
    """Sixteen bytes: where they lie, their values, their printable characters."""

    offset: str
    values: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundString:
    """A run of printable ASCII characters and where it begins."""

    offset: str
    text: str


@dataclass(frozen=True, slots=True)
class FileHead:
    """The head of a file; ``has_more`` where it holds more strings than are shown."""

    rows: Sequence[HexRow]
    strings: Sequence[FoundString]
    has_more: bool


def read_head(data: bytes) -> FileHead:
    """Return the first 4 KiB in hexadecimal and the strings of what is given."""
    start = data[:HEX_BYTES]
    found = list(_found(data[:STRING_BYTES]))
    return FileHead(
        rows=[_row(start, at) for at in range(0, len(start), _ROW)],
        strings=found[:MOST_STRINGS],
        has_more=len(found) > MOST_STRINGS,
    )


def _row(data: bytes, at: int) -> HexRow:
    part = data[at : at + _ROW]
    text = "".join(chr(b) if 0x20 <= b <= 0x7E else "." for b in part)
    return HexRow(f"{at:04X}", part.hex(" ").upper(), text)


def _found(data: bytes) -> Sequence[FoundString]:
    found = []
    for match in _STRINGS.finditer(data):
        text = match.group().decode("ascii")
        # Compressed data hold short runs of any characters; words hold letters.
        if sum(c.isalnum() for c in text) * 2 < len(text):
            continue
        cut = f"{text[:_LONGEST]} …" if len(text) > _LONGEST else text
        found.append(FoundString(f"{match.start():06X}", cut))
        if len(found) > MOST_STRINGS:
            break
    return found
