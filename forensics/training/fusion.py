"""Calibrates the fusion: records of an evaluation to monotone maps, weights and bands.

The records must be of pictures that no signal was trained on. Figures and thresholds
come from folds by source picture, so that none is read off its own training data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from scipy.stats import beta

from forensics.analysis.fusion import log_odds_of
from forensics.analysis.fusion_model import GRID, Bands, SignalMap
from forensics.training.fusion_fit import fit, folds_of, out_of_fold, total
from forensics.training.fusion_sheet import CalibrationError, Marks, Sheet, Values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FOLDS = 5
# No forgeries of a kind that no signal looks for, such as pictures that are generated
# whole, are among the records: silence alone must not acquit.
_LEAST_SCORE = 0.10
_AUTHENTIC = 0.20
_BELOW = 0.005
_MOST_SUSPICIOUS, _MOST_FAKE = 0.95, 0.985
_NO_CEILING = 12.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What a band promises of untouched pictures, under every protocol.

    At most ``rate`` of them reach it, and the one-sided upper 95 % bound of that share
    is at most ``bound``, each source counting once. The band never begins below
    ``least``.
    """

    rate: float
    bound: float
    least: float


# What 62 sources can promise, all the free photographs that the localizer did not
# learn from: none called bounds the share at 4.7 %, one in fifty at 8.2 %.
SUSPICIOUS = Goal(rate=0.03, bound=0.085, least=0.60)
FAKE = Goal(rate=0.0075, bound=0.05, least=0.90)


@dataclass(frozen=True)
class Crossed:
    """Which rows are called, by bands set and maps fitted on the other folds alone.

    ``fake`` is None where there are too few sources to promise it at all.
    """

    suspicious: Marks
    fake: Marks | None


@dataclass(frozen=True, slots=True)
class _Goals:
    suspicious: Goal
    fake: Goal


@dataclass(frozen=True)
class Calibrated:
    """What came of it; ``log_odds`` are out-of-fold, one a row of the sheet.

    ``pictures`` counts the sources of the untouched ones; ``crossed`` is None where a
    fold's signals could not be calibrated.
    """

    signals: Mapping[str, SignalMap]
    bands: Bands
    floor: float
    ceiling: float
    shares: tuple[float, ...]
    uppers: tuple[float, ...]
    pictures: int
    sheet: Sheet = field(repr=False)
    log_odds: Values = field(repr=False)
    crossed: Crossed | None = field(repr=False)

    @property
    def scores(self) -> Values:
        """Out-of-fold scores, clamped as the pipeline does."""
        result: Values = np.clip(expit(self.log_odds), 0.01, 0.99)
        return result


def calibrate(sheet: Sheet, *, seed: int, folds: int = FOLDS) -> Calibrated:
    """Fit the maps and weights; take figures and thresholds from folds.

    Parameters
    ----------
    sheet : Sheet
        Records of pictures that no signal was trained on.
    seed : int
        Of the folds.
    folds : int
        How many; pictures that share a source lie in one.

    Raises
    ------
    CalibrationError
        Where there are too few untouched pictures to promise what `SUSPICIOUS`
        promises. Where they are too few for `FAKE`, the signals cannot say it.
    """
    fitted = _fitted(sheet, _Goals(SUSPICIOUS, FAKE), seed=seed, folds=folds)
    log_odds = np.minimum(fitted.ceiling, fitted.log_odds)
    shares, uppers, pictures = untouched_shares(sheet, log_odds)
    return Calibrated(
        signals=fitted.signals,
        bands=fitted.bands,
        floor=fitted.floor,
        ceiling=fitted.ceiling,
        shares=shares,
        uppers=uppers,
        pictures=pictures,
        sheet=sheet,
        log_odds=log_odds,
        crossed=cross(sheet, seed=seed, folds=folds),
    )


@dataclass(frozen=True)
class _Fitted:
    signals: Mapping[str, SignalMap]
    floor: float
    ceiling: float
    bands: Bands
    log_odds: Values


def _fitted(sheet: Sheet, goals: _Goals, *, seed: int, folds: int) -> _Fitted:
    signals = fit(sheet, sheet.is_fitted)
    floor = max(_lowest(signals), log_odds_of(_LEAST_SCORE))
    log_odds = np.maximum(floor, out_of_fold(sheet, seed=seed, folds=folds))
    bands, ceiling = _bands(sheet, log_odds, floor, goals)
    return _Fitted(signals, floor, ceiling, bands, log_odds)


def cross(sheet: Sheet, *, seed: int, folds: int) -> Crossed | None:
    """Call each fold's rows by a calibration that saw the other folds alone.

    Bands that are set on pictures look better on these than on others: what they call
    among pictures that had no part in them is what can be promised. Each may call the
    share that the bands of all folds may.
    """
    goals = _Goals(_attained(sheet, SUSPICIOUS), _attained(sheet, FAKE))
    is_promised = goals.fake.bound >= 1.0
    fold_of = folds_of(sheet.groups, seed=seed, folds=folds)
    suspicious, fake = (np.zeros(len(sheet.truth), dtype=np.bool_) for _ in range(2))
    for fold in range(folds):
        inside = fold_of == fold
        try:
            others = _fitted(sheet.only(~inside), goals, seed=seed + 1, folds=folds)
        except CalibrationError:
            return None
        own = total(others.signals, sheet.only(inside))
        scores = expit(np.clip(own, others.floor, others.ceiling))
        suspicious[inside] = scores >= others.bands.suspicious
        fake[inside] = scores >= others.bands.fake
    return Crossed(suspicious, fake if is_promised else None)


