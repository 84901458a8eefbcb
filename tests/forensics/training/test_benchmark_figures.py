"""Figures against answers worked out by hand or known from theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.training import metrics
from forensics.training.benchmark.figures import Resamples, exact_share

TRUTH = np.array([True, True, False, False])


def few(truth: metrics.Truth) -> Resamples:
    return Resamples(truth, seed=1, resamples=20)


@pytest.mark.parametrize(
    ("scores", "area"),
    [
        ([0.9, 0.8, 0.2, 0.1], 1.0),
        ([0.1, 0.2, 0.8, 0.9], 0.0),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([0.9, 0.3, 0.5, 0.1], 0.75),
        ([0.9, 0.5, 0.5, 0.1], 0.875),
    ],
)
def test_area_under_curve_by_hand(scores: list[float], area: float) -> None:
    found = few(TRUTH).area_under_curve(np.array(scores))
    assert found.value == pytest.approx(area)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_every_resample_is_the_plain_figure_of_what_was_drawn(
    rows: list[tuple[bool, int]],
) -> None:
    truth = np.array([row[0] for row in rows] + [True, False])
    scores = np.array([row[1] for row in rows] + [1, 2], dtype=float)
    drawn = Resamples(truth, seed=2, resamples=3)
    areas = [
        metrics.area_under_curve(np.repeat(truth, n), np.repeat(scores, n))
        for n in drawn.weights.astype(int)
    ]
    found = drawn.area_under_curve(scores)
    assert found.value == pytest.approx(areas[0])
    assert found.low == pytest.approx(np.quantile(areas[1:], 0.025))
    assert found.high == pytest.approx(np.quantile(areas[1:], 0.975))


def test_resamples_keep_the_number_of_each_class() -> None:
    truth = np.arange(30) % 3 == 0
    weights = Resamples(truth, seed=5, resamples=50).weights
    assert (weights[0] == 1).all()
    assert (weights[:, truth].sum(axis=1) == 10).all()
    assert (weights[:, ~truth].sum(axis=1) == 20).all()
    assert len(np.unique(weights[1:], axis=0)) == 50


def test_an_interval_holds_the_true_area_and_narrows_with_more_pictures() -> None:
    draw = np.random.default_rng(1)
    widths = []
    for size in (40, 4000):
        truth = np.arange(size) % 2 == 0
        scores = draw.normal(size=size) + truth
        found = Resamples(truth, seed=3, resamples=300).area_under_curve(scores)
        # Two normal curves one unit apart: AUC = Phi(1 / sqrt 2) = 0.7602.
        assert found.low < 0.7602 < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 5


def test_recall_at_five_percent_allows_one_false_alarm_in_twenty() -> None:
    truth = np.array([True] * 4 + [False] * 20)
    others = np.linspace(0.1, 0.5, 20)
    scores = np.r_[0.9, 0.6, 0.49, 0.2, others]
    # The highest authentic picture, .5, may be called; the next, .479, may not.
    assert few(truth).recall_at(scores).value == 0.75
    assert few(truth).recall_at(scores, rate=0.0).value == 0.5
    # Tied with two authentic pictures, a fake cannot be had without both.
    tied = np.r_[0.9, 0.6, 0.5, 0.2, others[:-2], 0.5, 0.5]
    assert few(truth).recall_at(tied).value == 0.5


def test_balanced_accuracy_and_shares_called() -> None:
    truth = np.array([True, False, False, False])
    called = np.array([False, True, False, False])
    figures = few(truth)
    assert figures.balanced_accuracy(called).value == pytest.approx(1 / 3)
    assert figures.share_called(called, of_fakes=False).value == pytest.approx(1 / 3)
    assert figures.share_called(called, of_fakes=True).value == 0.0


def test_none_of_a_hundred_is_not_certainty() -> None:
    none = exact_share(0, 100)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 100))  # 3.6 %
    every = exact_share(100, 100)
    assert every.low == pytest.approx(0.025 ** (1 / 100))
    assert every.high == 1.0


def test_calibration_error_by_hand() -> None:
    truth = np.array([True, False, False])
    scores = np.array([0.85, 0.85, 0.15])
    # Weights 1/2, 1/4, 1/4. Upper bin: mass 3/4, score .85, share of fakes 2/3;
    # lower bin: mass 1/4, score .15, share 0.
    expected = 0.75 * (0.85 - 2 / 3) + 0.25 * 0.15
    assert few(truth).calibration_error(scores).value == pytest.approx(expected)


def test_calibrated_scores_have_hardly_an_error_and_sure_ones_a_large_one() -> None:
    draw = np.random.default_rng(4)
    probability = draw.uniform(size=20_000)
    truth = draw.uniform(size=20_000) < probability
    figures = few(truth)
    assert figures.calibration_error(probability).value < 0.02
    sure = np.where(probability > 0.5, 1.0, 0.0)
    assert figures.calibration_error(sure).value == pytest.approx(0.25, abs=0.02)


def test_calibration_is_judged_at_an_even_prior() -> None:
    """Ten times more authentic pictures must not make .5 look overconfident."""
    truth = np.array([True] * 10 + [False] * 100)
    assert few(truth).calibration_error(np.full(110, 0.5)).value == pytest.approx(0)


def test_the_reliability_curve_shows_score_and_share_by_bin() -> None:
    truth = np.array([True, True, False, False])
    lower, upper = few(truth).reliability(np.array([0.95, 1.0, 0.95, 0.02]))
    assert (lower.low, lower.high, lower.pictures) == (0.0, 0.1, 1)
    assert (lower.score, lower.fakes.value) == pytest.approx((0.02, 0.0))
    assert (upper.low, upper.high, upper.pictures) == (0.9, 1.0, 3)
    assert upper.score == pytest.approx(2.9 / 3)
    assert upper.fakes.value == pytest.approx(2 / 3)


def test_the_roc_runs_from_nothing_called_to_everything_called() -> None:
    points = few(TRUTH).roc(np.array([0.9, 0.3, 0.5, 0.1]))
    assert points == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    truth = np.arange(4000) % 2 == 0
    many = few(truth).roc(np.random.default_rng(1).normal(size=4000))
    assert len(many) == 150
    assert many[0] == (0, 0)
    assert many[-1] == (1, 1)
