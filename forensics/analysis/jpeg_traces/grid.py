"""Votes for the origin of an 8-px JPEG grid, and places that vote for another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.jpeg_traces.coefficients import BLOCK, dct_basis

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Nats from which a place with a grid of its own counts, see docs/signals.md.
FOREIGN_NATS: Final = 15.0
_WINDOWS: Final = 4500
_SMALLEST_STRIDE = 16
_FREQUENCIES: Final = 7
_NO_VOTE = -1
# What counts as zero: rounding alone after JPEG; a later, finer compression adds to it.
_ZERO_LOSSLESS, _ZERO_JPEG = 0.5, 1.5
# Shares of votes that an origin gets without any grid, as seen on photographs with one
# compression: the diagonal neighbors of the file's own grid get most.
_CHANCE, _CHANCE_BESIDE = 0.05, 0.13
_SIDES: Final = (3, 4, 5, 7, 9, 12, 16, 22, 30)
_FEWEST_VOTES = 5
# Nats that make an origin known in the rest of the picture: an earlier crop.
_KNOWN_ELSEWHERE: Final = 7.0
# Part of the picture above which a place is no place but the picture.
_LARGEST_PLACE: Final = 0.4
# Surprise from which a neighbor's grid hints at a drifting one.
_HINT: Final = -6.0


@dataclass(frozen=True, slots=True, eq=False)
class GridVotes:
    """One vote a window: where the grid of its most compressed-looking block begins.

    Attributes
    ----------
    origins : ndarray of int16, shape (rows, columns)
        ``8 * y + x`` of the origin, or -1 for a draw.
    stride : int
        Distance of windows in px.
    """

    origins: NDArray[np.int16]
    stride: int

    @property
    def valid(self) -> int:
        """Number of windows without a draw."""
        return int((self.origins >= 0).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A grid found over the whole picture.

    ``surprise`` is minus the natural logarithm of its number of false alarms.
    """

    x: int
    y: int
    share: float
    surprise: float

    @property
    def origin(self) -> int:
        """``8 * y + x``."""
        return BLOCK * self.y + self.x


@dataclass(frozen=True, slots=True, eq=False)
class ForeignGrid:
    """A grid found in one place only.

    Attributes
    ----------
    x, y : int
        Origin, 0..7.
    box : tuple of int
        Left, upper, right, lower, in px of the stored picture.
    surprise : float
        Minus the natural logarithm of the number of false alarms.
    cells : ndarray of float32, shape (rows, columns)
        P(of this grid) of the windows.
    """

    x: int
    y: int
    box: tuple[int, int, int, int]
    surprise: float
    cells: NDArray[np.float32]


def count_votes(gray: NDArray[np.uint8], *, is_jpeg: bool) -> GridVotes:
    """Let windows vote for the grid whose block has the most zero coefficients.

    Windows do not overlap, so votes are independent. In a JPEG, whose own grid wins
    everywhere, origins that share a row or column with it are not offered.
    """
    first = 1 if is_jpeg else 0
    pitch = math.sqrt(gray.size / _WINDOWS) / BLOCK
    stride = max(_SMALLEST_STRIDE, BLOCK * math.ceil(pitch))
    threshold = _ZERO_JPEG if is_jpeg else _ZERO_LOSSLESS
    side = 15 - first
    if min(gray.shape) < side + first:
        return GridVotes(np.zeros((0, 0), np.int16), stride)
    windows = np.lib.stride_tricks.sliding_window_view(
        gray[first:, first:], (side, side)
    )[::stride, ::stride]
    rows = [_votes_of(row.astype(np.float32), first, threshold) for row in windows]
    return GridVotes(np.stack(rows), stride)


