"""Traces of scaling: a history of the whole picture in words, places in a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.deviation_map import (
    draw_deviations,
    find_places,
    localization_of,
)
from forensics.analysis.resampling.drawing import draw_spectrum
from forensics.analysis.resampling.local import Windows, window_rhythms
from forensics.analysis.resampling.whole import Spectrum, whole_spectrum
from forensics.analysis.resampling.words import CAPTION, SPECTRUM, summary_of
from forensics.analysis.types import Finding, FindingStatus, Json, NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.deviation_map import Place
    from forensics.analysis.image import ImageEvidence

SMALLEST_SIDE: Final = 192
# Of larger pictures the middle is looked at: 16 megapixels, no side above 8,192 px.
MOST_PIXELS: Final = 16_000_000
_LONGEST_SIDE: Final = 8192
# Decimal places of a number of false alarms from which a window counts.
LEVEL: Final = 5.0
_SOFTNESS: Final = 0.5
_FULL: Final = 12.0
_LEAST_DEVIATION: Final = 2.0
_SHOWN_PEAKS: Final = 8


@dataclass(frozen=True, slots=True)
class ResamplingAnalyzer:
    """The rhythm of interpolation, in the whole picture and in parts of it.

    That a whole picture was scaled is usual and no sign of forgery. ``signal`` is the
    strongest rhythm of a part that the whole does not have: minus the decimal
    logarithm of its number of false alarms. There is no score: real patterns of a
    scene can have such a rhythm, too.

    References
    ----------
    Gallagher, A. C. (2005). Detection of linear and cubic interpolation in JPEG
    compressed images. Canadian Conference on Computer and Robot Vision.
    Mahdian, B., Saic, S. (2008). Blind authentication using periodic properties of
    interpolation. IEEE Transactions on Information Forensics and Security 3(3).
    """

    name: str = "resampling"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look for rhythms of scaling.

        Raises
        ------
        NotApplicableError
            The picture is too small or has no detail that could carry a rhythm.
        """
        gray, corner = _middle(evidence)
        spectrum = whole_spectrum(gray)
        known = [peak.frequency for peak in spectrum.peaks]
        windows = window_rhythms(gray, known)
        cells = _cells(windows, evidence, corner)
        places = find_places(
            cells,
            level=LEVEL,
            reach=LEVEL,
            cell=windows.stride,
            size=evidence.pixels.size,
        )
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(spectrum, places, is_whole=windows.is_whole),
            codes=("local_resampling",) if places else (),
            data=_data(spectrum, windows, places, gray, corner),
            evidence=(
                draw_deviations(
                    evidence,
                    cells,
                    cell=windows.stride,
                    full=_FULL,
                    kind=self.name,
                    caption=CAPTION,
                ),
                draw_spectrum(spectrum, kind="resampling_spectrum", caption=SPECTRUM),
            ),
            localization=localization_of(
                cells,
                reach=LEVEL,
                softness=_SOFTNESS,
                cell=windows.stride,
                size=evidence.pixels.size,
            ),
        )


def _middle(evidence: ImageEvidence) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Return the gray levels that are looked at, and their left upper corner."""
    width, height = evidence.pixels.size
    if min(width, height) < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too few pixels for the rhythm "
            "of scaling to show."
        )
    wide, high = min(width, _LONGEST_SIDE), min(height, _LONGEST_SIDE)
    if wide * high > MOST_PIXELS:
        shrink = (MOST_PIXELS / (wide * high)) ** 0.5
        wide, high = (max(SMALLEST_SIDE, int(side * shrink)) for side in (wide, high))
    # On the 8-px grid, so that the map's squares lie on the picture's.
    left, upper = ((width - wide) // 256 * 128, (height - high) // 256 * 128)
    box = (left, upper, left + wide, upper + high)
    part = evidence.pixels if (wide, high) == (width, height) else None
    gray = np.asarray((part or evidence.pixels.crop(box)).convert("L"))
    if float(np.std(gray[::8, ::8])) < _LEAST_DEVIATION:
        raise NotApplicableError(
            "The picture is almost uniform: nothing in it could carry the rhythm of "
            "scaling."
        )
    return gray, (left, upper)


def _cells(
    windows: Windows, evidence: ImageEvidence, corner: tuple[int, int]
) -> NDArray[np.float32]:
    """Spread windows over squares of half a side, of the whole picture.

    Each square shows the strongest of the (up to four) windows that cover it.
    """
    stride = windows.stride
    columns, rows = (-(-side // stride) for side in evidence.pixels.size)
    cells = np.zeros((rows, columns), dtype=np.float32)
    strengths = np.maximum(-windows.log10_nfa, 0.0)
    left, top = corner[0] // stride, corner[1] // stride
    high, wide = strengths.shape
    for down in (0, 1):
        for right in (0, 1):
            part = cells[top + down : top + down + high, left + right :][:, :wide]
            np.maximum(part, strengths[: part.shape[0], : part.shape[1]], out=part)
    return cells


def _data(
    spectrum: Spectrum,
    windows: Windows,
    places: tuple[Place, ...],
    gray: NDArray[np.uint8],
    corner: tuple[int, int],
) -> dict[str, Json]:
    row, column = np.unravel_index(
        int(windows.log10_nfa.argmin()), windows.log10_nfa.shape
    )
    return {
        "signal": round(-float(windows.log10_nfa[row, column]), 4),
        "whole_picture": {
            "is_scaled": windows.is_whole,
            "factors": [round(factor, 3) for factor in spectrum.factors],
            "peaks": [
                {
                    "frequency": round(peak.frequency, 4),
                    "nfa_log10": round(peak.log10_nfa, 1),
                }
                for peak in spectrum.peaks[:_SHOWN_PEAKS]
            ],
        },
        "strongest_window": {
            "box": [
                corner[0] + int(column) * windows.stride,
                corner[1] + int(row) * windows.stride,
                corner[0] + int(column) * windows.stride + windows.side,
                corner[1] + int(row) * windows.stride + windows.side,
            ],
            "frequency": round(float(windows.frequencies[row, column]), 4),
        },
        "looked_at": [*corner, corner[0] + gray.shape[1], corner[1] + gray.shape[0]],
        "places": [
            {"box": list(place.box), "nfa_log10": round(-place.value, 1)}
            for place in places
        ],
    }
