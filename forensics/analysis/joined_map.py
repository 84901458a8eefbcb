"""One map of where a picture was edited, from the maps of all signals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.types import Localization

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forensics.analysis.types import Finding

# A map of its own for every pixel would take gigabytes of large pictures.
_LEAST_CELL = 4


def join_localizations(
    findings: Sequence[Finding], *, width: int, height: int
) -> Localization | None:
    """Join the findings' maps, the greatest value of each place.

    The localizer's map always takes part; of other signals only where they reported
    a code, that is, found something by their own standard.

    Parameters
    ----------
    findings : sequence of Finding
        One an analyzer.
    width, height : int
        Of the stored pixels.

    Returns
    -------
    Localization or None
        In the smallest cells that occur (4 px at least); None without any map.
    """
    maps = [
        finding.localization
        for finding in findings
        if finding.localization is not None
        and (finding.analyzer == "localizer" or finding.codes)
    ]
    if not maps:
        return None
    cell = max(_LEAST_CELL, min(one.cell for one in maps))
    shape = (math.ceil(height / cell), math.ceil(width / cell))
    joined = np.zeros(shape, dtype=np.float32)
    for one in maps:
        np.maximum(joined, _resampled(one, cell, shape), out=joined)
    return Localization(joined, cell)


def _resampled(
    one: Localization, cell: int, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Read a map at the middles of other cells."""
    rows, columns = (
        np.minimum(((np.arange(n) + 0.5) * cell / one.cell).astype(int), last - 1)
        for n, last in zip(shape, one.values.shape, strict=True)
    )
    return one.values[np.ix_(rows, columns)]
