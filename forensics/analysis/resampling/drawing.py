"""The spectrum of a picture's second differences, as a plain chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from forensics.analysis.deviation_map import encode_evidence

if TYPE_CHECKING:
    from forensics.analysis.resampling.whole import Spectrum
    from forensics.analysis.types import EvidenceImage

_WIDTH, _HEIGHT, _MARGIN = 800, 240, 24
_PAPER, _GRID, _LINE, _PEAK = (
    (18, 20, 24),
    (70, 74, 82),
    (150, 190, 230),
    (255, 150, 30),
)
_LEAST_RANGE: Final = 4.0


def draw_spectrum(spectrum: Spectrum, *, kind: str, caption: str) -> EvidenceImage:
    """Draw strengths on a logarithmic scale over 0 to half a cycle a pixel."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    heights = np.log1p(spectrum.strengths)
    tallest = max(_LEAST_RANGE, float(heights.max()))
    floor, reach = _HEIGHT - _MARGIN, _HEIGHT - 2 * _MARGIN
    for eighth in range(1, 5):
        across = _column(eighth / 8.0)
        pen.line((across, _MARGIN, across, floor), fill=_GRID)
        pen.text((across - 12, floor + 6), f"{eighth}/8", fill=_GRID)
    columns = np.minimum(
        (spectrum.frequencies * 2.0 * (_WIDTH - 1)).astype(int), _WIDTH - 1
    )
    outline = np.zeros(_WIDTH)
    np.maximum.at(outline, columns, heights)
    for across, height in enumerate(outline):
        pen.line((across, floor, across, floor - reach * height / tallest), fill=_LINE)
    for peak in spectrum.peaks:
        across = _column(peak.frequency)
        pen.line((across, _MARGIN, across, _MARGIN - 10), fill=_PEAK, width=3)
        pen.text((across - 12, 0), f"{peak.frequency:.3f}", fill=_PEAK)
    pen.line((0, floor, _WIDTH, floor), fill=_GRID)
    return encode_evidence(picture, kind=kind, caption=caption)


def _column(frequency: float) -> int:
    return round(frequency * 2.0 * (_WIDTH - 1))
