"""Figures of merit with bootstrap intervals, and the calibration of a score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import rankdata

from forensics.analysis.manifest import SURE

Truth: TypeAlias = NDArray[np.bool_]
Scores: TypeAlias = NDArray[np.float64]
Figure: TypeAlias = Callable[[Truth, Scores], float]

RESAMPLES = 2000
_MOST_STEPS = 60
_RIDGE = 1e-6
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns P(fake) into a log-likelihood ratio: slope * logit(p) + intercept."""

    slope: float
    intercept: float


def area_under_curve(truth: Truth, scores: Scores) -> float:
    """Area under the ROC curve: P(a fake scores above an authentic one).

    By rank sums, ties counted half (Mann and Whitney, 1947).
    """
    fakes = int(truth.sum())
    others = len(truth) - fakes
    ranks = rankdata(scores)
    return float((ranks[truth].sum() - fakes * (fakes + 1) / 2) / (fakes * others))


def accuracy(truth: Truth, scores: Scores, *, threshold: float) -> float:
    """Share of right answers."""
    return float(np.mean((scores >= threshold) == truth))


def balanced_accuracy(truth: Truth, scores: Scores, *, threshold: float) -> float:
    """Mean of the two classes' shares of right answers."""
    right = (scores >= threshold) == truth
    return float((right[truth].mean() + right[~truth].mean()) / 2)


def false_alarms(truth: Truth, scores: Scores, *, threshold: float) -> float:
    """Share of the authentic pictures that are called fake."""
    return float(np.mean(scores[~truth] >= threshold))


def bootstrap(
    figure: Figure,
    truth: Truth,
    scores: Scores,
    *,
    seed: int,
    resamples: int = RESAMPLES,
) -> Estimate:
    """Estimate a figure and its percentile interval, resampling within classes.

    Parameters
    ----------
    figure : callable
        Of truth and scores.
    truth : ndarray of bool, shape (n,)
        True for fakes.
    scores : ndarray of float, shape (n,)
        Higher is more suspicious.
    seed : int
        Of the resampling.
    resamples : int
        How many.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    draw = np.random.default_rng(seed)
    classes = [np.flatnonzero(mask) for mask in (truth, ~truth) if mask.any()]
    values = np.empty(resamples)
    for round_ in range(resamples):
        chosen = np.concatenate([draw.choice(c, len(c)) for c in classes])
        values[round_] = figure(truth[chosen], scores[chosen])
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(figure(truth, scores), float(low), float(high))


def logit(probability: Scores) -> Scores:
    """Log-odds of a probability, kept finite."""
    clipped = np.clip(probability, SURE, 1 - SURE)
    result: Scores = np.log(clipped) - np.log1p(-clipped)
    return result


def calibrate(
    truth: Truth, probability: Scores, *, slope: float | None = None
) -> Calibration:
    """Fit a logistic curve to the scores' log-odds, both classes weighing the same.

    The slope is never negative: a detector that is wrong more often than not on the
    calibration data has nothing to say, rather than the opposite.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
        True for fakes.
    probability : ndarray of float64, shape (n,)
        Raw P(fake).
    slope : float, optional
        Fit the intercept only, to this slope.

    References
    ----------
    J. Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    odds = logit(probability)
    weights = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
    signs = np.where(truth, 1.0, -1.0)
    found = _newton(odds, signs, weights, slope=slope)
    if found.slope < 0:
        # The loss is convex: the best allowed slope lies on the border.
        found = _newton(odds, signs, weights, slope=0.0)
    return found


def _newton(
    odds: Scores, signs: Scores, weights: Scores, *, slope: float | None
) -> Calibration:
    """Minimize the logistic loss by Newton's method; a given slope is kept."""
    at = Calibration(slope or 0.0, 0.0)
    for _ in range(_MOST_STEPS):
        doubt = expit(-signs * (at.slope * odds + at.intercept))
        pull, bend = weights * signs * doubt, weights * doubt * (1 - doubt)
        down, level = (pull * odds).sum(), pull.sum()
        # The ridge keeps perfectly separated classes at a finite slope.
        steep = (bend * odds * odds).sum() + _RIDGE
        tilt, flat = (bend * odds).sum(), bend.sum() + _RIDGE
        if slope is None:
            share = steep * flat - tilt * tilt
            step = (
                (down * flat - level * tilt) / share,
                (level * steep - down * tilt) / share,
            )
        else:
            step = (0.0, level / flat)
        size = max(abs(step[0]), abs(step[1]))
        pace = min(1.0, 1.0 / size) if size else 1.0
        at = Calibration(
            float(at.slope + pace * step[0]), float(at.intercept + pace * step[1])
        )
        if size < _CLOSE:
            break
    return at


def calibrate_cautiously(
    truth: Truth, draws: Scores, *, seed: int, resamples: int = 400
) -> Calibration:
    """Calibrate to no more than the pictures prove.

    The slope is the lower end of its 95 % bootstrap interval, resampling pictures
    within classes; the intercept is then fitted to that slope. A score whose slope
    cannot be told from zero becomes silent.

    Parameters
    ----------
    truth : ndarray of bool, shape (n,)
        True for fakes.
    draws : ndarray of float64, shape (d, n)
        Raw P(fake) of d re-encodings of each picture.
    seed : int
        Of the resampling.
    resamples : int
        How many.
    """
    chance = np.random.default_rng(seed)
    classes = (np.flatnonzero(truth), np.flatnonzero(~truth))
    slopes = np.empty(resamples)
    for round_ in range(resamples):
        chosen = np.concatenate([chance.choice(c, len(c)) for c in classes])
        slopes[round_] = _calibrate_draws(truth[chosen], draws[:, chosen]).slope
    return _calibrate_draws(truth, draws, slope=float(np.quantile(slopes, 0.025)))


def _calibrate_draws(
    truth: Truth, draws: Scores, *, slope: float | None = None
) -> Calibration:
    return calibrate(np.tile(truth, len(draws)), draws.ravel(), slope=slope)
