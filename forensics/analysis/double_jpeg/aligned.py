"""Blocks that lack an earlier compression which the rest of the picture has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.jpeg_traces.coefficients import BLOCK
from forensics.analysis.jpeg_traces.regions import strongest_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.jpeg_traces.coefficients import Quantized
    from forensics.analysis.jpeg_traces.first_table import FirstTable

# Nats a block by which two compressions must explain the picture better than one.
# Photographs with one reach .2 (histograms are never quite Laplacian).
_FEWEST_NATS: Final = 0.25
# The same where the steps fit no libjpeg quality.
_FEWEST_NATS_UNNAMED: Final = 0.75
# Part of coefficients that may disobey the first table, whatever the reason.
_CONTAMINATION: Final = 0.05
# A block's coefficients are not independent: none says more than this.
_MOST_NATS: Final = 6.0
# A region counts by what exceeds this a block: a stray coefficient here and there
# adds up over thousands of blocks.
_TOLL: Final = 1.0
_PRIOR: Final = -3.0


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """An earlier compression on one grid, and the region most likely without it.

    Attributes
    ----------
    x, y : int
        Origin of the grid, 0..7.
    table : FirstTable
        The earlier compression.
    surprise : float
        Nats for the region, above a toll a block. ``exp(-surprise)`` bounds the
        probability of as much in a given place of an untouched picture.
    box : tuple of int
        Left, upper, right, lower of the region, in px.
    probabilities : ndarray of float32, shape (rows, columns)
        P(no earlier compression) of each block.
    """

    x: int
    y: int
    table: FirstTable
    surprise: float
    box: tuple[int, int, int, int]
    probabilities: NDArray[np.float32]


def compare_regions(
    found: Quantized, table: FirstTable | None, *, x: int, y: int
) -> Aligned | None:
    """Look for a region that lacks an earlier compression of the picture.

    Returns None where the picture as a whole shows no earlier compression.
    """
    if table is None or table.nats < (
        _FEWEST_NATS if table.quality is not None else _FEWEST_NATS_UNNAMED
    ):
        return None
    nats = np.clip(block_nats(found, table), -_MOST_NATS, _MOST_NATS)
    surprise, place = strongest_square(nats, toll=_TOLL)
    box = place.pixels(x=x, y=y, pitch=BLOCK)
    near = cv2.boxFilter(nats, -1, (3, 3), normalize=False)
    probabilities = 1.0 / (1.0 + np.exp(-np.clip(near + _PRIOR, -30.0, 30.0)))
    return Aligned(x, y, table, surprise, box, probabilities.astype(np.float32))


def block_nats(found: Quantized, table: FirstTable) -> NDArray[np.float32]:
    """Return log p(block | one compression) - log p(block | two).

    0 for blocks that are clipped, or flat: their one value proves nothing, however
    often it is repeated.
    """
    nats = np.zeros(found.is_clipped.shape, dtype=np.float32)
    for index, ratios in enumerate(table.ratios):
        if ratios.size:
            says = -np.log((1.0 - _CONTAMINATION) * ratios + _CONTAMINATION)
            nats += _looked_up(says.astype(np.float32), found.bins[index], index)
    nats[found.is_clipped | ~found.bins[1:].any(axis=0)] = 0.0
    return nats


def _looked_up(
    says: NDArray[np.float32], bins: NDArray[np.int16], index: int
) -> NDArray[np.float32]:
    if index == 0:
        return says[np.clip(bins.astype(np.int32) + len(says) // 2, 0, len(says) - 1)]
    padded = np.pad(says, 1)
    return padded[np.minimum(np.abs(bins), len(says) + 1)]
