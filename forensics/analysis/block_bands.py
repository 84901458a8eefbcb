"""How coarse and fine the detail of every 8-px block is, and what is expected.

Not an analyzer: what the analyzers of noise and of filtering both measure with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.types import NotApplicableError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

BLOCK: Final = 8
SMALLEST_SIDE: Final = 128
# Blocks that are looked at; of larger pictures every second, third ... both ways.
MOST_BLOCKS: Final = 40_000
_FEWEST_BLOCKS: Final = 200
# Blocks that the expectation is fitted to.
_FITTED: Final = 8_000
_COARSE: Final = (1, 2)
_DARKEST, _BRIGHTEST = 12.0, 243.0
_ROUNDS: Final = 4
# Gray levels squared below which structure is none.
_LEAST_STRUCTURE: Final = 8.0
# Deviations (as of a normal distribution) of a picture's own neighbourhoods.
_OWN_SPREADS: Final = 12.0
_STRIP: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Detail of blocks on a picture's 8-px grid, each array float32 (rows, columns).

    Attributes
    ----------
    coarse : ndarray
        Mean square of the orthonormal DCT coefficients (u, v) with u + v in 1..2,
        gray levels squared.
    fine : ndarray
        The same of the finer frequencies that were asked for. White noise of variance
        s squared gives s squared.
    luma, red, blue : ndarray
        Mean Y, Cr and Cb.
    is_usable : ndarray of bool
        Neither nearly black nor nearly white: clipping takes noise away.
    cell : int
        Side of the square of px that a block stands for: 8, or a multiple.
    """

    coarse: NDArray[np.float32]
    fine: NDArray[np.float32]
    luma: NDArray[np.float32]
    red: NDArray[np.float32]
    blue: NDArray[np.float32]
    is_usable: NDArray[np.bool_]
    cell: int


def measure_blocks(pixels: Image.Image, *, finest: tuple[int, int]) -> Blocks:
    """Transform the blocks of an RGB picture.

    Parameters
    ----------
    pixels : PIL.Image.Image
        RGB.
    finest : tuple of int
        Least and greatest u + v of the coefficients that count as fine.

    Raises
    ------
    NotApplicableError
        The picture is too small, or almost all of it is black or white.
    """
    if min(pixels.size) < SMALLEST_SIDE:
        raise NotApplicableError(
            f"A side is shorter than {SMALLEST_SIDE} px: too few places to compare."
        )
    rows, columns = pixels.height // BLOCK, pixels.width // BLOCK
    step = max(1, int(np.ceil(np.sqrt(rows * columns / MOST_BLOCKS))))
    luma, red, blue = _colors(pixels, rows, columns, step)
    is_usable = (luma > _DARKEST) & (luma < _BRIGHTEST)
    if is_usable.sum() < _FEWEST_BLOCKS:
        raise NotApplicableError(
            "Almost all of the picture is black or white: there is nothing to compare."
        )
    coarse, fine = _energies(np.asarray(pixels.convert("L")), step, finest)
    return Blocks(coarse, fine, luma, red, blue, is_usable, BLOCK * step)


def _colors(
    pixels: Image.Image, rows: int, columns: int, step: int
) -> tuple[NDArray[np.float32], ...]:
    whole = (0, 0, columns * BLOCK, rows * BLOCK)
    small = np.asarray(pixels.reduce(BLOCK, box=whole))[::step, ::step]
    converted = cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_RGB2YCrCb)
    planes = converted.astype(np.float32)
    return planes[..., 0], planes[..., 1], planes[..., 2]