def _votes_of(
    windows: NDArray[np.float32], first: int, threshold: float
) -> NDArray[np.int16]:
    offsets = BLOCK - first
    basis = dct_basis()[:_FREQUENCIES]
    side = windows.shape[1]
    shifted = np.zeros((offsets * _FREQUENCIES, side), dtype=np.float32)
    for at in range(offsets):
        shifted[at * _FREQUENCIES : (at + 1) * _FREQUENCIES, at : at + BLOCK] = basis
    half = np.matmul(shifted, windows).reshape(-1, side)
    is_zero = np.abs(half @ shifted.T) < threshold
    stacked = is_zero.reshape(len(windows), offsets, _FREQUENCIES, -1)
    by_row = stacked.sum(axis=2, dtype=np.int8)
    by_block = by_row.reshape(len(windows), offsets, offsets, _FREQUENCIES)
    zeros = by_block.sum(axis=3, dtype=np.int8).reshape(len(windows), -1)
    best = zeros.argmax(axis=1)
    is_draw = (zeros == zeros.max(axis=1, keepdims=True)).sum(axis=1) > 1
    origin = BLOCK * (best // offsets + first) + best % offsets + first
    return np.where(is_draw, _NO_VOTE, origin).astype(np.int16)


def prevailing(votes: GridVotes, *, beside: int | None = None) -> Grid | None:
    """Return the grid that most of the picture has, or None.

    ``beside`` is the origin of the file's own grid, whose neighbors win by chance.
    """
    cast = votes.origins[votes.origins >= 0]
    if not len(cast):
        return None
    counts = np.bincount(cast, minlength=64)
    chances = np.array([_chance(origin, beside) for origin in range(64)])
    surprise = len(cast) * _divergence(counts / len(cast), chances) - math.log(64.0)
    best = int(surprise.argmax())
    share = float(counts[best] / len(cast))
    return Grid(best % BLOCK, best // BLOCK, share, float(surprise[best]))


def _chance(origin: int, beside: int | None) -> float:
    if beside is None:
        return _CHANCE
    x, y = (origin - beside) % BLOCK, (origin // BLOCK - beside // BLOCK) % BLOCK
    return _CHANCE_BESIDE if x in (1, 7) and y in (1, 7) else _CHANCE


def _divergence(
    share: NDArray[np.float64] | float, chance: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Return nats a vote by which a share exceeds chance; 0 where it does not.

    ``votes * divergence`` bounds the binomial tail (Chernoff).
    """
    inside = np.clip(share, 1e-9, 1.0 - 1e-9)
    nats = inside * np.log(inside / chance)
    nats += (1.0 - inside) * np.log((1.0 - inside) / (1.0 - chance))
    return np.where(share > chance, nats, 0.0)


def foreign_grids(votes: GridVotes, *, own: int) -> list[ForeignGrid]:
    """Find places whose grid is found nowhere else, the most surprising first.

    A picture resized by nearly 1 carries its old grid along, drifting through all
    origins: grids whose neighbor (by 1 px) is found in another place are left out.

    Parameters
    ----------
    votes : GridVotes
        Of the whole picture.
    own : int
        Origin of the picture's grid; those in line with it are not looked for.

    References
    ----------
    Nikoukhah, T., Anger, J., Colom, M., Morel, J.-M., Grompone von Gioi, R. (2021).
    ZERO: a local JPEG grid origin detector based on the number of DCT zeros and its
    applications in image forensics. IPOL 11.
    """
    counts = np.bincount(votes.origins[votes.origins >= 0], minlength=64)
    found = []
    for origin in np.flatnonzero(counts >= _FEWEST_VOTES).tolist():
        if not _in_line(origin, own):
            grid = _local(votes, origin, own, at_least=_HINT)
            found.extend([grid] if grid is not None else [])
    steady = [grid for grid in found if not any(_drifts(grid, o) for o in found)]
    return sorted((g for g in steady if g.surprise > 0.0), key=_least_surprising)


def local_votes(
    votes: GridVotes, *, beside: int | None
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Say for each window which grid its neighborhood votes for, and how clearly.

    Parameters
    ----------
    votes : GridVotes
        Of the whole picture.
    beside : int or None
        Origin of the file's own grid, whose neighbors win by chance.

    Returns
    -------
    origins : ndarray of int16, shape (rows, columns)
        ``8 * y + x`` of the grid that leads in 5 x 5 windows.
    nats : ndarray of float32, shape (rows, columns)
        By how much its votes exceed chance (Chernoff bound of the binomial tail).
    """
    every = _sums_around(votes.origins >= 0)
    best = np.zeros(votes.origins.shape, dtype=np.int16)
    most = np.zeros(votes.origins.shape, dtype=np.float32)
    for origin in np.unique(votes.origins[votes.origins >= 0]).tolist():
        share = _sums_around(votes.origins == origin) / np.maximum(every, 1.0)
        nats = every * _divergence(share.astype(np.float64), _chance(origin, beside))
        is_more = nats > most
        best[is_more], most[is_more] = origin, nats[is_more]
    return best, most


def _sums_around(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    near = cv2.boxFilter(
        mask.astype(np.float32),
        -1,
        (5, 5),
        normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )
    return np.asarray(near, dtype=np.float32)


def likely_origins(votes: GridVotes, *, own: int, most: int) -> tuple[int, ...]:
    """Return the origins that some place votes for most clearly, the clearest first.

    Those in line with the picture's own grid are left out.
    """
    origins, nats = local_votes(votes, beside=own)
    best = np.zeros(64)
    np.maximum.at(best, origins.ravel(), nats.ravel())
    order = np.argsort(-best, kind="stable").tolist()
    found = [o for o in order if best[o] > 0.0 and not _in_line(o, own)]
    return tuple(found[:most])


def _least_surprising(grid: ForeignGrid) -> float:
    return -grid.surprise


def _in_line(origin: int, own: int) -> bool:
    return (origin - own) % BLOCK == 0 or origin // BLOCK == own // BLOCK


def _drifts(grid: ForeignGrid, other: ForeignGrid) -> bool:
    x, y = (grid.x - other.x) % BLOCK, (grid.y - other.y) % BLOCK
    is_neighbor = {x, y} <= {0, 1, 7} and (x, y) != (0, 0)
    return is_neighbor and not _overlap(grid.box, other.box)


def _overlap(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> bool:
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, two))
    return min(width, height) > 0 and width * height > 0.5 * smaller


def _local(
    votes: GridVotes, origin: int, own: int | None, *, at_least: float
) -> ForeignGrid | None:
    chosen, cast = votes.origins == origin, votes.origins >= 0
    chance = _chance(origin, own)
    place, tests = _busiest_box(chosen, cast, chance)
    if place is None:
        return None
    left, top, side = place
    core = np.zeros(chosen.shape, dtype=np.bool_)
    core[top : top + side, left : left + side] = True
    share = _share(chosen, cast, core)
    nearby = _local_share(chosen, cast)
    # The region is grown before the rest of the picture is asked.
    grown = _joined(core | (nearby > 0.5 * share), top + side // 2, left + side // 2)
    if grown.mean() > _LARGEST_PLACE:
        return None
    rest = cast & ~grown
    beyond = _share(chosen, cast, rest)
    if rest.sum() * _divergence(beyond, chance) > _KNOWN_ELSEWHERE:
        return None
    likely = max(chance, 1.5 * (beyond * rest.sum() + 1.0) / (rest.sum() + 20.0))
    voters = float(cast[core].sum())
    surprise = voters * float(_divergence(share, likely)) - math.log(64.0 * tests)
    if surprise < at_least:
        return None
    cells = np.where(grown, nearby / (nearby + likely), 0.0).astype(np.float32)
    box = _pixel_box(grown & chosen, votes.stride)
    return ForeignGrid(origin % BLOCK, origin // BLOCK, box, surprise, cells)


def _busiest_box(
    chosen: NDArray[np.bool_], cast: NDArray[np.bool_], chance: float
) -> tuple[tuple[int, int, int] | None, int]:
    """Return (left, upper, side) of the least likely box, and the number tried."""
    most, place, tests = 0.0, None, 0
    for side in _SIDES:
        if side > min(chosen.shape):
            break
        ours, every = _box_sums(chosen, side), _box_sums(cast, side)
        tests += ours.size
        # Few positions are worth their logarithms.
        busy = (ours >= _FEWEST_VOTES) & (ours > 2.0 * chance * every)
        where = np.flatnonzero(busy)
        if not where.size:
            continue
        tried = every.flat[where]
        nats = tried * _divergence(ours.flat[where] / tried, chance)
        at = int(nats.argmax())
        if nats[at] > most:
            top, left = divmod(int(where[at]), ours.shape[1])
            most, place = float(nats[at]), (left, top, side)
    return place, tests


def _share(
    chosen: NDArray[np.bool_], cast: NDArray[np.bool_], where: NDArray[np.bool_]
) -> float:
    return float((chosen & where).sum() / max(1, int((cast & where).sum())))


def _joined(mask: NDArray[np.bool_], row: int, column: int) -> NDArray[np.bool_]:
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    joined: NDArray[np.bool_] = labels == labels[row, column]
    return joined


def _pixel_box(mask: NDArray[np.bool_], stride: int) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(mask)
    left, top = int(columns.min()) * stride, int(rows.min()) * stride
    right, bottom = int(columns.max()) * stride, int(rows.max()) * stride
    return left, top, right + 2 * BLOCK, bottom + 2 * BLOCK


def _box_sums(mask: NDArray[np.bool_], side: int) -> NDArray[np.int32]:
    sums = cv2.integral(mask.astype(np.uint8))
    boxes = sums[side:, side:] - sums[:-side, side:]
    boxes -= sums[side:, :-side] - sums[:-side, :-side]
    return np.asarray(boxes, dtype=np.int32)


def _local_share(
    chosen: NDArray[np.bool_], cast: NDArray[np.bool_]
) -> NDArray[np.float32]:
    ours = cv2.boxFilter(chosen.astype(np.float32), -1, (3, 3), normalize=False)
    every = cv2.boxFilter(cast.astype(np.float32), -1, (3, 3), normalize=False)
    return np.asarray(ours / np.maximum(every, 1.0), dtype=np.float32)
