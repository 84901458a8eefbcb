"""How a JPEG was written: quantization tables, quality, sampling, scan type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.containers import jpeg
from forensics.analysis.jpeg_scale import (
    CHROMINANCE,
    LUMINANCE,
    nearest,
    scaled_tables,
    subsampling,
)
from forensics.analysis.quantization import Table, coded_tables

if TYPE_CHECKING:
    from forensics.analysis.quantization import CodedTables


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
        subsampling=subsampling(frame),
        is_progressive=frame is not None and frame.marker in jpeg.PROGRESSIVE,
        components=len(frame.components) if frame is not None else 0,
    )


def _quality(coded: CodedTables) -> tuple[int | None, bool]:
    if coded.luma is None:
        return None, False
    fit = nearest(coded.luma, LUMINANCE)
    is_standard, chroma = fit.is_exact, coded.of_component(1)
    # One table may serve both, as in Photoshop's RGB.
    if is_standard and chroma is not None and chroma is not coded.luma:
        scaled = scaled_tables(CHROMINANCE)[fit.quality - 1]
        is_standard = chroma == tuple(scaled.tolist())
    return fit.quality, is_standard
