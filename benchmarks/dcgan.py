"""A small trained generator in numpy: the DCGAN of omniart-eye-generator 0.1.

References
----------
Radford, A., Metz, L., Chintala, S. (2015). Unsupervised representation learning with
deep convolutional generative adversarial networks. arXiv:1511.06434.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dcgan_pictures(
    tensors: Any, rng: np.random.Generator, count: int
) -> list[NDArray[np.uint8]]:
    """Run the generator of Radford et al. (2015) as the package does."""
    labels = np.eye(8, dtype=np.float32)[rng.integers(0, 8, count)]
    noise = rng.normal(size=(count, 100)).astype(np.float32)
    given = np.concatenate((noise, labels), axis=1)
    kernel = tensors["main.0.weight"]
    state = np.einsum("nc,cohw->nohw", given, kernel)
    # Dropout stands behind the first layer, so that the numbers of the others shift.
    layers = [(1, 4), (5, 7), (8, 10), (11, 13), (14, 16)]
    for norm, following in layers:
        state = np.maximum(_normalized(state, tensors, f"main.{norm}"), 0.0)
        state = _transposed(state, tensors[f"main.{following}.weight"])
    levels = ((np.tanh(state) + 1.0) * 128.0).clip(0, 255).astype(np.uint8)
    return list(levels.transpose(0, 2, 3, 1))


def _normalized(state: Any, tensors: Any, name: str) -> Any:
    def wide(part: str) -> Any:
        return tensors[f"{name}.{part}"][None, :, None, None]

    centered = (state - wide("running_mean")) / np.sqrt(wide("running_var") + 1e-5)
    return centered * wide("weight") + wide("bias")


def _transposed(state: Any, kernel: Any) -> Any:
    """Transposed convolution of kernel 4, stride 2, padding 1."""
    count, _, height, width = state.shape
    outputs = kernel.shape[1]
    padded = np.zeros((count, outputs, 2 * height + 2, 2 * width + 2), np.float32)
    for row in range(4):
        for column in range(4):
            part = np.einsum("nchw,co->nohw", state, kernel[:, :, row, column])
            rows = slice(row, row + 2 * height, 2)
            padded[:, :, rows, slice(column, column + 2 * width, 2)] += part
    return padded[:, :, 1:-1, 1:-1]