def _attained(sheet: Sheet, goal: Goal) -> Goal:
    """Return the share that a promise allows with all sources, as a plain rate."""
    protocols = np.array(sheet.protocols)
    count = min(
        masses(sheet.groups[sheet.is_untouched & (protocols == protocol)])[1]
        for protocol in np.unique(protocols[sheet.is_untouched])
    )
    hits = np.linspace(0.0, goal.rate * count, 200)
    allowed = hits[_is_bounded(hits, count, goal)]
    if not len(allowed):
        return goal
    return Goal(rate=float(allowed[-1]) / count, bound=1.0, least=goal.least)


def _bands(
    sheet: Sheet, log_odds: Values, floor: float, goals: _Goals
) -> tuple[Bands, float]:
    """Return the bands, and the most that the signals may say together."""
    suspicious = threshold(sheet, log_odds, goals.suspicious)
    if suspicious > _MOST_SUSPICIOUS:
        raise CalibrationError(
            f"{SUSPICIOUS.rate:.0%} of the untouched pictures score above "
            f"{_MOST_SUSPICIOUS}: these signals accuse at random. Leave some out."
        )
    least = max(goals.fake.least, suspicious + 0.01)
    ceiling = _NO_CEILING
    try:
        fake = threshold(sheet, log_odds, replace(goals.fake, least=least))
    except CalibrationError:
        fake = 1.0
    if fake > _MOST_FAKE:
        # Too few untouched pictures to promise it, or too many that look as bad as any
        # forgery: only other evidence beside the pixels may then say fake.
        fake, ceiling = _MOST_FAKE, log_odds_of(_MOST_FAKE - _BELOW)
    silence = math.floor((_odds_to_score(floor) - _BELOW) * 1000) / 1000
    return Bands(min(_AUTHENTIC, silence), suspicious, fake), ceiling


def _lowest(signals: Mapping[str, SignalMap]) -> float:
    return sum(min(0.0, m.weight * m.log_odds[0] + m.offset) for m in signals.values())


def threshold(sheet: Sheet, log_odds: Values, goal: Goal) -> float:
    """Return the lowest score that keeps a promise under every protocol.

    Raises
    ------
    CalibrationError
        Where even none of the pictures would be too few to promise it.
    """
    scores = np.clip(expit(log_odds), 0.01, 0.99)
    protocols = np.array(sheet.protocols)
    found = goal.least
    for protocol in np.unique(protocols[sheet.is_untouched]):
        rows = sheet.is_untouched & (protocols == protocol)
        called = _Called(scores[rows], *masses(sheet.groups[rows]))
        found = max(found, _threshold(called, goal, protocol=str(protocol)))
    return found


@dataclass(frozen=True)
class _Called:
    """Untouched pictures' scores; ``masses`` sum up to 1 for each of the sources."""

    scores: Values
    masses: Values
    sources: int


def masses(groups: NDArray[np.intp]) -> tuple[Values, int]:
    """Let each source count once: pictures of one source are no two witnesses."""
    _, places, repeats = np.unique(groups, return_inverse=True, return_counts=True)
    return 1.0 / repeats[places], len(repeats)


def _threshold(called: _Called, goal: Goal, *, protocol: str) -> float:
    """Stand just above the first score at which the promise would not hold."""
    order = np.argsort(-called.scores, kind="stable")
    hits = np.minimum(np.cumsum(called.masses[order]), called.sources)
    holds = (hits <= goal.rate * called.sources + 1e-9) & _is_bounded(
        hits, called.sources, goal
    )
    if not _is_bounded(np.zeros(1), called.sources, goal)[0]:
        raise CalibrationError(
            f"{called.sources} untouched sources ({protocol}) are too few to promise "
            f"that at most {goal.bound:.0%} score as high. Evaluate more of them."
        )
    first = int(np.argmin(holds))
    if holds[first]:
        return goal.least
    return math.floor(float(called.scores[order][first]) * 1000 + 1) / 1000


def _is_bounded(hits: Values, count: int, goal: Goal) -> Marks:
    upper = beta.ppf(0.95, hits + 1, np.maximum(count - hits, 1e-9))
    return np.asarray(upper <= goal.bound, dtype=np.bool_)


def untouched_shares(
    sheet: Sheet, log_odds: Values
) -> tuple[tuple[float, ...], tuple[float, ...], int]:
    """Return the share of untouched pictures reaching each score, with upper bounds.

    Each source counts once, as the mean over its pictures and their protocols.
    """
    rows = sheet.is_untouched
    scores = np.clip(expit(log_odds[rows]), 0.01, 0.99)
    mass, count = masses(sheet.groups[rows])
    grid = np.arange(1, GRID + 1) / (GRID + 1)
    hits = [float(mass[scores >= score - 1e-9].sum()) for score in grid]
    shares = tuple(min(1.0, round(hit / count, 5)) for hit in hits)
    uppers = tuple(_upper(math.ceil(hit - 1e-6), count) for hit in hits)
    return shares, uppers, count


def _upper(hits: int, count: int) -> float:
    if hits >= count:
        return 1.0
    return round(float(beta.ppf(0.975, hits + 1, count - hits)), 5)


def _odds_to_score(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))
