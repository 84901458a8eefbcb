"""JPEG structure: the segments, the size, and the end of the primary image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from forensics.analysis.containers.facts import (
    Blocks,
    Geometry,
    corrupt,
    truncated,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SOI, EOI, SOS, DQT, DRI, COM = 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xFE
APP0, APP1, APP2, APP11, APP13, APP14 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE
PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_STANDALONE = frozenset((0x01, SOI, *range(0xD0, 0xD8)))
# In coded data FF 00 is a stuffed byte, FF D0..D7 a restart, FF FF filling.
_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_MAX_SEGMENTS = 20_000
# Decoders read filling between header segments byte by byte: minutes for megabytes.
_MAX_FILLING = 64 * 1024
_MAX_XMP_PACKETS = 4
# A decoder goes over the whole picture for each scan; encoders make about ten.
_MAX_SCANS = 100
_EXIF = b"Exif\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_EXTENSION = b"http://ns.adobe.com/xmp/extension/\x00"
_ICC = b"ICC_PROFILE\x00"
_PHOTOSHOP = b"Photoshop 3.0\x00"


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment; ``start:end`` is its payload without the length."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A start-of-frame header: size and (identifier, h, v, table) per component."""

    marker: int
    precision: int
    width: int
    height: int
    components: tuple[tuple[int, int, int, int], ...]


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the primary image's segments, its EOI last.

    Raises
    ------
    ImageRejectedError
        The data end before the EOI of the primary image.
    """
    position, is_in_scan = 2, False
    for _ in range(_MAX_SEGMENTS):
        found = _NEXT_MARKER.search(data, position)
        if found is None:
            raise truncated("the JPEG has no end marker")
        if found.start() - position > _MAX_FILLING and not is_in_scan:
            raise corrupt("the JPEG's header is full of filling")
        marker = data[found.start() + 1]
        position = found.end()
        if marker in _STANDALONE:
            continue
        if marker == EOI:
            yield Segment(EOI, position, position)
            return
        end = position + int.from_bytes(data[position : position + 2], "big")
        if max(end, position + 2) > len(data):
            raise truncated("a JPEG segment runs past the end")
        if end < position + 2:
            raise corrupt("a JPEG segment has an impossible length")
        yield Segment(marker, position + 2, end)
        position, is_in_scan = end, marker == SOS
    raise corrupt("the JPEG has more segments than any picture needs")


def read_frame(data: bytes, segment: Segment) -> Frame:
    """Parse a start-of-frame segment."""
    payload = data[segment.start : segment.end]
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        raise corrupt("the JPEG frame header is too short")
    parts = tuple(
        (payload[i], payload[i + 1] >> 4, payload[i + 1] & 15, payload[i + 2])
        for i in range(6, 6 + 3 * payload[5], 3)
    )
    return Frame(
        marker=segment.marker,
        precision=payload[0],
        height=int.from_bytes(payload[1:3], "big"),
        width=int.from_bytes(payload[3:5], "big"),
        components=parts,
    )


def walk(data: bytes) -> Geometry:
    """Check that the primary image is whole and give its size."""
    frame: Frame | None = None
    scans = 0
    for segment in segments(data):
        if segment.marker in FRAMES and frame is None:
            frame = read_frame(data, segment)
        scans += segment.marker == SOS
    if frame is None or not scans:
        raise corrupt("the JPEG holds no picture")
    if scans > _MAX_SCANS:
        raise corrupt("the JPEG has more scans than any picture needs")
    if frame.precision != 8:
        raise unsupported(f"JPEG with {frame.precision} bits a sample is not analyzed")
    return Geometry(frame.width, frame.height)


def blocks(data: bytes) -> Blocks:
    """Collect the metadata blocks of the primary image."""
    by_marker: dict[int, list[bytes]] = {}
    for segment in segments(data):
        if segment.marker >= APP0:
            payload = data[segment.start : segment.end]
            by_marker.setdefault(segment.marker, []).append(payload)
    app1 = by_marker.get(APP1, [])
    resources = _payloads(by_marker.get(APP13, []), _PHOTOSHOP)
    return Blocks(
        exif=_first(p.lstrip(b"\x00") for p in _payloads(app1, _EXIF)),
        xmp=_xmp_packets(app1),
        photoshop=b"".join(resources),
        icc=_icc_profile(by_marker.get(APP2, [])),
        comments=tuple(by_marker.get(COM, [])),
        applications=_application_names(by_marker),
        c2pa=b"".join(p for p in by_marker.get(APP11, []) if p[:2] == b"JP"),
    )


def _payloads(found: list[bytes], prefix: bytes) -> list[bytes]:
    return [p[len(prefix) :] for p in found if p.startswith(prefix)]


def _first(found: Iterator[bytes]) -> bytes:
    return next(found, b"")


def _xmp_packets(app1: list[bytes]) -> tuple[bytes, ...]:
    packets = _payloads(app1, _XMP)[:_MAX_XMP_PACKETS]
    # Extended XMP: GUID (32), full length (4), offset (4), then a part.
    parts = _payloads(app1, _XMP_EXTENSION)
    ordered = sorted((p[36:40], p[40:]) for p in parts if len(p) > 40)
    if ordered:
        packets.append(b"".join(part for _, part in ordered))
    return tuple(packets)


def _icc_profile(app2: list[bytes]) -> bytes:
    parts = [p for p in _payloads(app2, _ICC) if len(p) > 2]
    return b"".join(p[2:] for p in sorted(parts, key=partial(_sequence_number)))


def _sequence_number(part: bytes) -> int:
    return part[0]


def _application_names(by_marker: dict[int, list[bytes]]) -> tuple[str, ...]:
    names = []
    for marker, payloads in sorted(by_marker.items()):
        if marker == COM or marker > 0xEF:
            continue
        for payload in payloads:
            name = payload[:32].split(b"\x00")[0].decode("ascii", errors="replace")
            names.append(f"APP{marker - APP0} {name}".strip())
    return tuple(names)
