"""Fits the fusion's maps and weights: monotone a signal, non-negative in their sum."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import isotonic_regression, minimize

from forensics.analysis.fusion_model import SignalMap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forensics.training.fusion_sheet import Marks, Sheet, Values

_BLOCK_PICTURES = 20
_MOST_KNOTS = 40
_MOST_WEIGHT = 2.0
_MOST_LOG_ODDS = 8.0
_RIDGE = 1e-3


def out_of_fold(sheet: Sheet, *, seed: int, folds: int) -> Values:
    """Score each row by maps that saw no picture of its source."""
    fold_of = folds_of(sheet.groups, seed=seed, folds=folds)
    log_odds = np.zeros(len(sheet.truth))
    for fold in range(folds):
        inside = fold_of == fold
        signals = fit(sheet, sheet.is_fitted & ~inside)
        log_odds[inside] = total(signals, sheet)[inside]
    return log_odds


def total(signals: Mapping[str, SignalMap], sheet: Sheet) -> Values:
    """Add up the signals' parts for each row; one that is absent adds nothing."""
    parts = np.zeros(len(sheet.truth))
    for name, column in zip(sheet.signals, sheet.raw.T, strict=True):
        one = signals[name]
        ratio = np.interp(column, one.raw, one.log_odds)
        parts += np.where(np.isnan(column), 0.0, one.weight * ratio + one.offset)
    return parts


def folds_of(groups: NDArray[np.intp], *, seed: int, folds: int) -> NDArray[np.intp]:
    """Deal groups to folds, the largest first to the emptiest."""
    names, sizes = np.unique(groups, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled = np.zeros(folds)
    fold_of: dict[int, int] = {}
    for index in order:
        chosen = int(np.argmin(filled))
        fold_of[int(names[index])] = chosen
        filled[chosen] += sizes[index]
    return np.array([fold_of[int(group)] for group in groups])


def fit(sheet: Sheet, rows: Marks) -> dict[str, SignalMap]:
    """Fit a monotone map a signal, then non-negative weights for their sum."""
    truth = sheet.truth[rows]
    repeats = len(truth) / max(1, len(np.unique(sheet.pictures[rows])))
    least = max(1, round(_BLOCK_PICTURES * repeats))
    columns = sheet.raw[rows].T
    maps = [fit_map(column, truth, least=least) for column in columns]
    ratios = np.stack(
        [
            np.where(np.isnan(c), 0.0, np.interp(c, m.raw, m.log_odds))
            for m, c in zip(maps, columns, strict=True)
        ],
        axis=1,
    )
    weights, bias = fit_weights(ratios, ~np.isnan(columns.T), truth)
    scale = max(float(weights.sum()), 1e-9)
    most = [supported(np.sum(~np.isnan(c)) / repeats) for c in columns]
    return {
        name: SignalMap(
            raw=one.raw,
            log_odds=_limited(one.log_odds, weight=weight, most=limit),
            weight=float(weight),
            offset=float(bias * weight / scale),
            version=version,
        )
        for name, version, one, weight, limit in zip(
            sheet.signals, sheet.versions, maps, weights, most, strict=True
        )
    }


def supported(pictures: float) -> float:
    """Return the log-odds that a map's smallest block can carry.

    Of its n pictures even n against half a one are no more than log(n / 0.5).
    """
    smallest = max(float(_BLOCK_PICTURES), pictures / _MOST_KNOTS)
    return math.log(smallest / 0.5)


def _limited(
    log_odds: tuple[float, ...], *, weight: float, most: float
) -> tuple[float, ...]:
    """Clip ratios so that none times its weight exceeds what is supported."""
    bound = most / max(weight, 1e-9)
    return tuple(max(-bound, min(bound, value)) for value in log_odds)


def fit_map(raw: Values, truth: Marks, *, least: int) -> SignalMap:
    """Fit a monotone map from a raw signal to its log-likelihood ratio.

    Isotonic regression with both classes weighing the same; blocks of fewer than
    ``least`` rows are joined with their neighbours. Of each block the ratio of its
    shares of both classes, with half a row added to each so that it stays finite,
    stands at the block's median; lines lie between.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        NaN where the signal does not apply.
    truth : ndarray of bool, shape (n,)
        True for fakes.
    least : int
        Rows of a block.

    References
    ----------
    Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass
    probability estimates", KDD 2002.
    """
    known = ~np.isnan(raw)
    values, truth = raw[known], truth[known]
    if not truth.any() or truth.all():
        return SignalMap(raw=(0.0,), log_odds=(0.0,), weight=0.0)
    levels, place = np.unique(values, return_inverse=True)
    fakes = np.bincount(place[truth], minlength=len(levels)).astype(float)
    others = np.bincount(place[~truth], minlength=len(levels)).astype(float)
    mass_fake, mass_other = fakes / fakes.sum(), others / others.sum()
    mass = mass_fake + mass_other
    steps = isotonic_regression(mass_fake / mass, weights=mass).blocks
    edges = _joined(np.cumsum(fakes + others), steps, least)
    ratios = np.array(
        [
            _ratio(fakes[a:b].sum(), fakes.sum(), others[a:b].sum(), others.sum())
            for a, b in pairwise(edges)
        ]
    )
    middles = [
        float(np.median(values[(place >= a) & (place < b)])) for a, b in pairwise(edges)
    ]
    rising = isotonic_regression(ratios).x
    limited = np.clip(rising, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    return SignalMap(raw=tuple(middles), log_odds=tuple(limited.tolist()))


def _joined(running: Values, steps: NDArray[np.intp], least: int) -> list[int]:
    """Return the edges of blocks that hold enough rows each."""
    size = float(running[-1])
    least = max(least, math.ceil(size / _MOST_KNOTS))
    edges, before = [0], 0.0
    for edge in steps[1:-1]:
        inside = float(running[edge - 1])
        if inside - before >= least and size - inside >= least:
            edges.append(int(edge))
            before = inside
    return [*edges, len(running)]


def _ratio(fakes: float, all_fakes: float, others: float, all_others: float) -> float:
    share_fake = (fakes + 0.5) / (all_fakes + 0.5)
    share_other = (others + 0.5) / (all_others + 0.5)
    return math.log(share_fake / share_other)


def fit_weights(ratios: Values, applies: Marks, truth: Marks) -> tuple[Values, float]:
    """Fit non-negative weights and one bias to the ratios' sum.

    Logistic regression, both classes weighing the same. The bias is shared out among
    the signals that apply in proportion to their weights, so that a picture to which
    none applies stays at even odds.
    """
    balance = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
    signs = np.where(truth, 1.0, -1.0)

    def loss(at: Values) -> float:
        weights, bias = at[:-1], at[-1]
        present = applies @ weights / max(weights.sum(), 1e-9)
        odds = ratios @ weights + bias * present
        misfit = float(balance @ np.logaddexp(0.0, -signs * odds))
        return misfit + _RIDGE * float(at @ at)

    count = ratios.shape[1]
    start = np.append(np.full(count, 1.0 / count), 0.0)
    bounds = [(0.0, _MOST_WEIGHT)] * count + [(-2.0, 2.0)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:-1]), float(found.x[-1])
