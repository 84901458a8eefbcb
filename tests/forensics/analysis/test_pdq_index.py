"""The index finds exactly what comparing every hash finds, to the stated distance."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.analysis.pdq_index import (
    BANDS,
    MATCH_DISTANCE,
    band_values,
    distances,
    is_hash,
    is_telling,
    neighbours,
)

hashes = st.integers(0, 2**256 - 1)


def text(value: int) -> str:
    return f"{value:064x}"


def is_candidate(one: str, other: str, distance: int) -> bool:
    lists = neighbours(one, distance=distance)
    return any(
        value in wanted for value, wanted in zip(band_values(other), lists, strict=True)
    )


@settings(max_examples=300, deadline=None)
@given(
    value=hashes,
    distance=st.integers(0, MATCH_DISTANCE),
    turned=st.sets(st.integers(0, 255), max_size=MATCH_DISTANCE),
)
def test_whatever_is_near_shares_a_band(
    value: int, distance: int, turned: set[int]
) -> None:
    chosen = sorted(turned)[:distance]
    other = value ^ sum(1 << bit for bit in chosen)
    assert is_candidate(text(value), text(other), distance)


@given(value=hashes, seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_the_worst_spread_of_31_bits_is_found(value: int, seed: int) -> None:
    # As many bits in each band as the look-ups just miss, but for one bit less.
    spread = [3] * 8 + [2] * 4
    short_first = sorted(range(BANDS), key=lambda band: len(range(band, 256, BANDS)))
    spread[seed % BANDS] -= 1
    other = value
    for band, bits in zip(short_first, spread, strict=True):
        places = list(range(band, 256, BANDS))
        for step in range(bits):
            other ^= 1 << places[(seed + 5 * step) % len(places)]
    assert (value ^ other).bit_count() == MATCH_DISTANCE
    assert is_candidate(text(value), text(other), MATCH_DISTANCE)


@given(value=hashes, others=st.lists(hashes, max_size=5))
def test_distances_count_differing_bits(value: int, others: list[int]) -> None:
    found = distances(text(value), [text(other) for other in others])
    assert found.tolist() == [(value ^ other).bit_count() for other in others]


@given(value=hashes)
def test_bands_hold_every_bit_once(value: int) -> None:
    values = band_values(text(value))
    assert len(values) == BANDS
    assert sum(band.bit_count() for band in values) == value.bit_count()
    assert max(values) < 2**22


def test_a_look_up_asks_for_about_two_thousand_values() -> None:
    assert sum(map(len, neighbours("0" * 64))) == 1948
    assert sum(map(len, neighbours("0" * 64, distance=0))) == 1


def test_only_64_lower_case_digits_are_a_hash() -> None:
    assert is_hash("0f" * 32)
    arabic_zeros = "\u0660" * 64
    for wrong in ("0F" * 32, "0f" * 31, "zz" * 32, arabic_zeros, ""):
        assert not is_hash(wrong)


def test_flat_hashes_are_not_telling() -> None:
    assert not is_telling("0" * 64)
    assert not is_telling("f" * 64)
    assert is_telling("0f" * 32)
