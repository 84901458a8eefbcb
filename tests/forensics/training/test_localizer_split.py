"""Photographs of one camera stay together, whatever else is in the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from forensics.training.errors import DatasetError
from forensics.training.localizer.split import camera, part_of, split_photographs

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"album__Camera_{letter}_{n}.jpg" for letter in "ABCDEFGHIJKL" for n in (1, 2)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mx__Canon_EOS_20D_2_.jpg", "Canon_EOS_20D"),
        ("brighton__DJI_0018.jpg", "DJI"),
        ("plain.png", "plain"),
        ("0018.jpg", "0018"),
    ],
)
def test_a_camera_is_its_name_without_album_and_numbers(
    name: str, expected: str
) -> None:
    assert camera(name) == expected


def test_a_camera_is_in_one_part_and_keeps_it(tmp_path: Path) -> None:
    for name in NAMES:
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    before = split_photographs([tmp_path])
    parts = {
        path.name: part
        for part in ("learn", "check", "test")
        for path in getattr(before, part)
    }
    assert sorted(parts) == sorted(NAMES)
    for name in NAMES[::2]:
        assert parts[name] == parts[name.replace("_1", "_2")] == part_of(name)
    Image.new("RGB", (8, 8)).save(tmp_path / "another.jpg")
    after = split_photographs([tmp_path])
    for part in ("learn", "check", "test"):
        assert set(getattr(before, part)) <= set(getattr(after, part))


def test_a_part_without_photographs_is_said(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "alone.jpg")
    with pytest.raises(DatasetError, match="Give more"):
        split_photographs([tmp_path])
