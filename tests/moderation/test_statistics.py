"""Intervals and percentiles against published and computed values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    columns,
    line,
    nice_top,
    reliability,
    shares,
)
from moderation.statistics import Share, percentile, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        # Newcombe (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(
    hits: int, total: int, low: float, high: float
) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=0.0001)


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_lies_within_its_bounds(hits: int, others: int) -> None:
    share = Share(hits, hits + others)
    assert 0 <= share.low <= share.high <= 1
    if share.total:
        assert share.low - 1e-9 <= share.value <= share.high + 1e-9


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_percentiles_are_those_of_numpy(values: list[float], fraction: float) -> None:
    ours = percentile(sorted(values), fraction)
    assert ours == pytest.approx(float(np.quantile(values, fraction)), rel=1e-6)


@given(st.floats(0.001, 1e9))
def test_an_axis_ends_shortly_above_the_highest_value(most: float) -> None:
    assert most * 0.998 <= nice_top(most) <= most * 2.5


@given(st.lists(st.integers(0, 10**6), max_size=100))
def test_columns_stay_on_the_canvas(values: list[int]) -> None:
    chart = columns(values, [str(n) for n in range(len(values))], str)
    assert len(chart.bars) == len(values)
    for bar in chart.bars:
        assert LEFT <= bar.x <= bar.x + bar.width <= WIDTH - RIGHT + 0.2
        assert TOP - 0.1 <= bar.y <= HEIGHT - BOTTOM
        assert bar.y + bar.height == pytest.approx(HEIGHT - BOTTOM, abs=0.2)


def test_a_line_stops_where_there_is_no_value() -> None:
    chart = line([1.0, 2.0, None, 4.0], ["a", "b", "c", "d"], str)
    assert [len(one.split()) for one in chart.lines] == [2, 1]
    assert len(chart.points) == 3


def test_shares_have_intervals_and_gaps() -> None:
    chart = shares([Share(1, 2), Share(0, 0), Share(9, 10)], ["a", "b", "c"], str)
    assert len(chart.points) == 2
    for point in chart.points:
        assert point.high < point.y < point.low  # upwards is smaller
    assert chart.areas == ()


def test_a_score_that_is_what_it_says_lies_on_the_diagonal() -> None:
    tenths = [Share(2 * n + 1, 20) for n in range(10)]
    chart = reliability(tenths, ["0", "1"], str)
    for place, point in enumerate(chart.points):
        along = (point.x - LEFT) / (WIDTH - LEFT - RIGHT)
        up = (HEIGHT - BOTTOM - point.y) / (HEIGHT - BOTTOM - TOP)
        assert along == pytest.approx(up, abs=0.002), place
