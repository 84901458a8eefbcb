"""How often the whole picture was saved as JPEG, and a map of the grids in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forensics.analysis.jpeg_history import decision
from forensics.analysis.jpeg_history.grid_map import grid_map
from forensics.analysis.jpeg_history.words import summary_of
from forensics.analysis.jpeg_traces.grid import (
    FOREIGN_NATS,
    ForeignGrid,
    Grid,
    prevailing,
)
from forensics.analysis.jpeg_traces.traces import (
    GRID_NATS,
    earlier_of,
    places_of,
    traces_of,
)
from forensics.analysis.types import Finding, FindingStatus, Json, NotApplicableError

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_traces.traces import Traces

# What an earlier compression of a decoded picture must explain, in nats a block.
_FEWEST_NATS: Final = 0.25
# From here on a place is named: a number of false alarms of 1 in 100.
_PLACE_NATS: Final = math.log(100.0)


@dataclass(frozen=True, slots=True)
class WholeHistory:
    """What was found out about the picture as a whole.

    Attributes
    ----------
    is_jpeg : bool
        Whether the file itself is one; else its pixels are those of one.
    probability : float or None
        P(a JPEG was saved again), of a JPEG: for even odds before, from the measured
        calibration. None of a decoded one.
    first_quality : int or None
        Of the saving before the last, or of a decoded picture's.
    own : Grid
        Of a JPEG at 0, 0; of other files the one that prevails.
    earlier : Grid or None
        Another grid all over a JPEG: it was cropped after an earlier saving.
    places : tuple of ForeignGrid
        Places with a grid of their own that chance would not give, at most 8.
    """

    is_jpeg: bool
    probability: float | None
    first_quality: int | None
    own: Grid
    earlier: Grid | None
    places: tuple[ForeignGrid, ...]

    @property
    def is_saved_again(self) -> bool:
        """Whether it was certainly saved more often than once."""
        sure = self.probability is not None and self.probability >= decision.SURE
        return sure or self.earlier is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """Stable words; none of them is a sign of forgery."""
        flags = {
            "saved_again": self.is_saved_again,
            "cropped_after_saving": self.earlier is not None,
            "decoded_jpeg": not self.is_jpeg,
        }
        return tuple(code for code, holds in flags.items() if holds)


@dataclass(frozen=True, slots=True)
class JpegHistoryAnalyzer:
    """The whole picture's JPEG history, with a probability, and its grids in a map.

    It rests on the same traces as ``double_jpeg``, which judges local contradictions.
    A history of the whole picture is no sign of forgery: there is no score.

    References
    ----------
    Bianchi, T., De Rosa, A., Piva, A. (2011). Improved DCT coefficient analysis for
    forgery localization in JPEG images. ICASSP.
    Nikoukhah, T. et al. (2021). ZERO: a local JPEG grid origin detector based on the
    number of DCT zeros and its applications in image forensics. IPOL 11.
    """

    name: str = "jpeg_history"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Say how often the picture was saved.

        Raises
        ------
        NotApplicableError
            The picture is too small or too uniform, its format leaves no such traces,
            or it shows no JPEG compression at all.
        """
        traces, history = traces_of(evidence), read_history(evidence)
        has_map = history.places or history.earlier is not None
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(history),
            codes=history.codes,
            data=_data(history),
            evidence=(grid_map(evidence, traces.votes, history),) if has_map else (),
        )


def read_history(evidence: ImageEvidence) -> WholeHistory:
    """Read the whole picture's history from its traces.

    Raises
    ------
    NotApplicableError
        As the analyzer.
    """
    traces, before = traces_of(evidence), earlier_of(evidence)
    is_jpeg = evidence.header.format == "JPEG"
    if is_jpeg and traces.steps is None:
        raise NotApplicableError(
            "The file's pixels do not follow its own table (another color space, for "
            "example), so nothing before the last saving can be told from them."
        )
    table, own = before.table, before.grid
    chance = quality = None
    if table is not None and is_jpeg:
        chance = decision.probability(table)
        quality = decision.first_quality(table) if chance >= decision.SURE else None
    elif table is not None and table.nats >= _FEWEST_NATS:
        quality = decision.first_quality(table)
    found = places_of(evidence)
    places = tuple(grid for grid in found if grid.surprise >= _PLACE_NATS)[:8]
    earlier = _cropped(traces, found) if is_jpeg else None
    return WholeHistory(is_jpeg, chance, quality, own, earlier, places)


def _cropped(traces: Traces, found: tuple[ForeignGrid, ...]) -> Grid | None:
    """Return another grid all over a JPEG, which a crop after saving leaves."""
    earlier = prevailing(traces.votes, beside=0)
    if earlier is None or earlier.surprise < GRID_NATS:
        return None
    local = {(grid.x, grid.y) for grid in found}
    return None if (earlier.x, earlier.y) in local else earlier


def _data(history: WholeHistory) -> dict[str, Json]:
    earlier, chance = history.earlier, history.probability
    return {
        "saved_at_least": 2 if history.is_saved_again else 1,
        "probability_saved_again": None if chance is None else round(chance, 3),
        "first_quality": history.first_quality,
        "own_grid": [history.own.x, history.own.y],
        "own_grid_nfa_log10": None
        if history.is_jpeg
        else _log10_nfa(history.own.surprise),
        "earlier_grid": None if earlier is None else [earlier.x, earlier.y],
        "places": [
            {
                "shift": shift_of(grid, history.own),
                "box": list(grid.box),
                "nfa_log10": _log10_nfa(grid.surprise),
                "counts": grid.surprise >= FOREIGN_NATS,
            }
            for grid in history.places
        ],
    }


def shift_of(grid: ForeignGrid | Grid, own: Grid) -> list[Json]:
    """Return px to the right and down by which a grid is shifted, each 0..7."""
    return [(grid.x - own.x) % 8, (grid.y - own.y) % 8]


def _log10_nfa(surprise: float) -> float:
    return round(-surprise / math.log(10.0), 2)
