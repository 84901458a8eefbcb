"""Labelled pictures that share something with a test set are not learned from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageOps
from skimage import data as pictures

from forensics.training.errors import DatasetError
from forensics.training.localizer.sparing import without_spared

if TYPE_CHECKING:
    from pathlib import Path


def photograph(name: str) -> Image.Image:
    return Image.fromarray(getattr(pictures, name)()).convert("RGB").resize((240, 200))


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = tmp_path / "casia2"
    for part in ("authentic", "tampered"):
        (folder / part).mkdir(parents=True)
    photograph("coffee").save(folder / "authentic" / "Au_ani_00001.jpg")
    photograph("rocket").save(folder / "authentic" / "Au_arc_00002.jpg")
    photograph("chelsea").save(folder / "authentic" / "Au_art_00003.jpg")
    # Made from the coffee by its name; looks like none of the others.
    forged = photograph("astronaut")
    forged.save(folder / "tampered" / "Tp_D_CNN_M_N_ani00001_arc00009_00001.jpg")
    forged.rotate(90).save(folder / "tampered" / "Tp_S_CNN_M_N_art00003_art00003_2.jpg")
    return folder


def test_look_alikes_and_what_shares_their_source_are_left_out(
    labelled: Path, tmp_path: Path
) -> None:
    spared = tmp_path / "casia1"
    (spared / "authentic").mkdir(parents=True)
    mirrored = ImageOps.mirror(photograph("coffee")).resize((220, 190))
    mirrored.save(spared / "authentic" / "Au_nat_0001.jpg", quality=70)
    kept = {sample.name for sample in without_spared([labelled], [spared])}
    assert kept == {
        "Au_arc_00002.jpg",
        "Au_art_00003.jpg",
        "Tp_S_CNN_M_N_art00003_art00003_2.jpg",
    }
    assert len(without_spared([labelled], [])) == 5


def test_nothing_left_is_said(labelled: Path) -> None:
    with pytest.raises(DatasetError, match="nothing is left"):
        without_spared([labelled], [labelled])


def test_what_manifests_name_is_left_out_too(labelled: Path, tmp_path: Path) -> None:
    lines = [
        {"file": "authentic/Au_arc_00002.jpg", "sources": ["harbour.jpg"]},
        {"file": "authentic/Au_art_00003.jpg", "sources": ["harbour.jpg"]},
    ]
    manifest = "".join(f"{json.dumps(line)}\n" for line in lines)
    (labelled / "manifest.jsonl").write_text(manifest, encoding="utf-8")
    spared = tmp_path / "spared"
    (spared / "authentic").mkdir(parents=True)
    photograph("retina").save(spared / "authentic" / "one.jpg")
    named = {"file": "authentic/one.jpg", "sources": ["harbour.jpg"]}
    (spared / "manifest.jsonl").write_text(json.dumps(named), encoding="utf-8")
    kept = {sample.name for sample in without_spared([labelled], [spared])}
    assert kept == {
        "Au_ani_00001.jpg",
        "Tp_D_CNN_M_N_ani00001_arc00009_00001.jpg",
    }


def test_two_pictures_of_one_name_are_refused(labelled: Path) -> None:
    photograph("coffee").save(labelled / "tampered" / "Au_ani_00001.jpg")
    with pytest.raises(DatasetError, match="2 labelled pictures are named Au_ani"):
        without_spared([labelled], [])
