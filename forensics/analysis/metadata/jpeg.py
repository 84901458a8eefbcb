"""How a JPEG was written: quantization tables, quality, sampling, scan type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.containers.jpeg import Frame

Table = tuple[int, ...]

# ITU-T T.81, Annex K.1, in zig-zag order as the file stores them.
_LUMINANCE: Final[Table] = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
    26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip
_CHROMINANCE: Final[Table] = (
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
    *(99,) * 48,
)  # fmt: skip
_MAX_TABLES = 16


@dataclass(frozen=True, slots=True)
class JpegFacts:
    """How the primary image was compressed.

    ``tables`` are in zig-zag order. ``quality`` is that of the libjpeg scale whose
    table is nearest; ``is_standard`` tells whether it is met exactly.
    """

    tables: tuple[Table, ...]
    quality: int | None
    is_standard: bool
    subsampling: str
    is_progressive: bool
    components: int


def read_jpeg(data: bytes) -> JpegFacts:
    """Read tables and frame of a JPEG that the container walk has passed."""
    tables: dict[int, Table] = {}
    frame: Frame | None = None
    for segment in jpeg.segments(data):
        if segment.marker == jpeg.DQT:
            tables |= _tables(data[segment.start : segment.end])
        elif segment.marker in jpeg.FRAMES and frame is None:
            frame = jpeg.read_frame(data, segment)
    quality, is_standard = _quality(tables)
    return JpegFacts(
        tables=tuple(table for _, table in sorted(tables.items())),
        quality=quality,
        is_standard=is_standard,
        subsampling=_subsampling(frame),
        is_progressive=frame is not None and frame.marker in jpeg.PROGRESSIVE,
        components=len(frame.components) if frame is not None else 0,
    )


def _tables(payload: bytes) -> dict[int, Table]:
    found: dict[int, Table] = {}
    position = 0
    while position < len(payload) and len(found) < _MAX_TABLES:
        width, index = 1 + (payload[position] >> 4 > 0), payload[position] & 15
        raw = payload[position + 1 : position + 1 + 64 * width]
        if len(raw) < 64 * width:
            break
        kind = ">u2" if width == 2 else "u1"
        found[index] = tuple(np.frombuffer(raw, dtype=kind).tolist())
        position += 1 + 64 * width
    return found


def scaled_table(base: Table, quality: int) -> NDArray[np.int64]:
    """Scale a standard table the way libjpeg does for a quality of 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled = (np.array(base, dtype=np.int64) * scale + 50) // 100
    return scaled.clip(1, 255)


def _quality(tables: dict[int, Table]) -> tuple[int | None, bool]:
    if 0 not in tables:
        return None, False
    luminance = np.array(tables[0], dtype=np.int64)
    distances = [
        int(np.abs(scaled_table(_LUMINANCE, q) - luminance).sum())
        for q in range(1, 101)
    ]
    quality = int(np.argmin(distances)) + 1
    is_standard = distances[quality - 1] == 0
    if is_standard and 1 in tables:
        is_standard = tables[1] == tuple(scaled_table(_CHROMINANCE, quality).tolist())
    return quality, is_standard


def _subsampling(frame: Frame | None) -> str:
    if frame is None or not frame.components:
        return ""
    if len(frame.components) == 1:
        return "grayscale"
    factors = [(h, v) for _, h, v, _ in frame.components[:3]]
    if min(min(pair) for pair in factors) < 1:
        return "invalid"
    (h, v), (h2, v2) = factors[0], factors[1]
    names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (4, 1): "4:1:1"}
    names[1, 2] = "4:4:0"
    found = names.get((h // h2, v // v2))
    return found or "x".join(f"{a}{b}" for a, b in factors)
