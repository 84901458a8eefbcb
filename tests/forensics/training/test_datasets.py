"""Data set folders as they come: CASIA as published, and plain class folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forensics.training.datasets import Label, read_any_dataset, read_dataset
from forensics.training.errors import DatasetError
from forensics.training.inputs import prepare_inputs
from forensics.training.progress import silent
from forensics.training.protocols import raw
from tests.images import encode, jpeg, photo_like

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "folders",
    [("Au", "Tp"), ("au", "tp"), ("authentic", "tampered"), ("Authentic", "TAMPERED")],
)
def test_class_folders_are_found_in_any_case(
    tmp_path: Path, folders: tuple[str, str]
) -> None:
    for folder, name in zip(folders, ("a.JPG", "b.tif"), strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "b_gt.png").touch()
    found = [(sample.name, sample.label) for sample in read_dataset(tmp_path)]
    assert found == [("a.JPG", Label.AUTHENTIC), ("b.tif", Label.FAKE)]


def test_a_folder_without_one_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Au").mkdir()
    (tmp_path / "Au" / "a.jpg").touch()
    with pytest.raises(DatasetError, match="no fake pictures"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="not a folder"):
        read_dataset(tmp_path / "absent")


def test_a_folder_without_classes_is_untouched_for_evaluation(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    assert [s.label for s in read_any_dataset(tmp_path)] == [Label.AUTHENTIC]
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(DatasetError, match="holds no pictures"):
        read_any_dataset(tmp_path)


def fill(folder: Path, *, good: int, bad: int) -> None:
    for label in ("authentic", "tampered"):
        (folder / label).mkdir(parents=True)
    for number in range(good):
        label = "tampered" if number % 2 else "authentic"
        data = encode(photo_like(seed=number, size=(40, 30)), "BMP")
        (folder / label / f"{number}.bmp").write_bytes(data)
    for number in range(bad):
        (folder / "tampered" / f"bad{number}.jpg").write_bytes(jpeg()[:500])


def test_a_damaged_file_is_left_out_and_named(tmp_path: Path) -> None:
    fill(tmp_path / "data", good=22, bad=1)
    samples = read_dataset(tmp_path / "data")
    for _again in range(2):
        inputs = prepare_inputs(
            samples, tmp_path / "work", protocol=raw(), progress=silent
        )
        assert inputs.refused == ("bad0.jpg",)
        assert len(inputs.samples) == len(inputs.pixels) == len(inputs.hashes) == 22
        assert "bad0.jpg" not in [sample.name for sample in inputs.samples]


def test_a_data_set_that_is_mostly_damaged_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "data", good=4, bad=4)
    samples = read_dataset(tmp_path / "data")
    with pytest.raises(DatasetError, match="4 of 8 pictures cannot be read"):
        prepare_inputs(samples, tmp_path / "work", protocol=raw(), progress=silent)


def test_inputs_are_computed_once_and_again_when_a_file_changes(tmp_path: Path) -> None:
    fill(tmp_path / "data", good=4, bad=0)
    samples = read_dataset(tmp_path / "data")
    work = tmp_path / "work"
    first = prepare_inputs(samples, work, protocol=raw(), progress=silent)
    stamp = {path: path.stat().st_mtime_ns for path in work.iterdir()}
    prepare_inputs(samples, work, protocol=raw(), progress=silent)
    assert stamp == {path: path.stat().st_mtime_ns for path in work.iterdir()}
    picture = encode(photo_like(seed=99, size=(44, 30)), "BMP")
    samples[0].path.write_bytes(picture)
    again = prepare_inputs(samples, work, protocol=raw(), progress=silent)
    assert (first.pixels[0] != again.pixels[0]).any()
    assert (first.pixels[1:] == again.pixels[1:]).all()
