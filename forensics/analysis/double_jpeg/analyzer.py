"""Double JPEG compression and foreign grids: a history in words, places in a map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.double_jpeg.aligned import Aligned, compare_regions
from forensics.analysis.double_jpeg.words import heat_map, summary_of
from forensics.analysis.jpeg_traces.coefficients import BLOCK, FREQUENCIES, quantize
from forensics.analysis.jpeg_traces.grid import (
    FOREIGN_NATS,
    ForeignGrid,
    Grid,
    prevailing,
)
from forensics.analysis.jpeg_traces.traces import (
    GRID_NATS,
    ROUNDING,
    earlier_of,
    places_of,
    table_before,
    traces_of,
)
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    Localization,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_traces.coefficients import Plane
    from forensics.analysis.jpeg_traces.traces import Traces

# Nats from which a place counts, as FOREIGN_NATS; see docs/signals.md for what
# untouched pictures reach.
ALIGNED_NATS: Final = 40.0
# Deviation up to which an earlier table shows through a later one on another grid.
_MOST_NOISE: Final = 1.5
# What the earlier table must explain then: noise blurs histograms unevenly.
_NATS_THROUGH_LATER: Final = 2.0
_SHARE_THROUGH_LATER: Final = 0.8

# OpenCV's threads would fight the server's workers for the cores.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class History:
    """All that was found out about one picture's compressions.

    Attributes
    ----------
    own : Grid or None
        A JPEG's own grid, at 0, 0; of other files the one that prevails.
    earlier : Grid or None
        Another grid all over a JPEG: it was cropped after an earlier compression.
    aligned : Aligned or None
        An earlier compression, compared region by region.
    foreign : tuple of ForeignGrid
        Places with a grid of their own, the most surprising first.
    """

    own: Grid | None
    earlier: Grid | None
    aligned: Aligned | None
    foreign: tuple[ForeignGrid, ...]

    @property
    def signal(self) -> float:
        """Strongest local inconsistency, 1 where it first counts."""
        aligned = self.aligned.surprise if self.aligned is not None else 0.0
        foreign = self.foreign[0].surprise if self.foreign else 0.0
        return max(aligned / ALIGNED_NATS, foreign / FOREIGN_NATS)

    @property
    def codes(self) -> tuple[str, ...]:
        """Stable words for what counts."""
        codes = []
        if self.aligned is not None and self.aligned.surprise >= ALIGNED_NATS:
            codes.append("local_double_jpeg")
        if self.foreign and self.foreign[0].surprise >= FOREIGN_NATS:
            codes.append("foreign_grid")
        return tuple(codes)


@dataclass(frozen=True, slots=True)
class DoubleJpegAnalyzer:
    """Traces of earlier JPEG compressions, and places that lack or contradict them.

    An earlier compression of the whole picture is no sign of forgery: every
    messenger leaves one. ``signal``, of local contradictions alone, is the strongest in
    units of what is needed for a code. There is no score: it is no probability.

    References
    ----------
    Bianchi, T., De Rosa, A., Piva, A. (2011). Improved DCT coefficient analysis for
    forgery localization in JPEG images. ICASSP.
    Nikoukhah, T. et al. (2021). ZERO: a local JPEG grid origin detector based on the
    number of DCT zeros and its applications in image forensics. IPOL 11.
    """

    name: str = "double_jpeg"
    version: str = "1.1"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look for compressions before the last one.

        Raises
        ------
        NotApplicableError
            The picture is too small or too uniform, its format leaves no such
            traces, or it shows no JPEG compression at all.
        """
        history = _history(evidence)
        shown = _probabilities(history, evidence.pixels.size)
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(history),
            codes=history.codes,
            data=_data(history),
            evidence=() if shown is None else (heat_map(evidence, shown),),
            localization=None if shown is None else Localization(shown, BLOCK),
        )


def _history(evidence: ImageEvidence) -> History:
    traces, earlier = traces_of(evidence), earlier_of(evidence)
    own = earlier.grid
    aligned = compare_regions(earlier.found, earlier.table, x=own.x, y=own.y)
    foreign = places_of(evidence)
    if traces.steps is not None:
        return _of_jpeg(traces, own, aligned, foreign)
    return History(own, None, aligned, foreign)


