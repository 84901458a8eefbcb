"""Transforms that many matches agree on: candidates for a copied region."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.copy_move.keypoints import Keypoints, Matches
    from forensics.analysis.copy_move.working import Mask, Points

Affine = NDArray[np.float64]

_MOST_MATCHES = 1400
_FEWEST, _FEWEST_TURNED = 3, 4
_REACH = 250.0
_TOLERANCE = 2.5
_VOTE_TOLERANCE = 2.5
_SHIFT_TOLERANCE = 1.6
# A shift explains as much with less: it wins over a turn that explains little more.
_SHIFT_BONUS = 1.2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transform of working px and the matched places that follow it.

    Attributes
    ----------
    affine : ndarray of float64, shape (2, 3)
        Takes (x, y, 1) of the first region to the second.
    places : ndarray of float64, shape (n, 2)
        The matched keypoints in the first region, (x, y), different ones.
    is_shift : bool
        Neither turned nor scaled nor mirrored.
    """

    affine: Affine
    places: Points = field(repr=False)
    is_shift: bool
    mirrored: bool

    @property
    def inliers(self) -> int:
        """How many different places follow the transform."""
        return len(self.places)


def apply(affine: Affine, places: Points) -> Points:
    """Map (x, y) places by a 2 x 3 matrix."""
    result: Points = places @ affine[:, :2].T + affine[:, 2]
    return result


def candidates(points: Keypoints, matches: Matches, *, most: int) -> list[Candidate]:
    """Return the transforms with the most matches, one copy each.

    Every match votes with its own shift, turn and scale (and, unless mirrored, as a
    plain shift); the most voted transform is fitted, its matches are set aside, and
    the rest vote again.
    """
    pairs = np.unique(np.concatenate([matches.pairs, matches.pairs[:, ::-1]]), axis=0)
    if len(pairs) < _FEWEST:
        return []
    if len(pairs) > _MOST_MATCHES:
        draw = np.random.default_rng(0)
        pairs = pairs[np.sort(draw.permutation(len(pairs))[:_MOST_MATCHES])]
    ballot = _Ballot.of(points, pairs, mirrored=matches.mirrored)
    found = []
    for candidate in ballot.elect(rounds=3 * most):
        found.append(candidate)
        if len(found) == most:
            break
    return found


