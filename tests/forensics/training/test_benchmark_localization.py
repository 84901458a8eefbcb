"""Pixel counts against plain counting, masks as people make them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.types import Limits, Localization
from forensics.training.benchmark.localization import (
    THRESHOLDS,
    BadMaskError,
    count,
    read_mask,
    resized_mask,
)
from tests.images import encode


def box(
    height: int, width: int, rows: slice, columns: slice
) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[rows, columns] = True
    return mask


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 4, 8, 16]),
    st.integers(0, 2**32),
)
def test_counts_are_those_of_the_enlarged_map(
    height: int, width: int, cell: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    mask = draw.random((height, width)) < 0.3
    shape = (-(-height // cell), -(-width // cell))
    values = draw.choice(np.array([*THRESHOLDS, 0.0, 1.0]), shape).astype(np.float32)
    found = count(Localization(values, cell), mask)
    big = values.astype(float).repeat(cell, axis=0).repeat(cell, axis=1)
    marked = big[:height, :width] + 1e-6
    for index, threshold in enumerate(THRESHOLDS):
        on = marked >= threshold
        assert found.marked[index] == on.sum()
        assert found.hits[index] == (on & mask).sum()
    assert (found.pixels, found.masked) == (height * width, mask.sum())


def test_f1_and_iou_by_hand() -> None:
    mask = box(16, 16, slice(0, 8), slice(0, 16))
    values = np.array([[0.9, 0.4], [0.9, 0.1]], dtype=np.float32)
    found = count(Localization(values, 8), mask)
    # 128 px marked, 128 px in the mask, 64 px in both.
    assert found.f1() == pytest.approx(0.5)
    assert found.iou() == pytest.approx(1 / 3)
    lower = THRESHOLDS.index(0.4)
    assert found.f1(lower) == pytest.approx(2 * 128 / (192 + 128))


def test_a_mark_on_the_origin_of_a_copy_counts_in_f1_but_not_in_region_f1() -> None:
    mask = box(8, 40, slice(0, 8), slice(32, 40))
    values = np.array([[0.9, 0, 0, 0, 0.9]], dtype=np.float32)
    found = count(Localization(values, 8), mask)
    assert found.f1() == pytest.approx(2 / 3)
    assert found.region_f1() == pytest.approx(1.0)
    # Marking only the origin finds nothing, by either measure.
    missed = count(Localization(np.array([[0.9, 0, 0, 0, 0]], np.float32), 8), mask)
    assert missed.f1() == missed.region_f1() == 0.0


def test_no_map_marks_nothing_and_a_short_one_no_more_than_it_has() -> None:
    mask = box(16, 16, slice(0, 8), slice(0, 8))
    assert count(None, mask).f1() == 0.0
    short = count(Localization(np.ones((1, 1), np.float32), 8), mask)
    assert short.f1() == 1.0
    broken = count(Localization(np.full((2, 2), np.nan, np.float32), 8), mask)
    assert broken.marked == (0,) * len(THRESHOLDS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_masks_are_read_in_the_modes_they_come_in(tmp_path: Path, mode: str) -> None:
    mask = box(20, 30, slice(5, 10), slice(5, 25))
    picture = Image.fromarray(mask.astype(np.uint8) * 255).convert(mode)
    file = tmp_path / "a.png"
    file.write_bytes(encode(picture, "PNG"))
    assert (read_mask(file, size=(30, 20), limits=Limits()) == mask).all()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no picture", "not a picture"),
        (encode(Image.new("L", (20, 30), 255), "PNG"), "20 x 30"),
        (encode(Image.new("L", (30, 20), 100), "PNG"), "marks nothing"),
    ],
)
def test_masks_that_cannot_be_used_say_why(
    tmp_path: Path, data: bytes, words: str
) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(data)
    with pytest.raises(BadMaskError, match=words):
        read_mask(file, size=(30, 20), limits=Limits())


def test_a_mask_follows_its_picture_to_another_size() -> None:
    mask = box(100, 200, slice(20, 60), slice(100, 180))
    half = resized_mask(mask, (100, 50))
    assert (half == box(50, 100, slice(10, 30), slice(50, 90))).all()
    assert resized_mask(mask, (200, 100)) is mask
