"""Local noise against what the picture itself leads one to expect there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.block_bands import (
    Blocks,
    deviations,
    measure_blocks,
    neighbourhoods,
    own_level,
    without_noise,
)
from forensics.analysis.deviation_map import (
    Place,
    draw_deviations,
    find_places,
    localization_of,
)
from forensics.analysis.noise.words import CAPTION, summary_of
from forensics.analysis.types import Finding, FindingStatus, Json, NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence

# u + v of the DCT coefficients that noise is read from. Finer ones survive no saving.
FINEST: Final = (5, 6)
_FLOOR: Final = 1.0
# Blocks a side that are averaged, and nats that one of them says at most.
SIDE: Final = 9
_MOST_NATS: Final = 2.0
# Bounds of what counts; docs/signals/noise.md says what untouched pictures reach.
LEVELS: Final = (1.5, 1.95)
# What all cells of a place reach, and where the map says one half.
_REACH: Final = 0.7
_SOFTNESS: Final = 0.1
_FLAT_SHARE: Final = 0.25
_CURVE_EDGES: Final = (12, 40, 68, 96, 124, 152, 180, 208, 243)
_FEWEST_ON_CURVE: Final = 12
_FLAT_ENERGY: Final = 0.05


@dataclass(frozen=True, slots=True)
class NoiseAnalyzer:
    """Places with more or less fine grain than similar places of the same picture.

    Noise depends on brightness, and texture looks like noise. So each 8-px block's
    fine energy is compared with a curve that is fitted to the picture itself, over
    brightness, color and coarse structure. ``signal`` is the strongest mean deviation
    of a neighbourhood, in nats of energy, either way. There is no score: it is no
    probability.

    References
    ----------
    Colom, M., Buades, A. (2013). Analysis and extension of the Ponomarenko et al.
    method, estimating a noise curve from a single image. IPOL 3.
    Gardella, M., Muse, P., Morel, J.-M., Colom, M. (2021). Noisesniffer: a fully
    automatic image forgery detector based on noise analysis. IWBF.
    """

    name: str = "noise"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Measure the noise everywhere and look for places apart.

        Raises
        ------
        NotApplicableError
            The picture is too small, too uniform, or nearly all black or white.
        """
        blocks = measure_blocks(evidence.pixels, finest=FINEST)
        if np.median(blocks.fine[blocks.is_usable]) < _FLAT_ENERGY:
            raise NotApplicableError(
                "Most of the picture has no fine grain at all (drawn, strongly "
                "smoothed or heavily compressed): there is no noise to compare."
            )
        nats = neighbourhoods(
            deviations(without_noise(blocks), floor=_FLOOR),
            side=SIDE,
            most=_MOST_NATS,
        )
        level = own_level(nats, blocks.is_usable, least=LEVELS[0], most=LEVELS[1])
        size = evidence.pixels.size
        places = find_places(
            nats, level=level, reach=_REACH, cell=blocks.cell, size=size
        )
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
            summary=summary_of(places),
            codes=("noise_outlier",) if places else (),
            data=_data(blocks, nats, places, level=level),
            evidence=(shown,),
            localization=localization_of(
                nats, reach=_REACH, softness=_SOFTNESS, cell=blocks.cell, size=size
            ),
        )


def _data(
    blocks: Blocks,
    nats: NDArray[np.float32],
    places: tuple[Place, ...],
    *,
    level: float,
) -> dict[str, Json]:
    return {
        "signal": round(float(np.abs(nats).max()), 4),
        "noisier": round(max(0.0, float(nats.max())), 4),
        "quieter": round(max(0.0, -float(nats.min())), 4),
        "level": round(level, 4),
        "cell": blocks.cell,
        "curve": noise_curve(blocks),
        "places": [_place(place) for place in places],
    }


def _place(place: Place) -> dict[str, Json]:
    return {
        "box": list(place.box),
        "direction": "noisier" if place.value > 0.0 else "quieter",
        # Nats are of energy, amplitude is its root; an estimate from below, since no
        # block counts for more than a bound.
        "factor": round(math.exp(place.value / 2.0), 2),
        "cells": place.cells,
    }


def noise_curve(blocks: Blocks) -> list[Json]:
    """Estimate noise over brightness, from the smoothest blocks of each range.

    Returns
    -------
    list
        ``[brightness, deviation]`` in gray levels of each range with enough blocks.
        It is an upper bound where nothing in a range is smooth.
    """
    curve: list[Json] = []
    for low, high in pairwise(_CURVE_EDGES):
        inside = (blocks.luma >= low) & (blocks.luma < high) & blocks.is_usable
        coarse, fine = blocks.coarse[inside], blocks.fine[inside]
        if len(coarse) < _FEWEST_ON_CURVE:
            continue
        smooth = fine[coarse <= np.quantile(coarse, _FLAT_SHARE)]
        deviation = math.sqrt(float(np.median(smooth)))
        curve.append([(low + high) // 2, round(deviation, 2)])
    return curve