def _energies(
    gray: NDArray[np.uint8], step: int, finest: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean squares of the coarse and of the fine coefficients."""
    coarse, fine = _basis(*_COARSE), _basis(*finest)
    both = np.concatenate((coarse, fine), axis=1)
    height, width = (side // BLOCK * BLOCK for side in gray.shape)
    found = []
    for top in range(0, height, BLOCK * step * _STRIP):
        rows = gray[top : min(height, top + BLOCK * step * _STRIP), :width]
        cut = rows.reshape(-1, BLOCK, width // BLOCK, BLOCK)[::step, :, ::step]
        blocks = cut.transpose(0, 2, 1, 3).astype(np.float32)
        squares = (blocks.reshape(-1, BLOCK * BLOCK) @ both) ** 2
        parts = (squares[:, : coarse.shape[1]], squares[:, coarse.shape[1] :])
        shape = blocks.shape[:2]
        found.append([part.mean(axis=1).reshape(shape) for part in parts])
    first, second = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second


def _basis(least: int, most: int) -> NDArray[np.float32]:
    """Return orthonormal 8 x 8 DCT functions as columns, float32 (64, count)."""
    sample, frequency = np.arange(BLOCK) + 0.5, np.arange(BLOCK)
    lines = 0.5 * np.cos(np.outer(frequency, sample) * np.pi / BLOCK)
    lines[0] /= np.sqrt(2.0)
    wanted = [
        np.outer(lines[u], lines[v]).ravel()
        for u in range(BLOCK)
        for v in range(BLOCK)
        if least <= u + v <= most
    ]
    return np.stack(wanted, axis=1).astype(np.float32)


def without_noise(blocks: Blocks) -> Blocks:
    """Take from the coarse energy what white noise would have put there.

    Otherwise noise in a smooth place looks like texture, and so explains itself.
    """
    structure = np.maximum(blocks.coarse - blocks.fine, 0.0)
    return replace(blocks, coarse=structure + np.float32(_LEAST_STRUCTURE))


def deviations(blocks: Blocks, *, floor: float) -> NDArray[np.float32]:
    """Compare each block's fine detail with that of the picture's similar blocks.

    The logarithm of the fine energy is predicted from brightness, color and the
    coarse detail (a noise level function that knows texture as well), by a quadratic
    regression with Huber's weights that is fitted to this picture alone.

    Parameters
    ----------
    blocks : Blocks
        Of the picture.
    floor : float
        Gray levels squared that are added before taking logarithms: rounding.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Nats (of energy; half as much of amplitude) above what is expected, 0 where a
        block is not usable.
    """
    target = np.log(blocks.fine + np.float32(floor))
    inside = blocks.is_usable
    terms = _terms(blocks, floor)
    usable = np.flatnonzero(inside.ravel())
    fitted = usable[:: max(1, len(usable) // _FITTED)]
    weights = _robust_fit(terms[fitted], target.ravel()[fitted])
    expected = (terms @ weights).reshape(target.shape)
    nats: NDArray[np.float32] = np.where(inside, target - expected, 0.0)
    return nats.astype(np.float32)


def _terms(blocks: Blocks, floor: float) -> NDArray[np.float32]:
    """Return the quadratic terms of all blocks, float32 (blocks, 15)."""
    raw = (
        np.log(blocks.coarse + np.float32(floor)),
        blocks.luma,
        blocks.red,
        blocks.blue,
    )
    inside = blocks.is_usable
    lines = []
    for values in raw:
        spread = max(float(values[inside].std()), 1e-3)
        scaled = (values - values[inside].mean()) / np.float32(spread)
        lines.append(np.clip(scaled, -5.0, 5.0).ravel())
    terms = [np.ones_like(lines[0]), *lines]
    for first in range(len(lines)):
        terms += [lines[first] * lines[second] for second in range(first, len(lines))]
    return np.stack(terms, axis=1).astype(np.float32)


def _robust_fit(
    terms: NDArray[np.float32], target: NDArray[np.float32]
) -> NDArray[np.float32]:
    ridge = 1e-2 * np.eye(terms.shape[1], dtype=np.float32)
    trust = np.ones((len(target), 1), dtype=np.float32)
    weights = np.zeros(terms.shape[1], dtype=np.float32)
    for _ in range(_ROUNDS):
        weighed = terms * trust
        weights = np.linalg.solve(weighed.T @ terms + ridge, weighed.T @ target)
        rest = np.abs(target - terms @ weights)
        spread = 1.4826 * float(np.median(rest)) + 1e-6
        trust = np.minimum(1.0, spread / np.maximum(rest, 1e-6))[:, None]
    return weights


def neighbourhoods(
    nats: NDArray[np.float32], *, side: int, most: float
) -> NDArray[np.float32]:
    """Average over squares of blocks; no block counts for more than ``most``."""
    limited = np.clip(nats, -most, most)
    return np.asarray(
        cv2.blur(limited, (side, side), borderType=cv2.BORDER_REFLECT),
        dtype=np.float32,
    )


def own_level(
    nats: NDArray[np.float32],
    is_usable: NDArray[np.bool_],
    *,
    least: float,
    most: float,
) -> float:
    """Return the deviation from which a place stands out in this picture.

    It follows the robust spread of the picture's own neighbourhoods: twelve times that,
    but neither less nor more than what untouched pictures in general teach.
    """
    values = nats[is_usable]
    spread = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    return min(most, max(least, _OWN_SPREADS * spread))
