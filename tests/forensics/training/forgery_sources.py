"""Photographs that come with scikit-image, as sources of forgeries."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from forensics.training.localizer.split import part_of

FOLDER = Path(skimage.__file__).parent / "data"
SOURCES = tuple(
    FOLDER / name
    for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
)


def photograph(name: str, *, side: int = 300) -> NDArray[np.uint8]:
    with Image.open(FOLDER / name) as image:
        return np.array(image.convert("RGB"), dtype=np.uint8)[:side, :side]


def dealt_photographs(folder: Path) -> Path:
    """Name three of the sources so that one falls to each part of the split."""
    folder.mkdir()
    wanted = dict.fromkeys(("learn", "check", "test"))
    for number in range(200):
        name = f"a__Camera{chr(65 + number % 26)}{chr(65 + number // 26)}.png"
        part = part_of(name)
        if wanted[part] is None:
            wanted[part] = name
    for name, source in zip(wanted.values(), SOURCES, strict=False):
        shutil.copyfile(source, folder / str(name))
    return folder
