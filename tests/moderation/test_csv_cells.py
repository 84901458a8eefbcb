"""No cell of a list that leaves the house is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.csv_cells import csv_lines, safe_cell

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", " ", '"', "'", " '\" ", "\u00a0", "\ufeff"])
def test_what_a_program_could_take_for_a_formula_gets_an_apostrophe(
    start: str, before: str
) -> None:
    text = f"{before}{start}cmd|' /C calc'!A0"
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("IMG_1.jpg", "IMG_1.jpg"),
        ("a=b", "a=b"),
        ("", ""),
        (None, ""),
        (-1, "-1"),
        (0.5, "0.5"),
        ("a\0b", "ab"),
        ("\0=1", "'=1"),
    ],
)
def test_what_is_harmless_stays_as_it_is(value: object, text: str) -> None:
    assert safe_cell(value) == text


@given(st.text())
def test_no_text_becomes_a_cell_that_begins_like_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(STARTS)
    assert not cell.strip(" \"'\u00a0\ufeff").startswith(STARTS) or cell[0] == "'"


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4), max_size=5))
def test_rows_come_back_as_they_were_but_for_the_apostrophes(
    rows: list[list[str]],
) -> None:
    text = "".join(csv_lines(rows))
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found == [[safe_cell(cell) for cell in row] for row in rows]
