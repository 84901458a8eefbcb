"""PNG structure: chunks from IHDR to IEND, and the texts between."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import Blocks, Geometry, corrupt, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_CHUNKS = 100_000
_MAX_TEXT = 4 * 1024 * 1024
_MAX_ALL_TEXT = 8 * 1024 * 1024
_MAX_TEXTS = 200
_MAX_KEYWORD = 79  # by the standard
_MAX_PROFILE = 4 * 1024 * 1024
# Deflate makes at most 1032 bytes out of one: 16 MiB, and 1 MiB.
_STEP, _SMALL_STEP = 16 * 1024, 1024
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: first column, first row, column step, row step of each pass.
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_LAST_CHARACTER = re.compile(rb"[\xc0-\xff][\x80-\xbf]*\Z")
_XMP_KEYWORD = "XML:com.adobe.xmp"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk; ``start:end`` is its payload."""

    kind: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks, IEND last; raise when the data end before it."""
    position = 8
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(data):
            raise truncated("the PNG has no end chunk")
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        end = position + 8 + length
        if not kind.isalpha():
            raise corrupt("a PNG chunk has an impossible name")
        if end + 4 > len(data):
            raise truncated("a PNG chunk runs past the end")
        yield Chunk(kind, position + 8, end)
        if kind == b"IEND":
            return
        position = end + 4
    raise corrupt("the PNG has more chunks than any picture needs")


def walk(data: bytes) -> Geometry:
    """Check that the picture is whole and give its size."""
    size: tuple[int, int] | None = None
    frames, has_data = 1, False
    for chunk in chunks(data):
        if size is None:
            size = _header(data, chunk)
        elif chunk.kind == b"acTL":
            frames = max(1, int.from_bytes(data[chunk.start : chunk.start + 4], "big"))
        has_data = has_data or chunk.kind == b"IDAT"
    if size is None or not has_data:
        raise corrupt("the PNG holds no picture")
    return Geometry(*size, frames=frames)


def _header(data: bytes, chunk: Chunk) -> tuple[int, int]:
    payload = data[chunk.start : chunk.end]
    if chunk.kind != b"IHDR" or len(payload) != 13:
        raise corrupt("the PNG does not begin with its header")
    checksum = int.from_bytes(data[chunk.end : chunk.end + 4], "big")
    if zlib.crc32(b"IHDR" + payload) != checksum:
        raise corrupt("the PNG header fails its checksum")
    if payload[8] not in _DEPTHS.get(payload[9], ()):
        raise corrupt("the PNG header names an impossible pixel type")
    return int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big")


def pixels_only(data: bytes) -> bytes:
    """Return a copy with what the pixels need and nothing else.

    A decoder's own limits on texts and profiles must not decide on a picture.
    """
    # A small first letter says that a decoder may do without the chunk.
    kept = (
        data[chunk.start - 8 : chunk.end + 4]
        for chunk in chunks(data)
        if chunk.kind[:1].isupper() or chunk.kind == b"tRNS"
    )
    return data[:8] + b"".join(kept)


def check_rows(data: bytes) -> None:
    """Inflate the pixels and count them: decoders leave missing rows black.

    Raises
    ------
    ImageRejectedError
        Truncated: the compressed data end before the last row.
    """
    missing = _filtered_size(data)
    # Without header and checksum, which are the decoder's business.
    inflater, skipped = zlib.decompressobj(-zlib.MAX_WBITS), 2
    try:
        for piece in _compressed_pieces(data):
            missing -= len(inflater.decompress(piece[skipped:]))
            skipped = max(0, skipped - len(piece))
            if missing <= 0:
                return
    except zlib.error as error:
        raise corrupt("the PNG's pixels cannot be unpacked") from error
    raise truncated("rows of the PNG are missing")


def _compressed_pieces(data: bytes) -> Iterator[bytes]:
    for chunk in chunks(data):
        if chunk.kind == b"IDAT":
            for start in range(chunk.start, chunk.end, _STEP):
                yield data[start : min(start + _STEP, chunk.end)]


def _filtered_size(data: bytes) -> int:
    """Count the bytes of all rows, each with its filter byte in front."""
    first = next(chunks(data))
    width, height = _header(data, first)
    depth, color, interlace = (data[first.start + at] for at in (8, 9, 12))
    size = 0
    for left, top, step_x, step_y in _PASSES if interlace else ((0, 0, 1, 1),):
        columns, rows = -((left - width) // step_x), -((top - height) // step_y)
        if columns > 0 and rows > 0:
            size += rows * (1 + (columns * depth * _CHANNELS[color] + 7) // 8)
    return size


def blocks(data: bytes) -> Blocks:
    """Collect the metadata blocks, texts up to a budget for all together."""
    exif, profile, c2pa = b"", b"", b""
    texts = _Texts()
    for chunk in chunks(data):
        if chunk.kind == b"eXIf":
            exif = data[chunk.start : chunk.end].removeprefix(b"Exif\x00\x00")
        elif chunk.kind == b"iCCP":
            profile = data[chunk.start : chunk.end]
        elif chunk.kind == b"caBX":
            c2pa = data[chunk.start : chunk.end]
        elif chunk.kind in _TEXT_READERS or chunk.kind == b"tIME":
            texts.add(data, chunk)
    found = texts.found
    return Blocks(
        exif=exif,
        xmp=tuple(t.encode() for keyword, t in found if keyword == _XMP_KEYWORD),
        icc=_inflate(profile.partition(b"\x00")[2], _MAX_PROFILE),
        texts=tuple((k, t) for k, t in found if k != _XMP_KEYWORD),
        c2pa=c2pa,
    )


@dataclass(slots=True)
class _Texts:
    """Texts as they are collected, and the bytes that are left for more."""

    left: int = _MAX_ALL_TEXT
    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, data: bytes, chunk: Chunk) -> None:
        if len(self.found) >= _MAX_TEXTS or not self.left:
            return
        cap = min(self.left, _MAX_TEXT)
        payload = data[chunk.start : min(chunk.end, chunk.start + cap + _STEP)]
        if chunk.kind == b"tIME":
            if len(payload) == 7:
                self.found.append(("tIME", _time(payload)))
            return
        keyword, _, rest = payload.partition(b"\x00")
        raw = _TEXT_READERS[chunk.kind](rest, cap)
        self.left -= len(raw)
        self.found.append((_text(keyword[:_MAX_KEYWORD]), _text(raw)))


def _time(payload: bytes) -> str:
    year = int.from_bytes(payload[:2], "big")
    month, day, hour, minute, second = payload[2:]
    return f"{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"


def _plain(rest: bytes, cap: int) -> bytes:
    return _clip(rest, cap)


def _international(rest: bytes, cap: int) -> bytes:
    body = rest[2:].partition(b"\x00")[2].partition(b"\x00")[2]
    # The method's byte stands before the language and the translated keyword.
    return _inflate(rest[1:2] + body, cap) if rest[:1] == b"\x01" else _clip(body, cap)


def _inflate(raw: bytes, cap: int) -> bytes:
    """Decompress what stands behind the method's byte, up to the cap or an error."""
    if raw[:1] != b"\x00":
        return b""
    inflater, parts, room = zlib.decompressobj(), [], cap
    with suppress(zlib.error):
        for start in range(1, len(raw), _SMALL_STEP):
            parts.append(inflater.decompress(raw[start : start + _SMALL_STEP]))
            room -= len(parts[-1])
            if room < 0 or inflater.eof:
                break
    return _clip(b"".join(parts), cap)


def _clip(raw: bytes, cap: int) -> bytes:
    """Cut at the cap, and not inside a character where the text is UTF-8."""
    if len(raw) <= cap:
        return raw
    tail = max(0, cap - 4)
    return raw[:tail] + _LAST_CHARACTER.sub(b"", raw[tail:cap])


def _text(raw: bytes) -> str:
    """Decode as UTF-8 where it is that: many generators ignore the standard."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


_TEXT_READERS = {b"tEXt": _plain, b"zTXt": _inflate, b"iTXt": _international}
