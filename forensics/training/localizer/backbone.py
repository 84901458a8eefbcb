"""The first eight blocks of EfficientNet-Lite0, ported to Keras with ImageNet weights.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
ICML 2019; the Lite variant has no squeeze-and-excitation and clips at 6. Batch
normalization is folded into the convolutions: fine-tuning then needs no statistics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.analysis.network import import_keras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_EPSILON = 1e-3
PREFIX = "rgb_"


@dataclass(frozen=True, slots=True)
class Block:
    """One inverted bottleneck: channels in and out, kernel, stride, expansion."""

    entering: int
    leaving: int
    kernel: int
    stride: int
    expansion: int


BLOCKS = (
    Block(32, 16, 3, 1, 1),
    Block(16, 24, 3, 2, 6),
    Block(24, 24, 3, 1, 6),
    Block(24, 40, 5, 2, 6),
    Block(40, 40, 5, 1, 6),
    Block(40, 80, 3, 2, 6),
    Block(80, 80, 3, 1, 6),
    Block(80, 80, 3, 1, 6),
)


class Backbone:
    """The layers, made once, so that several graphs can share their weights."""

    def __init__(self) -> None:
        layers = import_keras().layers
        self._stem = layers.Conv2D(
            32, 3, strides=2, padding="same", name=f"{PREFIX}stem"
        )
        self._blocks = [_layers(block, n) for n, block in enumerate(BLOCKS)]

    def __call__(self, pixels: Any) -> tuple[Any, Any]:
        """Features at strides 8 (40 channels) and 16 (80 channels).

        Parameters
        ----------
        pixels : tensor, shape (n, height, width, 3)
            RGB, 0..255.
        """
        clip = import_keras().ops.relu6
        found = clip(self._stem((pixels - 127.0) / 128.0))
        stride_8 = found
        for number, (block, parts) in enumerate(zip(BLOCKS, self._blocks, strict=True)):
            found = _apply(block, parts, found)
            if number == 4:
                stride_8 = found
        return stride_8, found


def folded_weights(
    tensors: Mapping[str, NDArray[Any]],
) -> Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Kernel and bias by our layers' names, with batch normalization folded in.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        PyTorch's state dictionary of EfficientNet-Lite0.
    """
    found = {f"{PREFIX}stem": _folded(tensors, "_conv_stem", "_bn0")}
    for number, block in enumerate(BLOCKS):
        old, new = f"_blocks.{number}.", f"{PREFIX}{number}_"
        if block.expansion > 1:
            found[f"{new}expand"] = _folded(tensors, f"{old}_expand_conv", f"{old}_bn0")
        found[f"{new}depthwise"] = _folded(
            tensors, f"{old}_depthwise_conv", f"{old}_bn1", depthwise=True
        )
        found[f"{new}project"] = _folded(tensors, f"{old}_project_conv", f"{old}_bn2")
    return found


def _layers(block: Block, number: int) -> dict[str, Any]:
    layers = import_keras().layers
    name = f"{PREFIX}{number}_"
    made = {
        "depthwise": layers.DepthwiseConv2D(
            block.kernel,
            strides=block.stride,
            padding="same",
            name=f"{name}depthwise",
        ),
        "project": layers.Conv2D(block.leaving, 1, name=f"{name}project"),
    }
    if block.expansion > 1:
        wide = block.entering * block.expansion
        made["expand"] = layers.Conv2D(wide, 1, name=f"{name}expand")
    return made


def _apply(block: Block, parts: Mapping[str, Any], entering: Any) -> Any:
    clip = import_keras().ops.relu6
    found = entering
    if "expand" in parts:
        found = clip(parts["expand"](found))
    found = parts["project"](clip(parts["depthwise"](found)))
    if block.stride == 1 and block.entering == block.leaving:
        found = found + entering
    return found


def _folded(
    tensors: Mapping[str, NDArray[Any]],
    conv: str,
    norm: str,
    *,
    depthwise: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """PyTorch's (out, in, y, x) to Keras's (y, x, in, out), or (y, x, in, 1)."""
    kernel = tensors[f"{conv}.weight"].astype(np.float64)
    gain = tensors[f"{norm}.weight"] / np.sqrt(
        tensors[f"{norm}.running_var"].astype(np.float64) + _EPSILON
    )
    kernel = kernel * gain[:, None, None, None]
    bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain
    axes = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    return kernel.transpose(axes).astype(np.float32), bias.astype(np.float32)
