"""Smoothing: places without their detail, and a median filter's streaks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.block_bands import (
    deviations,
    measure_blocks,
    neighbourhoods,
    own_level,
)
from forensics.analysis.deviation_map import (
    draw_deviations,
    find_places,
    localization_of,
)
from forensics.analysis.filtering.streaks import streak_ratio
from forensics.analysis.filtering.words import CAPTION, summary_of
from forensics.analysis.types import Finding, FindingStatus, Json, NotApplicableError

if TYPE_CHECKING:
    from forensics.analysis.deviation_map import Place
    from forensics.analysis.image import ImageEvidence

# u + v of the DCT coefficients that a smoothing takes away first.
FINEST: Final = (3, 6)
_FLOOR: Final = 0.3
SIDE: Final = 7
_MOST_NATS: Final = 2.0
# Bounds of what counts; docs/signals/filtering.md says what untouched pictures reach.
LEVELS: Final = (1.4, 1.85)
# What all cells of a place reach, and where the map says one half.
_REACH: Final = 0.7
_SOFTNESS: Final = 0.1
_FLAT_ENERGY: Final = 0.05
# Streaks of lossless photographs: untouched ones stay below, graphics lie above.
STREAKS: Final = (0.85, 2.5)
_LOSSLESS: Final = frozenset(("PNG", "TIFF", "BMP"))


@dataclass(frozen=True, slots=True)
class FilteringAnalyzer:
    """Places smoother than similar places of the picture; streaks of a median filter.

    ``signal`` is by how much the fine detail of a neighbourhood falls short, in nats
    of energy. Streaks are told in words and data alone, of lossless files, since one
    saving as JPEG wipes them out. There is no score: it is no probability.

    References
    ----------
    Kirchner, M., Fridrich, J. (2010). On detection of median filtering in digital
    images. SPIE Media Forensics and Security II.
    Su, B., Lu, S., Tan, C. L. (2011). Blurred image region detection and
    classification. ACM Multimedia.
    """

    name: str = "filtering"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Compare the detail of places and look for streaks.

        Raises
        ------
        NotApplicableError
            The picture is too small, too uniform, or nearly all black or white.
        """
        blocks = measure_blocks(evidence.pixels, finest=FINEST)
        if np.median(blocks.fine[blocks.is_usable]) < _FLAT_ENERGY:
            raise NotApplicableError(
                "Most of the picture has no detail at all: there is nothing to compare."
            )
        nats = neighbourhoods(
            deviations(blocks, floor=_FLOOR), side=SIDE, most=_MOST_NATS
        )
        level = own_level(nats, blocks.is_usable, least=LEVELS[0], most=LEVELS[1])
        lacking = np.minimum(nats, 0.0)
        size = evidence.pixels.size
        places = find_places(
            lacking, level=level, reach=_REACH, cell=blocks.cell, size=size
        )
        whole, parts = _streaks(evidence, places)
        shown = draw_deviations(
            evidence,
            nats,
            cell=blocks.cell,
            full=_MOST_NATS,
            kind=self.name,
            caption=CAPTION,
        )
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(
                places,
                has_streaks=_is_streaked(whole),
                has_local_streaks=any(_is_streaked(part) for part in parts),
            ),
            codes=("smoothed_region",) if places else (),
            data={
                "signal": round(max(0.0, -float(nats.min())), 4),
                "level": round(level, 4),
                "cell": blocks.cell,
                "streak_ratio": _rounded(whole),
                "is_streaked": _is_streaked(whole),
                "places": _places(places, parts),
            },
            evidence=(shown,),
            localization=localization_of(
                lacking, reach=_REACH, softness=_SOFTNESS, cell=blocks.cell, size=size
            ),
        )


def _streaks(
    evidence: ImageEvidence, places: tuple[Place, ...]
) -> tuple[float | None, tuple[float | None, ...]]:
    """Return the streak ratio of the picture and of each place, of lossless files."""
    if evidence.header.format not in _LOSSLESS:
        return None, (None,) * len(places)
    gray = np.asarray(evidence.pixels.convert("L"))
    parts = []
    for place in places:
        left, upper, right, lower = place.box
        parts.append(streak_ratio(gray[upper:lower, left:right]))
    return streak_ratio(gray), tuple(parts)


def _is_streaked(ratio: float | None) -> bool:
    return ratio is not None and STREAKS[0] <= ratio <= STREAKS[1]


def _places(places: tuple[Place, ...], parts: tuple[float | None, ...]) -> list[Json]:
    return [
        {
            "box": list(place.box),
            # Amplitude, the root of the energy that nats are of; at most this.
            "detail_left": round(math.exp(place.value / 2.0), 2),
            "cells": place.cells,
            "streak_ratio": _rounded(part),
        }
        for place, part in zip(places, parts, strict=True)
    ]


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 3)
