"""Figures against known answers, and calibration that cannot be talked into more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.training import metrics

TRUTH = np.array([True, True, False, False])


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
def test_area_under_curve_counts_pairs_in_order(
    scores: list[float], area: float
) -> None:
    assert metrics.area_under_curve(TRUTH, np.array(scores)) == pytest.approx(area)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
def test_area_under_curve_is_the_share_of_ordered_pairs(
    rows: list[tuple[bool, int]],
) -> None:
    truth = np.array([row[0] for row in rows] + [True, False])
    scores = np.array([row[1] for row in rows] + [1, 2], dtype=float)
    wins = scores[truth][:, None] - scores[~truth][None, :]
    expected = ((wins > 0) + 0.5 * (wins == 0)).mean()
    assert metrics.area_under_curve(truth, scores) == pytest.approx(expected)


def test_shares_of_right_answers_and_false_alarms() -> None:
    truth = np.array([True, False, False, False])
    scores = np.array([0.4, 0.5, 0.1, 0.2])
    assert metrics.accuracy(truth, scores, threshold=0.5) == 0.5
    assert metrics.balanced_accuracy(truth, scores, threshold=0.5) == pytest.approx(
        1 / 3
    )
    assert metrics.false_alarms(truth, scores, threshold=0.5) == pytest.approx(1 / 3)


def test_an_interval_holds_its_value_is_seeded_and_narrows_with_more_pictures() -> None:
    draw = np.random.default_rng(1)
    widths = []
    for size in (40, 4000):
        truth = np.arange(size) % 2 == 0
        scores = draw.normal(size=size) + truth
        first, second = (
            metrics.bootstrap(
                metrics.area_under_curve, truth, scores, seed=3, resamples=300
            )
            for _ in range(2)
        )
        assert first == second
        assert first.low < first.value < first.high
        widths.append(first.high - first.low)
    # Two normal curves one unit apart: AUC = Phi(1 / sqrt 2) = 0.7602.
    assert first.low < 0.7602 < first.high
    assert widths[1] < widths[0] / 5


def scores_of_log_odds(
    slope: float, intercept: float
) -> tuple[metrics.Truth, metrics.Scores]:
    """Draw scores whose true log-likelihood ratio is a known line of their logit."""
    draw = np.random.default_rng(11)
    truth = np.arange(20_000) % 2 == 0
    # Normal evidence of unit spread at -1/2 and +1/2 has itself as its log ratio.
    evidence = draw.normal(size=len(truth)) + np.where(truth, 0.5, -0.5)
    raw = (evidence - intercept) / slope
    return truth, 1 / (1 + np.exp(-raw))


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.25, 0.6), (2.0, -1.0)])
def test_calibration_finds_the_true_line(slope: float, intercept: float) -> None:
    found = metrics.calibrate(*scores_of_log_odds(slope, intercept))
    assert found.slope == pytest.approx(slope, rel=0.1)
    assert found.intercept == pytest.approx(intercept, abs=0.06)


def test_calibration_is_not_moved_by_how_many_fakes_there_are() -> None:
    truth, scores = scores_of_log_odds(0.5, 0.2)
    kept = ~truth | (np.arange(len(truth)) % 10 == 0)
    few = metrics.calibrate(truth[kept], scores[kept])
    assert few.slope == pytest.approx(0.5, abs=0.08)
    assert few.intercept == pytest.approx(0.2, abs=0.1)


def test_a_detector_that_is_wrong_says_nothing_rather_than_the_opposite() -> None:
    truth, scores = scores_of_log_odds(1.0, 0.0)
    found = metrics.calibrate(truth, 1 - scores)
    assert found.slope == 0
    assert found.intercept == pytest.approx(0, abs=1e-3)


def test_calibration_bears_scores_of_zero_and_one() -> None:
    found = metrics.calibrate(TRUTH, np.array([1.0, 0.0, 0.0, 1.0]))
    assert np.isfinite([found.slope, found.intercept]).all()


def test_cautious_calibration_stays_below_the_true_slope_but_near_it() -> None:
    truth, scores = scores_of_log_odds(0.5, 0.0)
    draws = np.stack([scores[:2000], scores[:2000]])
    found = metrics.calibrate_cautiously(truth[:2000], draws, seed=1, resamples=60)
    plain = metrics.calibrate(truth[:2000], scores[:2000])
    assert 0.75 * plain.slope < found.slope < plain.slope


def test_cautious_calibration_silences_what_may_be_chance() -> None:
    draw = np.random.default_rng(8)
    truth = np.arange(200) % 5 == 0
    scores = draw.uniform(0.01, 0.99, (3, 200))
    found = metrics.calibrate_cautiously(truth, scores, seed=1, resamples=60)
    assert found.slope == 0
    assert found.intercept == pytest.approx(0, abs=1e-3)


def test_copies_of_a_picture_prove_no_more_than_the_picture() -> None:
    truth, scores = scores_of_log_odds(0.5, 0.0)
    one = scores[None, :60]
    many = np.repeat(one, 5, axis=0)
    found = [
        metrics.calibrate_cautiously(truth[:60], draws, seed=1, resamples=60)
        for draws in (one, many)
    ]
    assert found[0].slope == pytest.approx(found[1].slope, rel=0.01, abs=1e-3)
