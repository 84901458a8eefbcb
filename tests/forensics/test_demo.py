"""The demo's pictures are what they are said to be."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

from forensics.demo import Truth, make_pictures


def test_a_picture_called_forged_has_other_content_than_its_photograph() -> None:
    made = {picture.name: picture for picture in make_pictures()}
    names = {t: {n for n, p in made.items() if p.truth is t} for t in Truth}
    assert names[Truth.MADE_UP] == {"portrait.png", "declared.webp"}
    assert len(names[Truth.FORGED]) == len(names[Truth.REAL]) == 5
    photograph = Path(skimage.__file__).parent / "data" / "astronaut.png"
    with (
        Image.open(photograph) as original,
        Image.open(io.BytesIO(made["portrait.png"].data)) as untouched,
    ):
        assert np.array_equal(np.asarray(original), np.asarray(untouched))
    assert all("made up" in made[name].done for name in names[Truth.MADE_UP])
