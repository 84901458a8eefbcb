"""The example tables of the JPEG standard and libjpeg's scale of qualities 1..100."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.containers.jpeg import Frame
    from forensics.analysis.quantization import Table

# ITU-T T.81, Annex K.1, in zig-zag order as the file stores them.
LUMINANCE: Final[Table] = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
    26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
)  # fmt: skip
CHROMINANCE: Final[Table] = (
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99,
    *(99,) * 48,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fit:
    """The quality whose table is nearest, and how near.

    Attributes
    ----------
    quality : int
        1..100.
    largest : int
        Largest difference of a step from the scaled table's; 0 where all agree.
    mean : float
        Mean absolute difference of the 64 steps.
    """

    quality: int
    largest: int
    mean: float

    @property
    def is_exact(self) -> bool:
        """Whether every step agrees."""
        return self.largest == 0


@cache
def scaled_tables(base: Table, *, highest: int = 255) -> NDArray[np.int64]:
    """Scale a base table as libjpeg does, for all qualities.

    Parameters
    ----------
    base : tuple of int
        64 steps for a quality of 50.
    highest : int
        What steps are limited to: 255 in baseline files.

    Returns
    -------
    ndarray of int64, shape (100, 64)
        Row ``quality - 1``; not to be altered.
    """
    qualities = np.arange(1, 101)
    scales = np.where(qualities < 50, 5000 // qualities, 200 - 2 * qualities)
    steps = np.asarray(base, dtype=np.int64)
    scaled: NDArray[np.int64] = ((steps * scales[:, None] + 50) // 100).clip(1, highest)
    scaled.flags.writeable = False
    return scaled


def nearest(table: Table, base: Table) -> Fit:
    """Return the quality at which the scaled base differs least from a table."""
    away = np.abs(scaled_tables(base) - np.asarray(table, dtype=np.int64))
    row = int(away.sum(axis=1).argmin())
    return Fit(row + 1, int(away[row].max()), float(away[row].mean()))


def subsampling(frame: Frame | None) -> str:
    """Name how much coarser the chroma is stored than the luma, such as ``4:2:0``."""
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
