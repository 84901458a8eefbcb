"""PNG structure: chunks from IHDR to IEND, and the texts between."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import Blocks, Geometry, corrupt, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_CHUNKS = 100_000
_MAX_TEXT = 4 * 1024 * 1024
_MAX_TEXTS = 200
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
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


def blocks(data: bytes) -> Blocks:
    """Collect the metadata blocks."""
    exif, icc, c2pa = b"", b"", b""
    texts: list[tuple[str, str]] = []
    for chunk in chunks(data):
        payload = data[chunk.start : chunk.end] if chunk.kind != b"IDAT" else b""
        if chunk.kind == b"eXIf":
            exif = payload.removeprefix(b"Exif\x00\x00")
        elif chunk.kind == b"iCCP":
            icc = _inflate(payload.partition(b"\x00")[2][1:])
        elif chunk.kind == b"caBX":
            c2pa = payload
        elif chunk.kind in _TEXT_READERS and len(texts) < _MAX_TEXTS:
            texts.append(_TEXT_READERS[chunk.kind](payload))
        elif chunk.kind == b"tIME" and len(payload) == 7:
            texts.append(("tIME", _time(payload)))
    xmp = tuple(t.encode() for keyword, t in texts if keyword == _XMP_KEYWORD)
    named = tuple((k, t) for k, t in texts if k != _XMP_KEYWORD)
    return Blocks(exif=exif, xmp=xmp, icc=icc, texts=named, c2pa=c2pa)


def _time(payload: bytes) -> str:
    year = int.from_bytes(payload[:2], "big")
    month, day, hour, minute, second = payload[2:]
    return f"{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"


def _plain(payload: bytes) -> tuple[str, str]:
    keyword, _, text = payload.partition(b"\x00")
    return _latin(keyword), _latin(text[:_MAX_TEXT])


def _compressed(payload: bytes) -> tuple[str, str]:
    keyword, _, rest = payload.partition(b"\x00")
    return _latin(keyword), _latin(_inflate(rest[1:]))


def _international(payload: bytes) -> tuple[str, str]:
    keyword, _, rest = payload.partition(b"\x00")
    is_compressed = rest[:1] == b"\x01"
    body = rest[2:].partition(b"\x00")[2].partition(b"\x00")[2]
    text = _inflate(body) if is_compressed else body[:_MAX_TEXT]
    # A surrogate cannot come out of a strict decoder with "replace".
    return _latin(keyword), text.decode("utf-8", errors="replace")


def _latin(raw: bytes) -> str:
    """Decode as UTF-8 where it is that: many generators ignore the standard."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _inflate(raw: bytes) -> bytes:
    """Decompress at most the cap: a text chunk may be a bomb."""
    try:
        return zlib.decompressobj().decompress(raw, _MAX_TEXT)
    except zlib.error:
        return b""


_TEXT_READERS = {b"tEXt": _plain, b"zTXt": _compressed, b"iTXt": _international}
