"""Where a picture seems edited, in the shapes other programs read: RLE and polygons.

Everything is on a grid of square cells laid over the stored pixels, before EXIF
orientation. A cell is marked, or it is not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.joined_map import join_localizations
from forensics.analysis.types import Localization

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from forensics.analysis.types import Finding, Json

DEFAULT_THRESHOLD: Final = 0.5
# Noise can mark every other cell; what is stored and sent stays bounded all the same.
MAX_COUNTS: Final = 100_000
MAX_POLYGONS: Final = 64
MAX_POINTS: Final = 256
MAX_HOLES: Final = 32
_LONG_SIDE: Final = 1024


@dataclass(frozen=True, slots=True)
class Mask:
    """Marked cells of a picture.

    Attributes
    ----------
    signal : str
        The analyzer's name; empty where the masks of all signals are joined.
    marked : ndarray of bool, shape (rows, columns)
    cell : int
        Side of a cell, px of the stored picture.
    width, height : int
        Of the stored picture; the last cells may reach past it.
    threshold : float
        The value from which on a cell is marked.
    """

    signal: str
    marked: NDArray[np.bool_]
    cell: int
    width: int
    height: int
    threshold: float

    @property
    def share(self) -> float:
        """The share of cells that are marked, 0 to 1."""
        return float(self.marked.mean())


def masks_of(findings: Sequence[Finding], *, width: int, height: int) -> list[Mask]:
    """Return the mask of each signal that shows places, and last the joined one.

    The localizer always takes part; other signals only where they reported a code. The
    joined mask marks what any of them marks; it is there where at least one is.
    """
    marking = [_marking(finding) for finding in findings]
    found = [_mask(one, width, height) for one in marking if one is not None]
    if not found:
        return []
    marks = [one for one in marking if one is not None]
    joined = join_localizations(marks, width=width, height=height)
    if joined is None:
        return found
    whole = joined.values >= DEFAULT_THRESHOLD
    thresholds = {one.threshold for one in found}
    threshold = thresholds.pop() if len(thresholds) == 1 else DEFAULT_THRESHOLD
    return [*found, _bounded(Mask("", whole, joined.cell, width, height, threshold))]


def _marking(finding: Finding) -> Finding | None:
    """Return a finding whose map is 1 where it marks, 0 elsewhere."""
    one = finding.localization
    if one is None or not (finding.analyzer == "localizer" or finding.codes):
        return None
    marked = (one.values >= _threshold(finding)).astype(np.float32)
    return replace(finding, localization=Localization(marked, one.cell))


def _threshold(finding: Finding) -> float:
    given = finding.data.get("mask_threshold")
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if is_number else DEFAULT_THRESHOLD  # type: ignore[arg-type]


def _mask(finding: Finding, width: int, height: int) -> Mask:
    one = finding.localization
    assert one is not None  # noqa: S101 - `_marking` has left out the others
    marked = one.values >= DEFAULT_THRESHOLD
    name, threshold = finding.analyzer, _threshold(finding)
    return _bounded(Mask(name, marked, one.cell, width, height, threshold))


def _bounded(mask: Mask) -> Mask:
    """Join cells by four until the runs fit; one that holds a mark is marked."""
    while len(run_lengths(mask.marked)) > MAX_COUNTS:
        mask = replace(mask, marked=_halved(mask.marked), cell=mask.cell * 2)
    return mask


def _halved(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rows, columns = marked.shape
    even = np.pad(marked, ((0, rows % 2), (0, columns % 2)))
    shape = (even.shape[0] // 2, 2, even.shape[1] // 2, 2)
    return np.asarray(even.reshape(shape).any(axis=(1, 3)), dtype=bool)


def run_lengths(marked: NDArray[np.bool_]) -> list[int]:
    """Return the lengths of runs, column by column, unmarked first, as COCO does."""
    flat = np.asarray(marked, dtype=bool).ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate(([0], changes, [flat.size]))
    runs: list[int] = np.diff(bounds).tolist()
    return [0, *runs] if flat[0] else runs


def marked_from(counts: Sequence[int], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of run lengths; ``size`` is rows and columns.

    Raises
    ------
    ValueError
        The runs do not fill the size.
    """
    values = np.arange(len(counts)) % 2 == 1
    flat = np.repeat(values, np.asarray(counts, dtype=np.int64))
    return flat.reshape(size, order="F")


def compressed(counts: Sequence[int]) -> str:
    """Write run lengths as the string of COCO's tools.

    From the fourth run on the difference to the run before the last is written, in
    groups of five bits, the lowest first; a sixth bit says that more follow, and 48 is
    added to make a character.
    """
    return "".join(_characters(counts))


def _characters(counts: Sequence[int]) -> Iterator[str]:
    for place, count in enumerate(counts):
        rest = count - counts[place - 2] if place > 2 else count
        while True:
            bits, rest = rest & 31, rest >> 5
            is_last = rest == (-1 if bits & 16 else 0)
            yield chr(48 + bits + (0 if is_last else 32))
            if is_last:
                break


def expanded(text: str) -> list[int]:
    """Read what ``compressed`` writes."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts


def polygons(mask: Mask) -> list[dict[str, Json]]:
    """Return simplified outlines in px of the stored picture, the largest first.

    Each has an ``exterior`` and ``holes``: lists of ``[x, y]``. At most 64, of at most
    256 points; the RLE is exact where these are not.
    """
    marked, cell = mask.marked, mask.cell
    while max(marked.shape) > _LONG_SIDE:
        marked, cell = _halved(marked), cell * 2
    # Twice as many cells: a point's parity tells which side of its cell it is on.
    doubled = marked.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    found, tree = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if not found:
        return []
    holes: dict[int, list[int]] = {}
    for n, (_, _, _, parent) in enumerate(np.asarray(tree)[0].tolist()):
        holes.setdefault(parent, []).append(n)
    outer = sorted(holes.pop(-1), key=lambda n: -cv2.contourArea(found[n]))
    return [
        {
            "exterior": _points(found[n], cell, mask, is_hole=False),
            "holes": [
                _points(found[hole], cell, mask, is_hole=True)
                for hole in holes.get(n, [])[:MAX_HOLES]
            ],
        }
        for n in outer[:MAX_POLYGONS]
    ]


def _points(
    contour: cv2.typing.MatLike, cell: int, mask: Mask, *, is_hole: bool
) -> list[Json]:
    tolerance, simple = 1.0, contour
    while len(simple) > MAX_POINTS or tolerance == 1.0:
        simple = cv2.approxPolyDP(contour, tolerance, closed=True)
        tolerance *= 2.0
    points = simple[:, 0, :].astype(np.int64)
    # The border runs along marked cells: outwards from them, and into a hole.
    edges = (points + 1 - is_hole) // 2 if is_hole else (points + points % 2) // 2
    limits = np.array((mask.width, mask.height))
    kept: list[Json] = np.clip(edges * cell, 0, limits).tolist()
    return kept


def size_of(width: int, height: int, cell: int) -> tuple[int, int]:
    """Return rows and columns of the cells that cover a picture."""
    return math.ceil(height / cell), math.ceil(width / cell)
