"""Photographs that come with scikit-image, as sources of forgeries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(skimage.__file__).parent / "data"
SOURCES = tuple(
    FOLDER / name
    for name in ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
)


def photograph(name: str, *, side: int = 300) -> NDArray[np.uint8]:
    with Image.open(FOLDER / name) as image:
        return np.array(image.convert("RGB"), dtype=np.uint8)[:side, :side]
