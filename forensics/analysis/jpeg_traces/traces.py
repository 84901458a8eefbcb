"""The traces of JPEG in one picture, computed once for all analyzers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import webp
from forensics.analysis.jpeg_traces.coefficients import (
    BLOCK,
    FREQUENCIES,
    load_plane,
    luma_steps,
    quantize,
    sample,
)
from forensics.analysis.jpeg_traces.first_table import find_first_table
from forensics.analysis.jpeg_traces.grid import (
    Grid,
    count_votes,
    foreign_grids,
    prevailing,
)
from forensics.analysis.types import NotApplicableError

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_traces.coefficients import Plane, Quantized
    from forensics.analysis.jpeg_traces.first_table import FirstTable
    from forensics.analysis.jpeg_traces.grid import ForeignGrid, GridVotes

SMALLEST_SIDE: Final = 128
# Nats from which a grid of the whole picture is called one.
GRID_NATS: Final = 12.0
FEWEST_BLOCKS: Final = 64
# Rounding to gray levels, as a deviation of coefficients.
ROUNDING: Final = 0.33
_LOSSLESS: Final = frozenset(("PNG", "TIFF", "BMP"))


@dataclass(frozen=True, slots=True)
class Traces:
    """A picture's plane, its votes for grids, and its own last compression.

    Attributes
    ----------
    steps : tuple of int or None
        Of a JPEG whose pixels obey its table: the luma's steps at ``FREQUENCIES``.
    """

    plane: Plane
    steps: tuple[int, ...] | None
    votes: GridVotes


@dataclass(frozen=True, slots=True)
class Earlier:
    """Coefficients on the picture's own grid, and the compression before the last.

    A JPEG's own grid begins in the corner, which needs no votes. ``table`` is None
    where there was too little to compare with.
    """

    grid: Grid
    found: Quantized
    table: FirstTable | None


def traces_of(evidence: ImageEvidence) -> Traces:
    """Look for traces of JPEG, once a picture.

    Raises
    ------
    NotApplicableError
        The picture is too small or too uniform, or its format leaves no traces.
    """
    _check(evidence)
    return evidence.once("jpeg_traces", lambda: _traces(evidence))


def earlier_of(evidence: ImageEvidence) -> Earlier:
    """Look for a compression before the last one on the same grid, once a picture.

    Raises
    ------
    NotApplicableError
        As :func:`traces_of`; or the pixels show no grid of a JPEG.
    """
    traces = traces_of(evidence)
    return evidence.once("jpeg_earlier", lambda: _earlier(evidence, traces))


def places_of(evidence: ImageEvidence) -> tuple[ForeignGrid, ...]:
    """Find places whose grid is found nowhere else, once a picture.

    Raises
    ------
    NotApplicableError
        As :func:`earlier_of`.
    """
    traces, own = traces_of(evidence), earlier_of(evidence).grid
    return evidence.once(
        "jpeg_places", lambda: tuple(foreign_grids(traces.votes, own=own.origin))
    )


def table_before(
    plane: Plane, found: Quantized, *, x: int, y: int
) -> FirstTable | None:
    """Fit the table before the last one, or None where there are too few blocks."""
    elsewhere = sample(plane, x=(x + 4) % BLOCK, y=(y + 4) % BLOCK)
    if elsewhere.values.shape[1] < FEWEST_BLOCKS:
        return None
    return find_first_table(found, elsewhere)


def _check(evidence: ImageEvidence) -> None:
    if min(evidence.pixels.size) < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too few blocks to compare "
            "their compressions."
        )
    found = evidence.header.format
    is_lossless = found == "WEBP" and webp.is_lossless(evidence.data)
    if found not in ("JPEG", *_LOSSLESS) and not is_lossless:
        raise NotApplicableError(
            f"{found} has a compression of its own, which hides traces of JPEG."
        )


def _traces(evidence: ImageEvidence) -> Traces:
    plane = load_plane(evidence.pixels)
    if (~plane.is_clipped).sum() < FEWEST_BLOCKS:
        raise NotApplicableError(
            "Almost all of the picture is black, white or fully saturated: there is "
            "nothing to compare."
        )
    steps = _confirmed(plane, luma_steps(evidence))
    votes = count_votes(plane.gray, is_jpeg=steps is not None)
    if votes.valid < FEWEST_BLOCKS:
        raise NotApplicableError(
            "The picture is too uniform for traces of its compressions to show."
        )
    return Traces(plane, steps, votes)


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


def _earlier(evidence: ImageEvidence, traces: Traces) -> Earlier:
    plane, steps = traces.plane, traces.steps
    if steps is not None:
        grid: Grid | None = Grid(0, 0, 1.0, math.inf)
    else:
        grid, steps = prevailing(traces.votes), (1,) * len(FREQUENCIES)
    if grid is None or grid.surprise < GRID_NATS:
        raise _without_grid(is_jpeg=evidence.header.format == "JPEG")
    x, y = grid.x, grid.y
    found = quantize(plane, x=x, y=y, steps=steps, noise=ROUNDING)
    return Earlier(grid, found, table_before(plane, found, x=x, y=y))


def _without_grid(*, is_jpeg: bool) -> NotApplicableError:
    if is_jpeg:
        return NotApplicableError(
            "The file's colors are stored in a way that hides its own JPEG grid "
            "(CMYK, for example), and its pixels show none."
        )
    return NotApplicableError(
        "The file is no JPEG, and its pixels show no grid of an earlier one."
    )