def _of_jpeg(
    traces: Traces,
    own: Grid,
    aligned: Aligned | None,
    foreign: tuple[ForeignGrid, ...],
) -> History:
    plane, votes, steps = traces.plane, traces.votes, traces.steps
    earlier = prevailing(votes, beside=0)
    local = {BLOCK * grid.y + grid.x for grid in foreign}
    if earlier is not None and (
        earlier.surprise < GRID_NATS or earlier.origin in local
    ):
        earlier = None
    if aligned is None and earlier is not None and steps is not None:
        aligned = _through_later(plane, earlier, steps)
    return History(own, earlier, aligned, foreign)


def _through_later(
    plane: Plane, earlier: Grid, steps: tuple[int, ...]
) -> Aligned | None:
    """Compare regions on an earlier grid, through the noise of the last one."""
    noise = math.sqrt(ROUNDING**2 + float(np.median(steps)) ** 2 / 12.0)
    if noise > _MOST_NOISE:
        return None
    x, y, ones = earlier.x, earlier.y, (1,) * len(FREQUENCIES)
    found = quantize(plane, x=x, y=y, steps=ones, noise=round(noise, 1))
    table = table_before(plane, found, x=x, y=y)
    aligned = compare_regions(found, table, x=x, y=y)
    if aligned is None or aligned.table.share < _SHARE_THROUGH_LATER:
        return None
    return aligned if aligned.table.nats > _NATS_THROUGH_LATER else None


def _probabilities(
    history: History, size: tuple[int, int]
) -> NDArray[np.float32] | None:
    """Return P(edited) of 8-px cells from what counts; None where nothing does."""
    columns, rows = (-(-side // BLOCK) for side in size)
    parts: list[NDArray[np.float32]] = []
    if "local_double_jpeg" in history.codes and history.aligned is not None:
        parts.append(_placed(history.aligned, rows, columns))
    for grid in history.foreign:
        if grid.surprise >= FOREIGN_NATS:
            whole = cv2.resize(grid.cells, (columns, rows))
            parts.append(np.asarray(whole, dtype=np.float32))
    if not parts:
        return None
    probabilities: NDArray[np.float32] = np.maximum.reduce(parts)
    return probabilities


def _placed(aligned: Aligned, rows: int, columns: int) -> NDArray[np.float32]:
    down, right = int(aligned.y >= BLOCK // 2), int(aligned.x >= BLOCK // 2)
    padded = np.pad(aligned.probabilities, ((down, 2), (right, 2)), mode="edge")
    return padded[:rows, :columns]


def _data(history: History) -> dict[str, Json]:
    own, earlier, aligned = history.own, history.earlier, history.aligned
    return {
        "signal": round(history.signal, 4),
        "grid_origin": None if own is None else [own.x, own.y],
        "earlier_grid": None
        if earlier is None
        else {
            "origin": [earlier.x, earlier.y],
            "nfa_log10": _log10_nfa(earlier.surprise),
        },
        "first_quality": None if aligned is None else aligned.table.quality,
        "aligned": None if aligned is None else _aligned_data(aligned),
        "foreign_grids": [
            {
                "origin": [grid.x, grid.y],
                "box": list(grid.box),
                "nfa_log10": _log10_nfa(grid.surprise),
            }
            for grid in history.foreign
            if grid.surprise >= FOREIGN_NATS
        ],
    }


def _aligned_data(aligned: Aligned) -> dict[str, Json]:
    counts = aligned.surprise >= ALIGNED_NATS
    return {
        "origin": [aligned.x, aligned.y],
        "first_steps": list(aligned.table.steps),
        "nats_per_block": round(aligned.table.nats, 3),
        "share_double": aligned.table.share,
        "region_nats": round(aligned.surprise, 2),
        "box": list(aligned.box) if counts else None,
    }


def _log10_nfa(surprise: float) -> float:
    return round(-surprise / math.log(10.0), 2)
