"""Compares where a signal sees an edit with where the edit is: pixel F1 and IoU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image
from scipy import ndimage

from forensics.analysis.image import load_evidence
from forensics.analysis.types import ImageRejectedError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.types import Limits, Localization

    Mask: TypeAlias = NDArray[np.bool_]

SHIPPED_THRESHOLD = 0.5
THRESHOLDS = (0.01, 0.02, 0.05, *(round(0.1 * i, 1) for i in range(1, 10)), 0.95, 0.98)
SHIPPED_INDEX = THRESHOLDS.index(SHIPPED_THRESHOLD)
_BRIGHT = 128


class BadMaskError(Exception):
    """The mask cannot be used: unreadable, of another size, or empty."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels of one picture, by threshold (`THRESHOLDS`) where a list.

    Attributes
    ----------
    pixels, masked : int
        In the picture, and in its mask.
    marked, hits : tuple of int
        Marked as edited, and of these inside the mask.
    marked_touching : int
        At the shipped threshold, in connected marks that touch the mask.
    """

    pixels: int
    masked: int
    marked: tuple[int, ...]
    hits: tuple[int, ...]
    marked_touching: int

    def f1(self, index: int = SHIPPED_INDEX) -> float:
        """Harmonic mean of precision and recall over pixels; 0 where nothing fits."""
        total = self.marked[index] + self.masked
        return 2 * self.hits[index] / total if total else 0.0

    def iou(self, index: int = SHIPPED_INDEX) -> float:
        """Intersection over union of marks and mask."""
        union = self.marked[index] + self.masked - self.hits[index]
        return self.hits[index] / union if union else 0.0

    def region_f1(self) -> float:
        """F1 at the shipped threshold without the marks that miss the mask wholly.

        A copy-move marks both the copy and its origin, a mask often only one of
        them; where no mark touches the mask it is 0 all the same.
        """
        total = self.marked_touching + self.masked
        return 2 * self.hits[SHIPPED_INDEX] / total if total else 0.0


def count(found: Localization | None, mask: Mask) -> Counts:
    """Count marked pixels at every threshold, at the picture's full resolution.

    Parameters
    ----------
    found : Localization or None
        None marks nothing.
    mask : ndarray of bool, shape (height, width)
        True where the picture was edited; all False for an authentic one.
    """
    height, width = mask.shape
    if found is None:
        none = (0,) * len(THRESHOLDS)
        return Counts(height * width, int(mask.sum()), none, none, 0)
    values = _covering(found, height, width)
    inside = _per_cell(mask.astype(np.int64), found.cell)
    area = _areas(height, found.cell)[:, None] * _areas(width, found.cell)[None, :]
    # Values past the k-th threshold count for it and for all before.
    rank = np.searchsorted(np.array(THRESHOLDS), values.ravel(), side="right")
    return Counts(
        pixels=height * width,
        masked=int(inside.sum()),
        marked=_at_least(rank, area),
        hits=_at_least(rank, inside),
        marked_touching=_touching(values >= SHIPPED_THRESHOLD, inside, area),
    )


def _covering(found: Localization, height: int, width: int) -> NDArray[np.float64]:
    """Fit the map to the picture's cells; what it leaves out is not marked."""
    rows, columns = -(-height // found.cell), -(-width // found.cell)
    values = np.zeros((rows, columns))
    given = np.nan_to_num(np.asarray(found.values, dtype=np.float64)[:rows, :columns])
    values[: given.shape[0], : given.shape[1]] = given
    # Thresholds are decimal fractions, the maps float32: .95 must reach .95.
    return values + 1e-6


def _per_cell(mask: NDArray[np.int64], cell: int) -> NDArray[np.int64]:
    rows = np.add.reduceat(mask, np.arange(0, mask.shape[0], cell), axis=0)
    sums: NDArray[np.int64] = np.add.reduceat(
        rows, np.arange(0, mask.shape[1], cell), axis=1
    )
    return sums


def _areas(side: int, cell: int) -> NDArray[np.int64]:
    return np.minimum(cell, side - np.arange(0, side, cell))


def _at_least(rank: NDArray[np.intp], weight: NDArray[np.int64]) -> tuple[int, ...]:
    sums = np.bincount(rank, weights=weight.ravel(), minlength=len(THRESHOLDS) + 1)
    return tuple(int(n) for n in np.cumsum(sums[::-1])[::-1][1:])


def _touching(marked: Mask, inside: NDArray[np.int64], area: NDArray[np.int64]) -> int:
    labels, number = ndimage.label(marked)
    if number == 0:
        return 0
    names = np.arange(1, number + 1)
    hit = ndimage.sum_labels(inside, labels, names) > 0
    return int(ndimage.sum_labels(area, labels, names)[hit].sum())


def read_mask(path: Path, *, size: tuple[int, int], limits: Limits) -> Mask:
    """Read a mask: bright pixels are edited.

    Parameters
    ----------
    path : Path
        A picture of any accepted kind.
    size : tuple of int
        Width and height of the picture it belongs to, as stored.
    limits : Limits
        Caps on what is read.

    Raises
    ------
    BadMaskError
        Where it is unreadable, of another size, or marks nothing.
    """
    try:
        pixels = load_evidence(path.read_bytes(), limits).pixels
    except (OSError, ImageRejectedError) as error:
        raise BadMaskError(str(error)) from error
    if pixels.size != size:
        detail = f"it is {pixels.width} x {pixels.height}, its picture {size}"
        raise BadMaskError(detail)
    mask: Mask = np.asarray(pixels.convert("L")) >= _BRIGHT
    if not mask.any():
        raise BadMaskError("it marks nothing")
    return mask


def resized_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    """Let a mask follow its picture to another width and height."""
    if (mask.shape[1], mask.shape[0]) == size:
        return mask
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    result: Mask = np.asarray(picture.resize(size, Image.Resampling.BOX)) >= _BRIGHT
    return result
