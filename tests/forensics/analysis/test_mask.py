"""Masks: run lengths as COCO writes them, outlines, and what is stored of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from forensics.analysis.mask import (
    MAX_COUNTS,
    Mask,
    compressed,
    expanded,
    marked_from,
    masks_of,
    polygons,
    run_lengths,
)
from forensics.analysis.types import Finding, FindingStatus, Localization

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(MASKS)
def test_run_lengths_and_their_string_are_read_back(marked: np.ndarray) -> None:
    counts = run_lengths(marked)

    assert expanded(compressed(counts)) == counts
    assert (marked_from(counts, marked.shape) == marked).all()


@given(st.lists(st.integers(0, 2**28), min_size=1, max_size=50))
def test_any_counts_survive_the_string(counts: list[int]) -> None:
    text = compressed(counts)

    assert expanded(text) == counts
    assert text.isascii()
    assert all(48 <= ord(c) < 112 for c in text)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        # By hand: 5 bits a character, +48; a sign bit in the last; from the fourth
        # run on the difference to the run before the last.
        ([1], "1"),
        ([15], "?"),
        ([16], "`0"),
        ([6, 1, 40, 4, 5, 4, 5, 4, 21], "61X13mN000`0"),  # COCO's own example
    ],
)
def test_the_string_is_that_of_cocos_tools(counts: list[int], text: str) -> None:
    assert compressed(counts) == text


def test_runs_go_down_the_columns_and_begin_unmarked() -> None:
    marked = np.array([[1, 0], [0, 1]], dtype=bool)

    assert run_lengths(marked) == [0, 1, 2, 1]


def test_a_rectangle_has_its_corners_in_px_of_the_picture() -> None:
    marked = np.zeros((10, 12), dtype=bool)
    marked[2:5, 3:7] = True
    mask = Mask("", marked, 8, 93, 77, 0.5)

    (found,) = polygons(mask)

    corners = {(24, 16), (56, 16), (56, 40), (24, 40)}
    assert {tuple(point) for point in found["exterior"]} == corners
    assert found["holes"] == []


def test_outlines_end_at_the_border_of_the_picture() -> None:
    mask = Mask("", np.ones((10, 12), dtype=bool), 8, 93, 77, 0.5)

    (found,) = polygons(mask)

    assert {tuple(p) for p in found["exterior"]} == {(0, 0), (93, 0), (93, 77), (0, 77)}


def test_a_hole_has_an_outline_of_its_own() -> None:
    marked = np.ones((12, 12), dtype=bool)
    marked[4:8, 3:9] = False
    (found,) = polygons(Mask("", marked, 4, 48, 48, 0.5))

    (hole,) = found["holes"]
    area = _area(hole)
    assert area == pytest.approx(4 * 6 * 16, rel=0.35)
    assert all(8 <= x <= 40 and 12 <= y <= 36 for x, y in hole)


@given(MASKS)
def test_outlines_stay_in_the_picture_and_are_few(marked: np.ndarray) -> None:
    rows, columns = marked.shape
    for outline in polygons(Mask("", marked, 4, columns * 4 - 1, rows * 4 - 1, 0.5)):
        for ring in (outline["exterior"], *outline["holes"]):
            assert len(ring) <= 256
            assert all(0 <= x < columns * 4 and 0 <= y < rows * 4 for x, y in ring)


def test_a_mask_of_noise_stays_bounded_and_marks_no_less() -> None:
    values = np.indices((1200, 1300)).sum(axis=0) % 2
    localizer = _finding("localizer", values.astype(np.float32), cell=4)

    mask, joined = masks_of([localizer], width=5200, height=4800)

    assert len(run_lengths(mask.marked)) <= MAX_COUNTS
    assert mask.cell > 4
    assert mask.share == 1.0
    assert joined.signal == ""


def test_only_signals_that_found_something_take_part() -> None:
    marked = np.zeros((6, 8), dtype=np.float32)
    marked[1:3, 2:4] = 0.9
    loud = _finding("noise", marked, cell=8, codes=("local_inconsistency",))
    quiet = _finding("filtering", np.ones((6, 8), dtype=np.float32), cell=8)

    names = [mask.signal for mask in masks_of([loud, quiet], width=64, height=48)]

    assert names == ["noise", ""]
    assert masks_of([quiet], width=64, height=48) == []


def test_a_signals_own_threshold_counts_in_the_joined_mask_too() -> None:
    values = np.full((6, 8), 0.4, dtype=np.float32)
    localizer = _finding("localizer", values, cell=8, data={"mask_threshold": 0.3})

    mask, joined = masks_of([localizer], width=64, height=48)

    assert (mask.share, joined.share) == (1.0, 1.0)
    assert (mask.threshold, joined.threshold) == (0.3, 0.3)


def _finding(name: str, values: np.ndarray, *, cell: int, **fields: object) -> Finding:
    return Finding(
        name,
        "1",
        FindingStatus.OK,
        "Found.",
        localization=Localization(values, cell),
        **fields,
    )


def _area(ring: list[list[int]]) -> float:
    xs, ys = np.array(ring).T
    return float(abs(np.dot(xs, np.roll(ys, 1)) - np.dot(ys, np.roll(xs, 1))) / 2)
