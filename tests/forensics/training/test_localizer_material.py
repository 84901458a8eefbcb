"""Which pictures a localizer learns from, and as what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forensics.training.localizer.material import Folders, deal
from tests.forensics.training.forgery_sources import dealt_photographs
from tests.images import photo_like


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = tmp_path / "labelled"
    for part in ("authentic", "tampered", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(30):
        picture = photo_like(number, (96, 96))
        picture.save(folder / "authentic" / f"Au_ani_{number:05}.jpg")
        forged = photo_like(100 + number, (96, 96))
        forged.save(folder / "tampered" / f"{forgery(number)}.jpg")
    return folder


def forgery(number: int) -> str:
    return f"Tp_S_CNN_M_N_ani{number:05}_ani{number:05}_{number:05}"


def test_forgeries_without_masks_are_not_learned_from(
    labelled: Path, tmp_path: Path
) -> None:
    photographs = dealt_photographs(tmp_path / "photographs")
    folders = Folders(photographs=(photographs,), labelled=(labelled,))
    learn = deal(folders, seed=3).learn
    assert learn.labelled == ()
    sources = {path.name for path in learn.photographs}
    assert 10 < len([name for name in sources if name.startswith("Au_ani")]) < 30
    assert not any(name.startswith("Tp_") for name in sources)


def test_masked_forgeries_are_learned_from_where_they_fall(
    labelled: Path, tmp_path: Path
) -> None:
    photographs = dealt_photographs(tmp_path / "photographs")
    folders = Folders(photographs=(photographs,), labelled=(labelled,))
    mask = np.zeros((96, 96), dtype=np.uint8)
    mask[20:60, 20:60] = 255
    for number in range(30):
        Image.fromarray(mask).save(labelled / "masks" / f"{forgery(number)}_gt.png")
    material = deal(folders, seed=3)
    for mixture in (material.learn, material.check):
        assert mixture.labelled == (labelled,)
    assert not material.learn.known & material.check.known
    assert len(material.learn.known | material.check.known) == 60
