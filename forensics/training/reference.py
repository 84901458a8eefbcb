"""Inputs on which the shipped file is held to Keras's outputs, anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import skimage

from forensics.analysis.network import ELA_QUALITY, INPUT_SHAPE, network_pixels
from forensics.analysis.recompression import error_levels
from forensics.training.inputs import read_pixels
from forensics.training.protocols import quality_75, raw

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20261123
COUNT = 12
PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)


def reference_inputs() -> NDArray[np.uint8]:
    """Draw noise from a quarter of full range to nearly black, some in blocks of 8.

    From the raw stream of PCG64, which NumPy keeps the same in all versions.

    Returns
    -------
    ndarray of uint8, shape (12, 128, 128, 3)
        The same everywhere.
    """
    height, width, channels = INPUT_SHAPE
    words = np.random.PCG64(SEED).random_raw(COUNT * height * width * channels // 8)
    noise = words.astype("<u8").view(np.uint8).reshape(COUNT, *INPUT_SHAPE)
    inputs = np.empty_like(noise)
    for index, one in enumerate(noise):
        flat = np.repeat(np.repeat(one[::8, ::8], 8, axis=0), 8, axis=1)
        chosen = flat if index % 2 else one
        inputs[index] = chosen >> (2 + index // 2)
    return inputs


def reference_photographs() -> dict[str, NDArray[np.uint8]]:
    """Compute the inputs of photographs that scikit-image carries in its package.

    Returns
    -------
    dict of str to ndarray of uint8, shape (128, 128, 3)
        By file name, as they are and re-encoded as JPEG at quality 75.
    """
    # Opened by path: skimage.data would look for a missing one on the network.
    folder = Path(skimage.__file__).parent / "data"
    inputs = {}
    for name in PHOTOGRAPHS:
        pixels = read_pixels(folder / name)
        for protocol in (raw(), quality_75()):
            seen = protocol.reencode(pixels, name)
            key = f"{name} ({protocol.name})"
            inputs[key] = network_pixels(error_levels(seen, ELA_QUALITY))
    return inputs
