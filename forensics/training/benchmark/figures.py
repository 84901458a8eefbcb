"""Figures of merit with bootstrap intervals, all resamples of a set at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

if TYPE_CHECKING:
    from forensics.training.metrics import Truth

Values: TypeAlias = NDArray[np.float64]
Marks: TypeAlias = NDArray[np.bool_]

RESAMPLES = 1000
FALSE_POSITIVE_RATE = 0.05
BINS = 10
_MOST_ROC_POINTS = 150
# Sums of counts in floating point: 1 of 20 is not above 5 %.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Four digits are more than any test set supports."""
        return {
            "value": round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability curve; ``fakes`` is their share at an even prior."""

    low: float
    high: float
    score: float
    fakes: Interval
    pictures: int


@dataclass(frozen=True)
class Resamples:
    """Bootstrap draws of pictures, within classes, shared by all figures of a set.

    Attributes
    ----------
    truth : ndarray of bool, shape (n,)
        True for fakes.
    seed : int
        Of the draws.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """

    truth: Truth
    seed: int
    resamples: int = RESAMPLES

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """How often each picture is drawn, shape (1 + resamples, n); first: once."""
        draw = np.random.default_rng(self.seed)
        counts = np.ones((self.resamples + 1, len(self.truth)), dtype=np.float32)
        for members in (np.flatnonzero(self.truth), np.flatnonzero(~self.truth)):
            shape = (self.resamples, len(members))
            if len(members):
                drawn = draw.integers(len(members), size=shape)
                places = drawn + np.arange(self.resamples)[:, None] * len(members)
                often = np.bincount(places.ravel(), minlength=places.size)
                counts[1:, members] = often.reshape(shape)
        return counts

    @property
    def has_both_classes(self) -> bool:
        """Whether there is anything to tell apart."""
        return bool(self.truth.any() and not self.truth.all())

    def area_under_curve(self, scores: Values) -> Interval:
        """P(a fake scores above an authentic one), ties counted half."""
        fakes, others = self._by_score(scores)
        below = np.cumsum(others, axis=1) - others
        wins = (fakes * (below + others / 2)).sum(axis=1)
        return _interval(wins / (fakes.sum(axis=1) * others.sum(axis=1)))

    def recall_at(
        self, scores: Values, *, rate: float = FALSE_POSITIVE_RATE
    ) -> Interval:
        """Largest share of fakes found with at most ``rate`` of false positives."""
        fakes, others = self._by_score(scores)
        found = _shares(np.cumsum(fakes[:, ::-1], axis=1))
        alarms = _shares(np.cumsum(others[:, ::-1], axis=1))
        return _interval(np.where(alarms <= rate + _ROUNDING, found, 0).max(axis=1))

    def balanced_accuracy(self, called: Marks) -> Interval:
        """Mean of the shares of fakes called and of authentic pictures not called."""
        right = called == self.truth
        found = self._mean(right, self.truth)
        return _interval((found + self._mean(right, ~self.truth)) / 2)

    def share_called(self, called: Marks, *, of_fakes: bool) -> Interval:
        """Share of a class that is called suspicious.

        With the exact binomial interval (Clopper and Pearson, 1934): where none of
        a hundred is called, every resample agrees, and yet up to 3.6 % may be.
        """
        members = called[self.truth == of_fakes]
        return exact_share(int(members.sum()), len(members))

    def mean(self, values: Values) -> Interval:
        """Mean over all pictures."""
        return _interval(self._mean(values, np.ones_like(self.truth)))

    def calibration_error(self, probability: Values) -> Interval:
        """Compute the expected calibration error, both classes weighing the same.

        Ten bins of equal width; the mean distance of the mean score from the share
        of fakes, weighted by what lies in the bin.

        References
        ----------
        Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities
        using Bayesian binning", AAAI 2015.
        """
        gap = self._balance() * (probability - self.truth)
        sums = self.weights @ (_in_bins(probability) * gap[:, None])
        return _interval(np.abs(sums).sum(axis=1))

    def reliability(self, probability: Values) -> list[Bin]:
        """Mean score and share of fakes at an even prior, of each bin in use."""
        inside = _in_bins(probability)
        balance = self._balance()
        mass = self.weights @ (inside * balance[:, None])
        fakes = self.weights @ (inside * (balance * self.truth)[:, None])
        scores = (inside * (balance * probability)[:, None]).sum(axis=0)
        bins = []
        for index in np.flatnonzero(inside.any(axis=0)):
            drawn = mass[:, index] > 0
            share = fakes[drawn, index] / mass[drawn, index]
            bins.append(
                Bin(
                    low=index / BINS,
                    high=(index + 1) / BINS,
                    score=float(scores[index] / mass[0, index]),
                    fakes=_interval(share),
                    pictures=int(inside[:, index].sum()),
                )
            )
        return bins

    def roc(self, scores: Values) -> list[tuple[float, float]]:
        """Points (false positive rate, recall) from (0, 0) to (1, 1)."""
        fakes, others = self._by_score(scores, draws=1)
        found = _shares(np.cumsum(fakes[:, ::-1], axis=1))[0]
        alarms = _shares(np.cumsum(others[:, ::-1], axis=1))[0]
        points = [(0.0, 0.0), *zip(alarms.tolist(), found.tolist(), strict=True)]
        steps = np.linspace(0, len(points) - 1, min(len(points), _MOST_ROC_POINTS))
        return [points[round(step)] for step in steps]

    def _by_score(
        self, scores: Values, *, draws: int | None = None
    ) -> tuple[Values, Values]:
        """Sum the weights of fakes and of others at each distinct score, ascending."""
        order = np.argsort(scores, kind="stable")
        ordered = scores[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        weights = self.weights[:draws, order].astype(np.float64)
        fakes = weights * self.truth[order]
        others = weights - fakes
        if len(starts) < len(order):
            fakes = np.add.reduceat(fakes, starts, axis=1)
            others = np.add.reduceat(others, starts, axis=1)
        return fakes, others

    def _mean(self, values: Values | Marks, members: Marks) -> Values:
        weights = self.weights[:, members].astype(np.float64)
        result: Values = weights @ values[members] / weights.sum(axis=1)
        return result

    def _balance(self) -> Values:
        fakes = max(1, int(self.truth.sum()))
        others = max(1, int((~self.truth).sum()))
        return np.where(self.truth, 0.5 / fakes, 0.5 / others)


def exact_share(hits: int, total: int) -> Interval:
    """Share with its exact binomial 95 % interval."""
    low = beta.ppf(0.025, hits, total - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, total - hits) if hits < total else 1.0
    return Interval(hits / total if total else math.nan, float(low), float(high))


def _interval(values: Values) -> Interval:
    """Take the point estimate from the first row, the interval from the others."""
    low, high = np.quantile(values[1:], [0.025, 0.975]) if len(values) > 1 else (0, 0)
    return Interval(float(values[0]), float(low), float(high))


def _shares(sums: Values) -> Values:
    result: Values = sums / sums[:, -1:]
    return result


def _in_bins(probability: Values) -> NDArray[np.bool_]:
    index = np.minimum((probability * BINS).astype(np.intp), BINS - 1)
    result: NDArray[np.bool_] = index[:, None] == np.arange(BINS)
    return result