@dataclass(slots=True)
class _Ballot:
    """The matches' votes; places as complex numbers."""

    start: NDArray[np.complex128]
    end: NDArray[np.complex128]
    turned: Mask
    shifted: Mask | None
    mirrored: bool

    @classmethod
    def of(
        cls, points: Keypoints, pairs: NDArray[np.int64], *, mirrored: bool
    ) -> _Ballot:
        left, right = pairs.T
        start, end = (points.places[i] @ np.array([1.0, 1.0j]) for i in (left, right))
        scale = np.clip(points.sizes[right] / points.sizes[left], 0.25, 4.0)
        sign = 1.0 if mirrored else -1.0
        turn = scale * np.exp(1j * (points.angles[right] + sign * points.angles[left]))
        seen = np.conj(start) if mirrored else start
        turned = _votes(seen, end, turn, turn, slack=0.12)
        plain = np.ones_like(turn)
        shifted = _votes(seen, end, plain, turn, slack=0.0)
        return cls(start, end, turned, None if mirrored else shifted, mirrored)

    def elect(self, *, rounds: int) -> Iterator[Candidate]:
        """Yield candidates, the most voted first."""
        alive = np.ones(len(self.start), dtype=np.bool_)
        for _ in range(rounds):
            voters = self._largest(alive)
            if voters.sum() < _FEWEST:
                return
            affine, fitting = self._fit(voters, alive)
            if affine is not None:
                candidate = self._candidate(affine, fitting)
                if candidate is not None:
                    yield candidate
                alive &= ~self._consumed(affine)
            alive &= ~(voters | fitting)

    def _largest(self, alive: Mask) -> Mask:
        turned = (self.turned & alive).sum(axis=1) * alive
        best = int(turned.argmax())
        winner: Mask = self.turned[best] & alive
        if self.shifted is not None:
            shifted = (self.shifted & alive).sum(axis=1) * alive * _SHIFT_BONUS
            if shifted.max() >= turned[best]:
                winner = self.shifted[int(shifted.argmax())] & alive
        return winner

    def _fit(self, voters: Mask, alive: Mask) -> tuple[Affine | None, Mask]:
        affine = None
        for tolerance in (2 * _TOLERANCE, _TOLERANCE, _TOLERANCE):
            fitted = _similarity(
                self.start[voters], self.end[voters], mirrored=self.mirrored
            )
            if fitted is None:
                break
            affine = fitted
            close = (self._errors(affine) < tolerance) & alive
            if close.sum() < _FEWEST:
                break
            voters = close
        return affine, voters

    def _errors(self, affine: Affine) -> NDArray[np.float64]:
        mapped = apply(affine, _plane(self.start))
        errors: NDArray[np.float64] = np.linalg.norm(mapped - _plane(self.end), axis=1)
        return errors

    def _consumed(self, affine: Affine) -> Mask:
        """Find the matches that say the same, or the inverse from the other side."""
        near = self._errors(affine) < 2 * _TOLERANCE
        back = apply(affine, _plane(self.end))
        inverse = np.linalg.norm(back - _plane(self.start), axis=1) < 2 * _TOLERANCE
        consumed: Mask = near | inverse
        return consumed

    def _candidate(self, affine: Affine, fitting: Mask) -> Candidate | None:
        start, end = _plane(self.start[fitting]), _plane(self.end[fitting])
        shift = None if self.mirrored else _shift_of(affine, start, end)
        if shift is not None:
            affine = np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])
        _, first = np.unique(np.round(start / 2.0), axis=0, return_index=True)
        fewest = _FEWEST if shift is not None else _FEWEST_TURNED
        if len(first) < fewest or not 0.05 < abs(np.linalg.det(affine[:, :2])) < 20.0:
            return None
        return Candidate(affine, start[first], shift is not None, self.mirrored)


def _votes(
    start: NDArray[np.complex128],
    end: NDArray[np.complex128],
    turn: NDArray[np.complex128],
    own: NDArray[np.complex128],
    *,
    slack: float,
) -> Mask:
    """Say which matches (columns) agree with each match's transform (rows).

    One match's own turn is uncertain: ``slack`` px are allowed a px of distance.
    """
    rest = end - turn * start
    error = np.abs(turn[:, None] * start + rest[:, None] - end)
    apart = np.abs(start[:, None] - start)
    relative = own / turn[:, None]
    agreed: Mask = (error < _VOTE_TOLERANCE + slack * apart) & (apart < _REACH)
    agreed &= np.abs(np.log(np.abs(relative))) < 0.5
    agreed &= np.abs(np.angle(relative)) < 0.5
    return agreed


def _similarity(
    start: NDArray[np.complex128], end: NDArray[np.complex128], *, mirrored: bool
) -> Affine | None:
    """Fit a shift, turn and scale by least squares (after a mirroring of y)."""
    seen = np.conj(start) if mirrored else start
    centered = seen - seen.mean()
    spread = float((np.abs(centered) ** 2).sum())
    if spread < 1e-6:
        return None
    turn = (np.conj(centered) * (end - end.mean())).sum() / spread
    rest = end.mean() - turn * seen.mean()
    sign = -1.0 if mirrored else 1.0
    return np.array(
        [
            [turn.real, -turn.imag * sign, rest.real],
            [turn.imag, turn.real * sign, rest.imag],
        ]
    )


def _shift_of(affine: Affine, start: Points, end: Points) -> Points | None:
    """Return the shift that explains nearly as many matches as the transform."""
    if np.abs(affine[:, :2] - np.eye(2)).max() > 0.06:
        return None
    moved = end - start
    shift: Points = np.median(moved, axis=0)
    close = np.linalg.norm(moved - shift, axis=1) < _SHIFT_TOLERANCE
    if close.sum() < max(2, 0.8 * len(start)):
        return None
    return np.asarray(moved[close].mean(axis=0), dtype=np.float64)


def _plane(numbers: NDArray[np.complex128]) -> Points:
    return np.stack([numbers.real, numbers.imag], axis=1)
