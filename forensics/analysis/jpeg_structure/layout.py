"""The parts of a JPEG file: segments, scans, Huffman tables, restarts, its end."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import jpeg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forensics.analysis.containers.jpeg import Frame, Segment

DHT: Final = 0xC4
_MARKERS: Final = {
    0xC4: "DHT", 0xCC: "DAC", jpeg.EOI: "EOI", jpeg.SOS: "SOS", jpeg.DQT: "DQT",
    0xDC: "DNL", jpeg.DRI: "DRI", 0xDE: "DHP", 0xDF: "EXP", jpeg.COM: "COM",
}  # fmt: skip
_CODINGS: Final = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
}
_NAME_LENGTH: Final = 40
_FEWEST_LETTERS: Final = 2
# T.81 K.3 - K.6 by a digest of counts and values, as libjpeg writes them.
_STANDARD_CODES: Final = frozenset(
    ("2f66814c875b5317", "a6283a08f5d97906", "602f734c8c12c1d9", "13f90e3c9dc476c6")
)
_MOST_TABLES: Final = 256
_MOST_CODES: Final = 256
# The places of libjpeg's own scripts: (components, first, last, high, low bit).
_COLOR_SCRIPT: Final = (
    ((0, 1, 2), 0, 0, 0, 1), ((0,), 1, 5, 0, 2), ((2,), 1, 63, 0, 1),
    ((1,), 1, 63, 0, 1), ((0,), 6, 63, 0, 2), ((0,), 1, 63, 2, 1),
    ((0, 1, 2), 0, 0, 1, 0), ((2,), 1, 63, 1, 0), ((1,), 1, 63, 1, 0),
    ((0,), 1, 63, 1, 0),
)  # fmt: skip
_GRAY_SCRIPT: Final = (
    ((0,), 0, 0, 0, 1), ((0,), 1, 5, 0, 2), ((0,), 6, 63, 0, 2),
    ((0,), 1, 63, 2, 1), ((0,), 0, 0, 1, 0), ((0,), 1, 63, 1, 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A marker segment as the page lists it; ``size`` includes marker and length."""

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan's header, and the bytes of coded data behind it.

    Attributes
    ----------
    components : tuple of int
        Places in the frame, from 0; -1 for one that the frame does not have.
    band : tuple of int
        First and last coefficient, 0..63 in zig-zag order.
    bits : tuple of int
        Successive approximation: high and low.
    """

    components: tuple[int, ...]
    band: tuple[int, int]
    bits: tuple[int, int]
    coded: int


@dataclass(frozen=True, slots=True)
class Restarts:
    """Restart interval in MCUs (0: none), markers found and, where known, expected."""

    interval: int
    markers: int
    expected: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """A JPEG file's primary image, taken apart.

    ``huffman`` is the number of standard and of other Huffman tables; ``end`` the
    offset behind the EOI.
    """

    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    frame: Frame | None
    scans: tuple[Scan, ...]
    huffman: tuple[int, int]
    restarts: Restarts
    end: int

    @property
    def coding(self) -> str:
        """How coefficients are coded, in words."""
        if self.frame is None:
            return "unknown"
        kind = self.frame.marker
        base = kind & ~0x0C if kind > 0xC3 else kind
        words = _CODINGS.get(base, "differential")
        return f"{words}, arithmetic" if kind >= 0xC9 else words

    @property
    def codes(self) -> str:
        """Whether Huffman tables are the standard's, in words."""
        standard, own = self.huffman
        if not standard and not own:
            return "none"
        if not own:
            return "standard"
        return "own (optimized)" if not standard else "partly standard"

    @property
    def script(self) -> str:
        """Who is known for this order of progressive scans, in words."""
        found = tuple((s.components, *s.band, *s.bits) for s in self.scans)
        if found in (_COLOR_SCRIPT, _GRAY_SCRIPT):
            return "libjpeg's usual script"
        return "a script of its own"


def read_layout(data: bytes) -> Layout:
    """Take apart a JPEG that the container walk has passed."""
    found = tuple(jpeg.segments(data))
    frame = next(
        (jpeg.read_frame(data, s) for s in found if s.marker in jpeg.FRAMES), None
    )
    return Layout(
        parts=_parts(data, found),
        segments=found,
        frame=frame,
        scans=_scans(data, found, frame),
        huffman=_huffman(data, found),
        restarts=_restarts(data, found, frame),
        end=found[-1].end,
    )


