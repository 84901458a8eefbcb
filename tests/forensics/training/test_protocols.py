"""Re-encoding both classes alike: seeded by name, blind to the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from forensics.training.datasets import Label, Sample
from forensics.training.header_only import cross_scores, table_scores
from forensics.training.metrics import area_under_curve
from forensics.training.protocols import equalized, quality_75, raw
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from pathlib import Path


def test_raw_leaves_the_pixels_alone() -> None:
    picture = photo_like()
    assert raw().reencode(picture, "a.jpg") is picture


def test_quality_75_is_one_encoding_at_75() -> None:
    picture = photo_like(size=(64, 48))
    seen = quality_75().reencode(picture, "a.jpg")
    assert seen.size == picture.size
    assert seen != picture
    # Encoding again at the same quality changes next to nothing more.
    again = quality_75().reencode(seen, "a.jpg")
    change = np.abs(np.asarray(again, dtype=int) - np.asarray(seen, dtype=int))
    assert change.mean() < 0.5


def test_equalized_depends_on_seed_and_name_only() -> None:
    picture = photo_like()
    first = equalized(seed=1).reencode(picture, "a.jpg")
    assert first == equalized(seed=1).reencode(picture, "a.jpg")
    assert first != equalized(seed=2).reencode(picture, "a.jpg")
    assert first != equalized(seed=1).reencode(picture, "b.jpg")


def test_equalized_resizes_within_its_range() -> None:
    picture = photo_like(size=(1000, 10))
    names = [f"{number}.jpg" for number in range(200)]
    widths = [equalized(seed=1).reencode(picture, name).width for name in names]
    assert min(widths) >= 800
    assert max(widths) <= 950
    assert min(widths) < 820
    assert max(widths) > 930


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (8, 8)])
def test_equalized_bears_tiny_pictures(size: tuple[int, int]) -> None:
    seen = equalized(seed=1).reencode(Image.new("RGB", size), "a.png")
    assert min(seen.size) >= 1


def test_a_leak_in_the_tables_is_found_without_pixels(tmp_path: Path) -> None:
    samples = []
    for number in range(40):
        fake = number % 2 == 0
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(jpeg(photo_like(size=(32, 32)), quality=90 if fake else 75))
        samples.append(Sample(path, Label.FAKE if fake else Label.AUTHENTIC))
    truth = np.array([sample.label is Label.FAKE for sample in samples])
    assert area_under_curve(truth, cross_scores(samples, seed=1)) == 1.0
    unseen = tmp_path / "unseen.jpg"
    unseen.write_bytes(jpeg(photo_like(size=(32, 32)), quality=33))
    asked = [Sample(unseen, Label.FAKE)]
    assert table_scores(samples, asked).tolist() == [0.5]
