"""Low DCT frequencies of a gray picture on any 8-px grid, and a JPEG's own table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.jpeg_scale import LUMINANCE, scaled_tables
from forensics.analysis.quantization import luma_values, row_by_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

    from forensics.analysis.image import ImageEvidence

BLOCK: Final = 8
# (row, column) frequencies; beyond these most coefficients are zero in any JPEG.
FREQUENCIES: Final = tuple(
    (total - column, column) for total in range(5) for column in range(total + 1)
)
_LOW: Final = 5
# Block rows at a time.
_STRIP, _SAMPLE_ROWS = 64, 8
_SAMPLE: Final = 50_000
_DARKEST, _BRIGHTEST = (4, 4, 4), (251, 251, 251)


def dct_basis() -> NDArray[np.float32]:
    """Return the orthonormal DCT-II, float32 (frequency, sample), 8 x 8."""
    sample, frequency = np.arange(BLOCK) + 0.5, np.arange(BLOCK)
    basis = 0.5 * np.cos(np.outer(frequency, sample) * np.pi / BLOCK)
    basis[0] /= np.sqrt(2.0)
    return basis.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A picture as the analysis sees it.

    Attributes
    ----------
    gray : ndarray of uint8, shape (height, width)
        Rounded luma: of a decoded JPEG the very plane that it was decoded to.
    is_clipped : ndarray of bool, shape (height // 8, width // 8)
        Cells in or beside which a channel touches its limits: clipping moves
        coefficients off every step.
    """

    gray: NDArray[np.uint8]
    is_clipped: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Orthonormal DCT of gray levels less 128, of whole blocks.

    Attributes
    ----------
    values : ndarray of float32, shape (len(FREQUENCIES), blocks)
        Blocks that are clipped are left out.
    """

    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Quantized:
    """Coefficients in units of the last JPEG's steps.

    Attributes
    ----------
    bins : ndarray of int16, shape (len(FREQUENCIES), rows, columns)
        Quantized values.
    is_clipped : ndarray of bool, shape (rows, columns)
        Blocks that obey no step.
    steps : tuple of int
        The last JPEG's steps; 1 where there was none.
    noise : float
        Deviation of the coefficients between the first JPEG and the last.
    """

    bins: NDArray[np.int16]
    is_clipped: NDArray[np.bool_]
    steps: tuple[int, ...]
    noise: float


def load_plane(pixels: Image.Image) -> Plane:
    """Make the plane of an RGB picture of at least 8 x 8 px."""
    rows = pixels.height // BLOCK
    parts = [_clipped_cells(pixels, row) for row in range(0, rows, _STRIP)]
    clipped = cv2.dilate(np.concatenate(parts), np.ones((3, 3), np.uint8))
    return Plane(np.asarray(pixels.convert("L")), clipped.astype(np.bool_))


def _clipped_cells(pixels: Image.Image, row: int) -> NDArray[np.uint8]:
    bottom = min(row + _STRIP, pixels.height // BLOCK) * BLOCK
    columns = pixels.width // BLOCK
    strip = np.asarray(pixels.crop((0, row * BLOCK, columns * BLOCK, bottom)))
    is_inside = cv2.inRange(strip, _DARKEST, _BRIGHTEST)
    lowest = is_inside.reshape(-1, BLOCK, columns * BLOCK).min(axis=1)
    cells: NDArray[np.uint8] = lowest.reshape(-1, columns, BLOCK).min(axis=2)
    is_clipped: NDArray[np.uint8] = (cells == 0).astype(np.uint8)
    return is_clipped


def sample(plane: Plane, *, x: int, y: int) -> Coefficients:
    """Transform up to some 50,000 blocks, in strips all over the picture.

    Parameters
    ----------
    plane : Plane
        At least 16 x 16 px.
    x, y : int
        Origin of the grid, 0..7.
    """
    rows, columns = _blocks(plane, x=x, y=y)
    step = _SAMPLE_ROWS * max(1, rows * columns // _SAMPLE)
    parts = []
    for row in range(0, rows, step):
        count = min(_SAMPLE_ROWS, rows - row)
        values = _transformed(plane.gray, top=y + BLOCK * row, count=count, x=x)
        is_clipped = _clipped(plane, x=x, y=y)[row : row + count]
        parts.append(values[:, ~is_clipped])
    return Coefficients(np.concatenate(parts, axis=1))


def quantize(
    plane: Plane, *, x: int, y: int, steps: Sequence[int], noise: float
) -> Quantized:
    """Transform all blocks of a grid, divide by steps and round."""
    rows, columns = _blocks(plane, x=x, y=y)
    divisors = np.asarray(steps, dtype=np.float32)[:, None, None]
    bins = np.empty((len(FREQUENCIES), rows, columns), dtype=np.int16)
    for row in range(0, rows, _STRIP):
        count = min(_STRIP, rows - row)
        values = _transformed(plane.gray, top=y + BLOCK * row, count=count, x=x)
        bins[:, row : row + count] = np.rint(values / divisors)
    return Quantized(bins, _clipped(plane, x=x, y=y), tuple(steps), noise)


def _blocks(plane: Plane, *, x: int, y: int) -> tuple[int, int]:
    height, width = plane.gray.shape
    return (height - y) // BLOCK, (width - x) // BLOCK


def _clipped(plane: Plane, *, x: int, y: int) -> NDArray[np.bool_]:
    rows, columns = _blocks(plane, x=x, y=y)
    return plane.is_clipped[:rows, :columns]


def _transformed(
    gray: NDArray[np.uint8], *, top: int, count: int, x: int
) -> NDArray[np.float32]:
    columns = (gray.shape[1] - x) // BLOCK
    levels = gray[top : top + count * BLOCK, x : x + columns * BLOCK]
    basis = dct_basis()[:_LOW]
    centered = levels.astype(np.float32).reshape(-1, BLOCK) - np.float32(128.0)
    across = (centered @ basis.T).reshape(count, BLOCK, columns * _LOW)
    both = np.matmul(basis, across).reshape(count, _LOW, columns, _LOW)
    return np.stack([both[:, v, :, u] for v, u in FREQUENCIES])


def luma_steps(evidence: ImageEvidence) -> tuple[int, ...] | None:
    """Return a JPEG's luma quantization steps at `FREQUENCIES`, or None.

    None as well for kinds whose gray plane is not the coded luma (CMYK, RGB).
    """
    table = luma_values(evidence)
    if table is None or min(table) < 1:
        return None
    return tuple(table[v * BLOCK + u] for v, u in FREQUENCIES)


def libjpeg_steps(quality: int) -> NDArray[np.int64]:
    """Return libjpeg's luma steps of a quality 1..100 at `FREQUENCIES`."""
    steps = row_by_row(tuple(scaled_tables(LUMINANCE)[quality - 1].tolist()))
    return np.array([steps[v * BLOCK + u] for v, u in FREQUENCIES], dtype=np.int64)
