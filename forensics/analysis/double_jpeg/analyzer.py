"""Double JPEG compression and foreign grids: a history in words, places in a map."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.containers import webp
from forensics.analysis.double_jpeg.aligned import Aligned, compare_regions
from forensics.analysis.double_jpeg.coefficients import (
    BLOCK,
    FREQUENCIES,
    Quantized,
    load_plane,
    luma_steps,
    quantize,
    sample,
)
from forensics.analysis.double_jpeg.grid import (
    ForeignGrid,
    Grid,
    GridVotes,
    count_votes,
    foreign_grids,
    prevailing,
)
from forensics.analysis.double_jpeg.words import heat_map, summary_of
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    Localization,
    NotApplicableError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.double_jpeg.coefficients import Plane
    from forensics.analysis.image import ImageEvidence

SMALLEST_SIDE: Final = 128
# Nats from which a place counts, see docs/signals.md for what untouched pictures reach.
ALIGNED_NATS: Final = 40.0
FOREIGN_NATS: Final = 15.0
# Nats from which a grid of the whole picture is called one.
_GRID_NATS: Final = 12.0
_FEWEST_BLOCKS: Final = 64
# Rounding to gray levels, as a deviation of coefficients.
_ROUNDING: Final = 0.33
# Deviation up to which an earlier table shows through a later one on another grid.
_MOST_NOISE: Final = 1.5
# What the earlier table must explain then: noise blurs histograms unevenly.
_NATS_THROUGH_LATER: Final = 2.0
_SHARE_THROUGH_LATER: Final = 0.8
_LOSSLESS: Final = frozenset(("PNG", "TIFF", "BMP"))

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
        _check(evidence)
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


def _check(evidence: ImageEvidence) -> None:
    if min(evidence.pixels.size) < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too few blocks to compare "
            "their compressions."
        )
    found = evidence.header.format
    if found not in ("JPEG", *_LOSSLESS) and not _is_lossless_webp(evidence):
        raise NotApplicableError(
            f"{found} has a compression of its own, which hides traces of JPEG."
        )


def _is_lossless_webp(evidence: ImageEvidence) -> bool:
    return evidence.header.format == "WEBP" and webp.is_lossless(evidence.data)


def _history(evidence: ImageEvidence) -> History:
    plane = load_plane(evidence.pixels)
    if (~plane.is_clipped).sum() < _FEWEST_BLOCKS:
        raise NotApplicableError(
            "Almost all of the picture is black, white or fully saturated: there is "
            "nothing to compare."
        )
    steps = _confirmed(plane, luma_steps(evidence))
    votes = count_votes(plane.gray, is_jpeg=steps is not None)
    if votes.valid < _FEWEST_BLOCKS:
        raise NotApplicableError(
            "The picture is too uniform for traces of its compressions to show."
        )
    if steps is not None:
        return _of_jpeg(plane, votes, steps)
    return _of_pixels(plane, votes, is_jpeg=evidence.header.format == "JPEG")


def _confirmed(plane: Plane, steps: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the steps unless the pixels do not obey them (other color spaces)."""
    if steps is None:
        return None
    values = sample(plane, x=0, y=0).values
    for row, step in zip(values, steps, strict=True):
        if step >= 4:
            scaled = row[np.abs(row) > step / 2.0] / np.float32(step)
            if len(scaled) >= 50:
                is_near = np.abs(scaled - np.rint(scaled)) < 0.25
                return steps if is_near.mean() > 0.75 else None
    return steps


def _of_jpeg(plane: Plane, votes: GridVotes, steps: tuple[int, ...]) -> History:
    foreign = tuple(foreign_grids(votes, own=0))
    earlier = prevailing(votes, beside=0)
    local = {BLOCK * grid.y + grid.x for grid in foreign}
    if earlier is not None and (
        earlier.surprise < _GRID_NATS or earlier.origin in local
    ):
        earlier = None
    found = quantize(plane, x=0, y=0, steps=steps, noise=_ROUNDING)
    aligned = _compared(plane, found, x=0, y=0)
    if aligned is None and earlier is not None:
        aligned = _through_later(plane, earlier, steps)
    return History(Grid(0, 0, 1.0, math.inf), earlier, aligned, foreign)


def _through_later(
    plane: Plane, earlier: Grid, steps: tuple[int, ...]
) -> Aligned | None:
    """Compare regions on an earlier grid, through the noise of the last one."""
    noise = math.sqrt(_ROUNDING**2 + float(np.median(steps)) ** 2 / 12.0)
    if noise > _MOST_NOISE:
        return None
    x, y, ones = earlier.x, earlier.y, (1,) * len(FREQUENCIES)
    found = quantize(plane, x=x, y=y, steps=ones, noise=round(noise, 1))
    aligned = _compared(plane, found, x=x, y=y)
    if aligned is None or aligned.table.share < _SHARE_THROUGH_LATER:
        return None
    return aligned if aligned.table.nats > _NATS_THROUGH_LATER else None


def _of_pixels(plane: Plane, votes: GridVotes, *, is_jpeg: bool) -> History:
    own = prevailing(votes)
    if own is None or own.surprise < _GRID_NATS:
        if is_jpeg:
            raise NotApplicableError(
                "The file's colors are stored in a way that hides its own JPEG grid "
                "(CMYK, for example), and its pixels show none."
            )
        raise NotApplicableError(
            "The file is no JPEG, and its pixels show no grid of an earlier one."
        )
    ones = (1,) * len(FREQUENCIES)
    found = quantize(plane, x=own.x, y=own.y, steps=ones, noise=_ROUNDING)
    aligned = _compared(plane, found, x=own.x, y=own.y)
    return History(own, None, aligned, tuple(foreign_grids(votes, own=own.origin)))


def _compared(plane: Plane, found: Quantized, *, x: int, y: int) -> Aligned | None:
    elsewhere = sample(plane, x=(x + 4) % BLOCK, y=(y + 4) % BLOCK)
    if elsewhere.values.shape[1] < _FEWEST_BLOCKS:
        return None
    return compare_regions(found, elsewhere, x=x, y=y)


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
