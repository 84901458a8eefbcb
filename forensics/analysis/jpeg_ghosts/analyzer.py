"""JPEG ghosts: differences over a range of qualities, on the grids worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.jpeg_ghosts.ghosts import (
    QUALITIES,
    Ghost,
    find_ghost,
    noise_of,
    read_blocks,
)
from forensics.analysis.jpeg_ghosts.words import ghost_map, summary_of
from forensics.analysis.jpeg_traces.coefficients import BLOCK
from forensics.analysis.jpeg_traces.grid import likely_origins
from forensics.analysis.jpeg_traces.traces import earlier_of, traces_of
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    Localization,
    NotApplicableError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_traces.grid import Grid

# Nats from which a ghost counts; see docs/signals/jpeg-ghosts.md for what untouched
# pictures reach.
GHOST_NATS: Final = 20.0
# Grids beside the picture's own that are tried: those that some place votes for.
_OTHER_GRIDS: Final = 3


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked at, and the strongest place.

    ``grids`` are the origins tried, the picture's own first; ``pitch`` the distance in
    px of the blocks that were looked at.
    """

    own: Grid
    grids: tuple[int, ...]
    pitch: int
    ghost: Ghost | None

    @property
    def signal(self) -> float:
        """The strongest place in units of what counts."""
        return self.ghost.nats / GHOST_NATS if self.ghost is not None else 0.0

    @property
    def counts(self) -> bool:
        """Whether a place stands out."""
        return self.signal >= 1.0

    @property
    def shift(self) -> tuple[int, int]:
        """Px right and down from the picture's grid to the place's, each 0..7."""
        if self.ghost is None:
            return 0, 0
        x, y = self.ghost.x - self.own.x, self.ghost.y - self.own.y
        return x % BLOCK, y % BLOCK


@dataclass(frozen=True, slots=True)
class JpegGhostsAnalyzer:
    """Places that change less than the rest when saved at the quality they once had.

    ``signal`` is the strongest place in units of what is needed for the code. There is
    no score: it is no probability. Saving again is imitated on the coefficients of the
    brightness, for steps of even qualities 40 to 96, on the picture's own grid and on
    up to three others.

    References
    ----------
    Farid, H. (2009). Exposing digital forgeries from JPEG ghosts. IEEE Transactions on
    Information Forensics and Security 4.
    """

    name: str = "jpeg_ghosts"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look for ghosts.

        Raises
        ------
        NotApplicableError
            The picture is too small or too uniform, its format leaves no such traces,
            or it shows no JPEG compression at all.
        """
        search = look(evidence)
        shown = _placed(search, evidence.pixels.size) if search.counts else None
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(search),
            codes=("jpeg_ghost",) if search.counts else (),
            data=_data(search),
            evidence=() if shown is None else (ghost_map(evidence, shown, search),),
            localization=None if shown is None else Localization(shown, search.pitch),
        )


def look(evidence: ImageEvidence) -> Search:
    """Try all qualities on the picture's own grid and on those that votes point at.

    Raises
    ------
    NotApplicableError
        As the analyzer.
    """
    traces, own = traces_of(evidence), earlier_of(evidence).grid
    if evidence.header.format == "JPEG" and traces.steps is None:
        raise NotApplicableError(
            "The file's pixels do not follow its own table (another color space, for "
            "example): no earlier quality can be told from them."
        )
    others = likely_origins(traces.votes, own=own.origin, most=_OTHER_GRIDS)
    grids, best, pitch = (own.origin, *others), None, BLOCK
    for origin in grids:
        blocks = read_blocks(traces.plane, x=origin % BLOCK, y=origin // BLOCK)
        noise = noise_of(traces.steps, is_aligned=origin == own.origin)
        ghost, pitch = find_ghost(blocks, noise), blocks.pitch
        if ghost is not None and (best is None or ghost.nats > best.nats):
            best = ghost
    return Search(own, grids, pitch, best)


def _placed(search: Search, size: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return the map in cells from the upper left corner of the picture."""
    ghost = search.ghost
    if ghost is None:
        return None
    columns, rows = (-(-side // ghost.pitch) for side in size)
    down, right = (2 * at >= ghost.pitch for at in (ghost.y, ghost.x))
    padded = np.pad(ghost.probabilities, ((down, rows), (right, columns)))
    return padded[:rows, :columns]


def _data(search: Search) -> dict[str, Json]:
    ghost = search.ghost if search.counts else None
    found: Json = None
    if ghost is not None:
        found = {
            "quality": ghost.quality,
            "shift": list(search.shift),
            "box": list(ghost.box),
            "nats": round(ghost.nats, 2),
        }
    return {
        "signal": round(search.signal, 4),
        "ghost": found,
        "qualities": [QUALITIES[0], QUALITIES[-1]],
        "grids": [[origin % BLOCK, origin // BLOCK] for origin in search.grids],
        "block_distance": search.pitch,
    }
