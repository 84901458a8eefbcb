"""Seeded inputs on which the shipped file is held to Keras's outputs, anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.network import INPUT_SHAPE

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 20261123
COUNT = 12


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
