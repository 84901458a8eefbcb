"""JPEG ghosts: places that change less than the rest at the quality they once had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.jpeg_traces.coefficients import BLOCK, dct_basis, libjpeg_steps
from forensics.analysis.jpeg_traces.regions import strongest_square

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forensics.analysis.jpeg_traces.coefficients import Plane

QUALITIES: Final = tuple(range(40, 97, 2))
# Places in ``coefficients.FREQUENCIES``: without the DC, which flat areas repeat.
PLACES: Final = tuple(range(1, 10))
_FREQUENCIES: Final = tuple((t - c, c) for t in range(1, 4) for c in range(t + 1))
# Blocks that are looked at; larger pictures are thinned out evenly.
MOST_BLOCKS: Final = 16_384
# Coefficients are taken in half levels, up to this.
_UNITS: Final = 512
_ROUNDING: Final = 0.33
# A step must be this many deviations of the last saving's noise wide.
_WIDEST_NOISE: Final = 0.22
_CONTAMINATION: Final = 0.1
_MOST_NATS: Final = 4.0
_TOLL: Final = 0.35
_PRIOR: Final = -3.0
# Qualities whose places of all sizes are compared.
_SCANNED: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Low frequencies of a picture's blocks on one grid.

    Attributes
    ----------
    units : ndarray of int16, shape (len(PLACES), rows, columns)
        Magnitudes in half gray levels, at most 511; 0 where a block is clipped.
    x, y : int
        Origin of the grid, 0..7.
    pitch : int
        Distance of blocks in px, a multiple of 8.
    """

    units: NDArray[np.int16]
    x: int
    y: int
    pitch: int


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """The most telling quality on one grid, and the place that shows it.

    Attributes
    ----------
    quality : int
        libjpeg's, one of ``QUALITIES``.
    x, y : int
        Origin of the place's grid, 0..7.
    nats : float
        Evidence of the place, above a toll a block.
    box : tuple of int
        Left, upper, right, lower in px.
    probabilities : ndarray of float32, shape (rows, columns)
        P(once of this quality) of each block that was looked at.
    pitch : int
        Distance of these blocks in px.
    """

    quality: int
    x: int
    y: int
    nats: float
    box: tuple[int, int, int, int]
    probabilities: NDArray[np.float32]
    pitch: int


def read_blocks(plane: Plane, *, x: int, y: int) -> Blocks:
    """Transform the blocks of a grid, at most ``MOST_BLOCKS``, evenly spread."""
    rows, columns = (
        (plane.gray.shape[0] - y) // BLOCK,
        (plane.gray.shape[1] - x) // BLOCK,
    )
    stride = int(np.ceil(np.sqrt(max(1.0, rows * columns / MOST_BLOCKS))))
    levels = plane.gray[y : y + BLOCK * rows, x : x + BLOCK * columns]
    tiles = levels.reshape(rows, BLOCK, columns, BLOCK)[::stride, :, ::stride]
    shape = (tiles.shape[0], tiles.shape[2])
    flat = tiles.transpose(0, 2, 1, 3).reshape(-1, BLOCK * BLOCK).astype(np.float32)
    values = np.abs(_kernels() @ flat.T) * 2.0
    units = np.minimum(np.rint(values), _UNITS - 1).astype(np.int16)
    units = units.reshape(len(PLACES), *shape)
    is_clipped = plane.is_clipped[:rows:stride, :columns:stride]
    units[:, is_clipped[: shape[0], : shape[1]]] = 0
    return Blocks(units, x, y, BLOCK * stride)


def _kernels() -> NDArray[np.float32]:
    """Return the basis pictures, float32 (len(PLACES), 64)."""
    basis = dct_basis()
    return np.stack([np.outer(basis[v], basis[u]).ravel() for v, u in _FREQUENCIES])


