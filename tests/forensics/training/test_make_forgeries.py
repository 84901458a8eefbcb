"""``make_forgeries``: a data set on disk that the evaluation can read."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from forensics.training.datasets import read_dataset
from forensics.training.errors import DatasetError
from forensics.training.forgeries import ForgeryGenerator, write_set
from tests.forensics.training.forgery_sources import SOURCES


def make(folder: Path, *arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("make_forgeries", str(folder), *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def source_arguments() -> list[str]:
    return ["--sources", *map(str, SOURCES), "--side", "192", "--seed", "3"]


def test_a_set_has_classes_masks_and_a_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    out, _ = make(folder, *source_arguments(), "--count", "40")
    assert "40" in out
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    files = {
        sample.path.relative_to(folder).as_posix() for sample in read_dataset(folder)
    }
    assert {entry["file"] for entry in entries} == files
    assert len(entries) == 40
    for entry in entries:
        assert (entry["kind"] == "untouched") is entry["file"].startswith("authentic/")
        assert set(entry["sources"]) <= {path.name for path in SOURCES}
        with Image.open(folder / entry["file"]) as picture:
            size = picture.size
        assert size == (entry["width"], entry["height"])
        if entry["mask"] is None:
            continue
        assert Path(entry["mask"]).stem == Path(entry["file"]).stem
        with Image.open(folder / entry["mask"]) as mask:
            values = np.asarray(mask)
            assert mask.size == size
        assert set(np.unique(values)) <= {0, 255}
        assert (values > 0).mean() == pytest.approx(entry["edited"], abs=1e-4)
    masks = {path.name for path in (folder / "masks").iterdir()}
    assert masks == {Path(e["mask"]).name for e in entries if e["mask"]}


def test_processes_share_the_work_and_change_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, processes in ((one, 1), (two, 2)):
        made = ForgeryGenerator(SOURCES, side=192, seed=5)
        write_set(made, folder, count=70, processes=processes)
    names = sorted(p.relative_to(one) for p in one.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(two) for p in two.rglob("*") if p.is_file())
    assert all((one / n).read_bytes() == (two / n).read_bytes() for n in names)


def test_kinds_sources_and_sides_are_chosen(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    listed.write_text("\n".join([*map(str, SOURCES), "", "bad.jpg"]), encoding="utf-8")
    folder = tmp_path / "set"
    arguments = ["--source-list", str(listed), "--kinds", "blur", "noise=3"]
    arguments += ["--side", "192", "220", "--untouched", "0", "--count", "20"]
    _, err = make(folder, *arguments)
    kinds = {path.stem.split("_")[1] for path in (folder / "tampered").iterdir()}
    assert kinds == {"blur", "noise"}
    assert not any((folder / "authentic").iterdir())
    assert "Left out bad.jpg" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kinds", "collage"], "copy_move"),
        (["--kinds", "blur=much"], "blur=much"),
        (["--side", "192", "200", "210"], "--side"),
        (["--side", "64"], "192 px"),
        (["--count", "0"], "1 or more"),
        (["--untouched", "7"], "0..1"),
    ],
)
def test_bad_arguments_are_told_in_words(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        make(tmp_path / "set", "--sources", *map(str, SOURCES), *arguments)
    assert not (tmp_path / "set").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").touch()
    with pytest.raises(CommandError, match="not empty"):
        make(tmp_path, *source_arguments())
    with pytest.raises(CommandError, match="No source"):
        make(tmp_path / "set")
    with pytest.raises(DatasetError, match="not empty"):
        write_set(ForgeryGenerator(SOURCES, seed=1), tmp_path, count=1)
