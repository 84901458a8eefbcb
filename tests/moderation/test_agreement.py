"""Agreement against published figures, and where there is none to give."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.agreement import Undefined, agreement, agreement_of, wilson
from moderation.sampling import fraction, is_drawn

Table = list[list[int]]
# Two dermatologists, 88 patients: SAS/STAT User's Guide, "The FREQ Procedure", example
# "Agreement Study": kappa 0.3449, ASE 0.0724, 95 % limits 0.2030 and 0.4868.
SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
# Two raters' diagnoses of 100 patients: Fleiss, Levin and Paik, "Statistical Methods
# for Rates and Proportions", chapter 18: kappa 0.676 with standard error 0.088.
DIAGNOSES = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]


def counted(rows: Table) -> dict[tuple[str, str], int]:
    return {
        (str(i), str(j)): count
        for i, row in enumerate(rows)
        for j, count in enumerate(row)
    }


@pytest.mark.parametrize(
    ("rows", "kappa", "error"),
    [(SKIN, 0.3449, 0.0724), (DIAGNOSES, 0.676, 0.088)],
)
def test_kappa_and_its_error_are_those_of_the_books(
    rows: Table, kappa: float, error: float
) -> None:
    found = agreement_of(counted(rows))
    places = 4 if rows is SKIN else 3
    assert found.kappa is not None
    assert found.interval is not None
    assert round(found.kappa, places) == kappa
    width = (found.interval.high - found.interval.low) / (2 * 1.959964)
    assert round(width, places) == error


def test_the_interval_is_that_of_the_books() -> None:
    found = agreement_of(counted(SKIN)).interval
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2030, 0.4868)


@pytest.mark.parametrize(
    ("rows", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),
        ([[45, 15], [25, 15]], 0.1304),
        ([[25, 35], [5, 35]], 0.2593),
    ],
)
def test_kappa_by_hand(rows: Table, kappa: float) -> None:
    found = agreement_of(counted(rows)).kappa
    assert found is not None
    assert math.isclose(found, kappa, abs_tol=5e-5)


def test_nothing_compared_has_no_kappa() -> None:
    found = agreement([])
    assert (found.kappa, found.interval, found.share) == (None, None, None)
    assert found.why is Undefined.NOTHING


def test_one_and_the_same_answer_has_no_kappa_however_often() -> None:
    found = agreement([("fake", "fake")] * 50)
    assert (found.count, found.share, found.kappa) == (50, 1.0, None)
    assert found.why is Undefined.ONE_CATEGORY


def test_agreeing_every_time_has_a_kappa_but_no_interval() -> None:
    found = agreement([("fake", "fake"), ("authentic", "authentic")] * 20)
    assert (found.kappa, found.interval) == (1.0, None)
    assert found.why is Undefined.NO_SPREAD
    assert not found.is_small


def test_two_who_never_use_the_other_s_word_agree_not_even_by_chance() -> None:
    found = agreement([("fake", "authentic")] * 40)
    assert (found.kappa, found.expected) == (0.0, 0.0)


def test_few_pairs_are_called_few() -> None:
    assert agreement([("a", "b"), ("b", "b")]).is_small


answers = st.sampled_from(["fake", "authentic", "cannot_tell"])


@given(st.lists(st.tuples(answers, answers), max_size=60))
def test_kappa_stays_in_its_bounds_and_knows_no_order(
    pairs: list[tuple[str, str]],
) -> None:
    found, turned = agreement(pairs), agreement([(b, a) for a, b in pairs])
    assert found.count == len(pairs)
    if found.kappa is None:
        assert turned.kappa is None
        assert found.why is not None
        return
    assert -1.0 <= found.kappa <= 1.0
    assert turned.kappa is not None
    assert math.isclose(found.kappa, turned.kappa, abs_tol=1e-9)
    if found.interval is not None:
        assert -1.0 <= found.interval.low <= found.kappa <= found.interval.high <= 1.0


def test_the_interval_of_a_share_is_wilson_s() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I: 81 of 263.
    found = wilson(81, 263)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) is None


def test_a_draw_is_the_same_each_time_and_another_with_another_secret() -> None:
    assert fraction(b"one", "case", 7) == fraction(b"one", "case", 7)
    assert fraction(b"one", "case", 7) != fraction(b"two", "case", 7)
    assert fraction(b"one", "ab", "c") != fraction(b"one", "a", "bc")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_so_many_are_drawn_as_the_share_says(share: float) -> None:
    drawn = sum(
        is_drawn(b"secret", "case", one, two, share=share)
        for one, two in product(range(100), range(100))
    )
    assert abs(drawn / 10_000 - share) < 0.015