def find_ghost(blocks: Blocks, noise: Sequence[float]) -> Ghost | None:
    """Look for the quality at which some place changes less than all others do.

    For each quality every coefficient that does not become 0 tells how far it lies
    from a multiple of the step. How probable such distances are is taken from the
    whole picture, so that its own last saving, and the fall of its histograms, count
    for nothing.

    Parameters
    ----------
    blocks : Blocks
        On the grid of the place that is sought.
    noise : sequence of float
        Deviation that the last saving gave the coefficients, by place of ``PLACES``.

    Returns
    -------
    Ghost or None
        The strongest place; None where no quality's steps stand out of the noise.

    References
    ----------
    Farid, H. (2009). Exposing digital forgeries from JPEG ghosts. IEEE Transactions on
    Information Forensics and Security 4.
    """
    counts = np.stack([np.bincount(u.ravel(), minlength=_UNITS) for u in blocks.units])
    tried: list[tuple[float, int, NDArray[np.float32]]] = []
    for quality in QUALITIES:
        nats = _block_nats(blocks, counts, quality, noise)
        if nats is not None:
            tried.append((_glimpse(nats), quality, nats))
    tried.sort(key=_first, reverse=True)
    scanned = [
        (*strongest_square(nats, toll=_TOLL), quality, nats)
        for _, quality, nats in tried[:_SCANNED]
    ]
    if not scanned:
        return None
    surprise, square, quality, nats = max(scanned, key=_first)
    near = cv2.boxFilter(nats, -1, (5, 5), normalize=False)
    chances = 1.0 / (1.0 + np.exp(-np.clip(near + _PRIOR, -30.0, 30.0)))
    box = square.pixels(x=blocks.x, y=blocks.y, pitch=blocks.pitch)
    return Ghost(
        quality,
        blocks.x,
        blocks.y,
        surprise,
        box,
        chances.astype(np.float32),
        blocks.pitch,
    )


def _glimpse(nats: NDArray[np.float32]) -> float:
    """Return the most that a place of middling size has, to choose qualities by."""
    sums = cv2.boxFilter(nats - np.float32(_TOLL), -1, (7, 7), normalize=False)
    return float(sums.max())


def _first(row: tuple[float, *tuple[object, ...]]) -> float:
    return row[0]


def _block_nats(
    blocks: Blocks,
    counts: NDArray[np.int64],
    quality: int,
    noise: Sequence[float],
) -> NDArray[np.float32] | None:
    steps = libjpeg_steps(quality)[list(PLACES)]
    total: NDArray[np.float32] | None = None
    for units, seen, step, spread in zip(
        blocks.units, counts, steps.tolist(), noise, strict=True
    ):
        if spread <= _WIDEST_NOISE * step:
            says = _says(seen, float(step), spread)[units]
            total = says if total is None else total + says
    return None if total is None else np.clip(total, -_MOST_NATS, _MOST_NATS)


def _says(counts: NDArray[np.int64], step: float, spread: float) -> NDArray[np.float32]:
    """Return log p(magnitude | ghost) - log p(magnitude), given its multiple.

    Parameters
    ----------
    counts : ndarray of int64, shape (512,)
        How often the picture has each magnitude, in half levels.
    step, spread : float
        The step tried, and the deviation around its multiples, in levels.

    Returns
    -------
    ndarray of float32, shape (512,)
        0 for magnitudes that become 0: flat places say nothing.
    """
    values = np.arange(_UNITS) / 2.0
    multiples = np.rint(values / step)
    near = np.exp(-0.5 * ((values - multiples * step) / spread) ** 2)
    groups = multiples.astype(np.int64)
    seen = np.bincount(groups, weights=counts)
    expected = np.bincount(groups, weights=counts * near) / np.maximum(seen, 1.0)
    ratios = near / np.maximum(expected, 1e-3)[groups]
    says = np.log((1.0 - _CONTAMINATION) * ratios + _CONTAMINATION)
    says[(groups == 0) | (seen < 20)[groups]] = 0.0
    says[-1] = 0.0  # everything beyond
    return says.astype(np.float32)


def noise_of(steps: Sequence[int] | None, *, is_aligned: bool) -> tuple[float, ...]:
    """Return the deviation that a last saving gives coefficients of a grid.

    Parameters
    ----------
    steps : sequence of int or None
        The last saving's at ``coefficients.FREQUENCIES``; None where there was none.
    is_aligned : bool
        Whether the grid is that of the last saving; its steps mix on any other.
    """
    if steps is None:
        return (_ROUNDING,) * len(PLACES)
    squares = np.array([steps[place] for place in PLACES], dtype=np.float64) ** 2 / 12.0
    if not is_aligned:
        squares[:] = squares.mean()
    return tuple(np.sqrt(squares + _ROUNDING**2).tolist())
