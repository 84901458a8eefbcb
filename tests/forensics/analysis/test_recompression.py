"""Error levels and their brightening, against the field's own recipe."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageEnhance

from forensics.analysis.recompression import error_levels, scaled_for_viewing
from forensics.analysis.types import NotApplicableError
from tests.images import photo_like


@pytest.mark.parametrize("size", [(1, 1), (63, 65), (200, 64), (301, 257)])
def test_error_levels_equal_the_recipe(size: tuple[int, int]) -> None:
    picture = photo_like(3, size)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    expected = ImageChops.difference(picture, Image.open(buffer).convert("RGB"))
    assert error_levels(picture, 90).tobytes() == expected.tobytes()


def test_error_levels_leave_the_picture_alone() -> None:
    picture = photo_like(3)
    before = picture.tobytes()
    error_levels(picture, 50)
    assert picture.tobytes() == before


@pytest.mark.parametrize("largest", range(256))
def test_brightening_equals_the_recipe_to_the_bit(largest: int) -> None:
    ramp = np.arange(largest + 1, dtype=np.uint8)
    levels = Image.fromarray(np.stack([ramp, ramp // 2, ramp // 3], axis=-1)[None])
    recipe = ImageEnhance.Brightness(levels).enhance(255.0 / (largest or 1))
    assert scaled_for_viewing(levels).tobytes() == recipe.tobytes()


def test_a_side_longer_than_jpeg_can_hold_does_not_apply() -> None:
    with pytest.raises(NotApplicableError, match="65,500"):
        error_levels(Image.new("RGB", (65_501, 1)), 90)