def segment_name(data: bytes, segment: Segment) -> str:
    """Name a segment; application data with the identifier they begin with."""
    marker = segment.marker
    if marker in jpeg.FRAMES:
        return f"SOF{marker - 0xC0}"
    if not jpeg.APP0 <= marker <= jpeg.APP0 + 15:
        return _MARKERS.get(marker, f"marker FF{marker:02X}")
    start, stop = segment.start, min(segment.end, segment.start + _NAME_LENGTH)
    raw = data[start:stop].split(b"\x00")[0].decode("ascii", errors="replace")
    name = "".join(c if " " <= c <= "~" else "." for c in raw)
    known = sum(c.isalnum() for c in name)
    label = name if known >= max(_FEWEST_LETTERS, len(name) // 2) else ""
    return f"APP{marker - jpeg.APP0} {label}".strip()


def _parts(data: bytes, found: Sequence[Segment]) -> tuple[Part, ...]:
    parts = [Part("SOI", 0, 2)]
    for segment in found:
        marker = segment.start - (2 if segment.marker == jpeg.EOI else 4)
        name = segment_name(data, segment)
        parts.append(Part(name, marker, segment.end - marker))
    return tuple(parts)


def _scans(
    data: bytes, found: Sequence[Segment], frame: Frame | None
) -> tuple[Scan, ...]:
    places = {c[0]: at for at, c in enumerate(frame.components)} if frame else {}
    scans = []
    for segment, following in pairwise(found):
        if segment.marker == jpeg.SOS:
            header = data[segment.start : segment.end]
            behind = following.start - (2 if following.marker == jpeg.EOI else 4)
            scans.append(_scan(header, places, coded=behind - segment.end))
    return tuple(scans)


def _scan(header: bytes, places: Mapping[int, int], *, coded: int) -> Scan:
    count = min(header[0], 4) if header else 0
    identifiers = header[1 : 1 + 2 * count : 2]
    tail = header[1 + 2 * count : 4 + 2 * count].ljust(3, b"\x00")
    return Scan(
        components=tuple(places.get(one, -1) for one in identifiers),
        band=(tail[0], tail[1]),
        bits=(tail[2] >> 4, tail[2] & 15),
        coded=max(0, coded),
    )


def _huffman(data: bytes, found: Sequence[Segment]) -> tuple[int, int]:
    kinds: Counter[bool] = Counter()
    for segment in found:
        position = segment.start
        while segment.marker == DHT and position + 17 <= segment.end:
            codes = sum(data[position + 1 : position + 17])
            end = position + 17 + codes
            if end > segment.end or codes > _MOST_CODES:
                break
            digest = hashlib.sha256(data[position + 1 : end]).hexdigest()[:16]
            kinds[digest in _STANDARD_CODES] += 1
            position = end
            if kinds.total() >= _MOST_TABLES:
                return kinds[True], kinds[False]
    return kinds[True], kinds[False]


def _restarts(data: bytes, found: Sequence[Segment], frame: Frame | None) -> Restarts:
    interval, largest, markers, expected = 0, 0, 0, 0
    for segment, following in pairwise(found):
        if segment.marker == jpeg.DRI:
            payload = data[segment.start : min(segment.end, segment.start + 2)]
            interval = int.from_bytes(payload, "big")
            largest = max(largest, interval)
        elif segment.marker == jpeg.SOS and interval:
            markers += count_restarts(data, segment.end, following.start)
            units = _units(data, segment, frame)
            expected += max(0, -(-units // interval) - 1)
    return Restarts(largest, markers, expected if frame is not None else None)


def count_restarts(data: bytes, start: int, end: int) -> int:
    """Count the restart markers in coded data."""
    levels = np.frombuffer(data, np.uint8, count=max(0, end - start), offset=start)
    behind = levels[1:][levels[:-1] == 0xFF]
    return int(((behind >= 0xD0) & (behind <= 0xD7)).sum())


def _units(data: bytes, segment: Segment, frame: Frame | None) -> int:
    """Return the MCUs of a scan: of one component, its own blocks (T.81, A.2)."""
    if frame is None or not frame.components:
        return 0
    most_h = max(1, *(h for _, h, _, _ in frame.components))
    most_v = max(1, *(v for _, _, v, _ in frame.components))
    count = data[segment.start] if segment.start < segment.end else 0
    h, v = most_h, most_v
    if count == 1 and segment.start + 1 < segment.end:
        ours = [c for c in frame.components if c[0] == data[segment.start + 1]]
        width, height = frame.width, frame.height
        if ours:
            width = -(-width * ours[0][1] // most_h)
            height = -(-height * ours[0][2] // most_v)
        return -(-width // 8) * -(-height // 8)
    return -(-frame.width // (8 * h)) * -(-frame.height // (8 * v))
