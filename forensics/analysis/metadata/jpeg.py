"""How a JPEG was written: quantization tables, quality, sampling, scan type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import jpeg
from forensics.analysis.quantization import Table, coded_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.containers.jpeg import Frame
    from forensics.analysis.quantization import CodedTables

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
    coded = coded_tables(data)
    frame = coded.frame
    quality, is_standard = _quality(coded)
    return JpegFacts(
        tables=tuple(coded.by_index.values()),
        quality=quality,
        is_standard=is_standard,
        subsampling=_subsampling(frame),
        is_progressive=frame is not None and frame.marker in jpeg.PROGRESSIVE,
        components=len(frame.components) if frame is not None else 0,
    )


def scaled_table(base: Table, quality: int) -> NDArray[np.int64]:
    """Scale a standard table the way libjpeg does for a quality of 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    scaled = (np.array(base, dtype=np.int64) * scale + 50) // 100
    return scaled.clip(1, 255)


def _quality(coded: CodedTables) -> tuple[int | None, bool]:
    if coded.luma is None:
        return None, False
    luminance = np.array(coded.luma, dtype=np.int64)
    distances = [
        int(np.abs(scaled_table(_LUMINANCE, q) - luminance).sum())
        for q in range(1, 101)
    ]
    quality = int(np.argmin(distances)) + 1
    is_standard = distances[quality - 1] == 0
    chroma = coded.of_component(1)
    # One table may serve both, as in Photoshop's RGB.
    if is_standard and chroma is not None and chroma is not coded.luma:
        is_standard = chroma == tuple(scaled_table(_CHROMINANCE, quality).tolist())
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
