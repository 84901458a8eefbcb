"""The localizing network: forensic streams at native resolution, a coarse RGB one.

Noise residuals (first filters set from Fridrich and Kodovsky, "Rich Models for
Steganalysis of Digital Images", IEEE TIFS 2012), quantized DCT coefficients as in
Kwon et al., "Learning JPEG Compression Artifacts for Image Manipulation Detection and
Localization" (CAT-Net v2), IJCV 2022, error levels, and an ImageNet backbone that sees
the picture at half its size meet at one eighth of the resolution. Each cell is also
compared with the whole tile.

The shapes are chosen for processors: measured there, depthwise convolutions at full
resolution took most of the training time of a first draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.analysis.network import import_keras
from forensics.training.localizer.backbone import Backbone, folded_weights
from forensics.training.localizer.torch_weights import read_torch_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.keras_model import KerasModel

CELL = 8
_WIDTH = 64
_FREQUENCIES = 28
_LEVELS = 4
_LUMA = (0.299, 0.587, 0.114)
_FIRST_FILTERS = 24
_CHROMA = ((-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))


def build_localizer(*, side: int | None = None, seed: int = 0) -> KerasModel:
    """Build the untrained network.

    Parameters
    ----------
    side : int, optional
        Fixed height and width in px; by default any multiple of 32.
    seed : int
        Of the initial weights.

    Returns
    -------
    KerasModel
        Of ``pixels`` and ``ela`` (n, height, width, 3), 0..255, and ``table``
        (n, 64), 1..255; to ``mask`` and ``evidence``, logits of shape (n,
        height / 8, width / 8, 1).
    """
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((side, side, 3), name="pixels")
    ela = keras.Input((side, side, 3), name="ela")
    table = keras.Input((64,), name="table")
    features = [*_rgb(pixels), *_noise(pixels, ela), _dct(pixels, table)]
    mask, evidence = _head(features)
    return keras.Model(  # type: ignore[no-any-return]  # Keras ships no types
        inputs={"pixels": pixels, "ela": ela, "table": table},
        outputs={"mask": mask, "evidence": evidence},
    )


def load_pretrained(model: KerasModel, checkpoint: Path) -> None:
    """Start the RGB stream from ImageNet weights.

    Parameters
    ----------
    model : KerasModel
        Built by `build_localizer`.
    checkpoint : Path
        EfficientNet-Lite0's state dictionary, as PyTorch wrote it.

    Raises
    ------
    WeightsError
        Where the file is of another kind.
    """
    weights = folded_weights(read_torch_weights(checkpoint))
    for layer in model.layers:
        if layer.name in weights:
            layer.set_weights(weights[layer.name])


def _rgb(pixels: Any) -> list[Any]:
    layers = import_keras().layers
    fine, deep = Backbone()(layers.AveragePooling2D(2)(pixels))
    return [_enlarged(fine, 2), _enlarged(deep, 4)]


def _noise(pixels: Any, ela: Any) -> list[Any]:
    """Residuals and error levels: what is learned of them, and their local energy."""
    keras = import_keras()
    layers, ops = keras.layers, keras.ops
    residuals = layers.Conv2D(
        _FIRST_FILTERS,
        5,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=_given(_first_kernel()),
        kernel_constraint=_zero_sum,
        name="residuals",
    )(pixels)
    levels = layers.Conv2D(8, 3, strides=2, padding="same", name="levels")(ela)
    energy = ops.log(layers.AveragePooling2D(4)(ops.absolute(residuals)) + 0.1)
    found = layers.Concatenate()([ops.tanh(residuals / 4.0), ops.relu(levels / 8.0)])
    for number, width in enumerate((32, 48)):
        found = _convolved(found, width, name=f"noise_{number}", strides=2)
    error = ops.log(layers.AveragePooling2D(CELL)(ela) + 0.1)
    return [found, energy, error]


def _dct(pixels: Any, table: Any) -> Any:
    """Quantized DCT coefficients of the luma on the file's own grid of blocks."""
    keras = import_keras()
    layers, ops = keras.layers, keras.ops
    order = _zigzag()[1 : _FREQUENCIES + 1]
    coefficients = layers.Conv2D(
        _FREQUENCIES,
        CELL,
        strides=CELL,
        use_bias=False,
        trainable=False,
        kernel_initializer=_given(_dct_kernel()),
        name="dct",
    )(pixels)
    steps = ops.stack([table[:, index] for index in order], axis=-1)
    quantized = ops.absolute(coefficients / steps[:, None, None, :])
    whole = ops.floor(quantized + 0.5)
    bins = [ops.cast(ops.equal(whole, level), "float32") for level in range(_LEVELS)]
    coarseness = layers.Dense(32, activation="relu", name="dct_table")(
        ops.log(table) / 4.0
    )
    spread = coarseness[:, None, None, :] + 0.0 * quantized[..., :1]
    said = [*bins, ops.absolute(quantized - whole), ops.log(1.0 + quantized), spread]
    found = layers.Conv2D(48, 1, activation="relu", name="dct_mix")(
        layers.Concatenate()(said)
    )
    return _convolved(found, 48, name="dct_0")


def _head(features: list[Any]) -> tuple[Any, Any]:
    """Join the streams, compare each cell with the tile, look around, answer."""
    keras = import_keras()
    layers, ops = keras.layers, keras.ops
    found = layers.Conv2D(_WIDTH, 1, use_bias=False, name="join")(
        layers.Concatenate()(features)
    )
    found = ops.relu(layers.BatchNormalization(name="join_norm")(found))
    away = found - ops.mean(found, axis=(1, 2), keepdims=True)
    # The root's slope at zero would be infinite, and gave NaN in trials.
    spread = ops.sqrt(ops.mean(ops.square(away), axis=(1, 2), keepdims=True) + 1e-2)
    found = layers.Conv2D(_WIDTH, 1, activation="relu", name="head_compare")(
        layers.Concatenate()([found, away / spread])
    )
    found = found + _convolved(found, _WIDTH, name="head_near")
    wide = _convolved(layers.AveragePooling2D(2)(found), 96, name="head_wide")
    wider = _convolved(layers.AveragePooling2D(2)(wide), 96, name="head_wider")
    wider = wider + _convolved(wider, 96, name="head_widest")
    wide = layers.Concatenate()([wide, _enlarged(wider, 2)])
    wide = _convolved(wide, _WIDTH, name="head_back")
    found = layers.Concatenate()([found, _enlarged(wide, 2)])
    found = _convolved(found, _WIDTH, name="head_last")
    mask = layers.Conv2D(1, 1, name="mask")(found)
    evidence = layers.Conv2D(1, 1, name="evidence")(found)
    return mask, evidence


def _convolved(entering: Any, width: int, *, name: str, strides: int = 1) -> Any:
    keras = import_keras()
    found = keras.layers.Conv2D(
        width, 3, strides=strides, padding="same", use_bias=False, name=name
    )(entering)
    return keras.ops.relu(keras.layers.BatchNormalization(name=f"{name}_norm")(found))


def _enlarged(entering: Any, factor: int) -> Any:
    layer = import_keras().layers.UpSampling2D(factor, interpolation="bilinear")
    return layer(entering)


def _given(kernel: NDArray[np.float32]) -> Any:
    ops = import_keras().ops

    def initialize(shape: tuple[int, ...], dtype: Any = None) -> Any:
        return ops.convert_to_tensor(kernel.reshape(shape), dtype=dtype)

    return initialize


def _zero_sum(kernel: Any) -> Any:
    """Keep the filters high-pass: flat areas say nothing (Bayar and Stamm, 2018)."""
    ops = import_keras().ops
    return kernel - ops.mean(kernel, axis=(0, 1), keepdims=True)


def _first_kernel() -> NDArray[np.float32]:
    """High-pass filters on luma and chroma, each at several sizes; (5, 5, 3, 24)."""
    square = np.array(
        [
            [-1, 2, -2, 2, -1],
            [2, -6, 8, -6, 2],
            [-2, 8, -12, 8, -2],
            [2, -6, 8, -6, 2],
            [-1, 2, -2, 2, -1],
        ]
    )
    small = _placed([[-1, 2, -1], [2, -4, 2], [-1, 2, -1]])
    across = _placed([[0, 0, 0], [1, -2, 1], [0, 0, 0]])
    slope = _placed([[0, 0, 0], [0, 1, -1], [0, 0, 0]])
    lines = [across / 2, across.T / 2, slope, slope.T]
    shapes = [square / 12, small / 4, *lines, np.fliplr(slope), np.flipud(slope.T)]
    planes = np.array([_LUMA, *_CHROMA])
    kernel: NDArray[np.float64] = np.einsum("fyx,pc->yxcpf", np.stack(shapes), planes)
    return kernel.reshape(5, 5, 3, _FIRST_FILTERS).astype(np.float32)


def _placed(values: list[list[int]]) -> NDArray[np.float64]:
    return np.pad(np.array(values, dtype=np.float64), 1)


def _dct_kernel() -> NDArray[np.float32]:
    """Lay out the luma's first AC frequencies in zigzag order; (8, 8, 3, n)."""
    rows = np.arange(8)
    basis = np.cos((2 * rows[None, :] + 1) * rows[:, None] * np.pi / 16) / 2
    basis[0] /= np.sqrt(2)
    order = _zigzag()[1 : _FREQUENCIES + 1]
    waves = np.stack([np.outer(basis[i // 8], basis[i % 8]) for i in order])
    kernel: NDArray[np.float64] = np.einsum("fyx,c->yxcf", waves, np.array(_LUMA))
    return kernel.astype(np.float32)


def _zigzag() -> list[int]:
    """Row-major indices of an 8 x 8 table in JPEG's zigzag order."""

    def rank(index: int) -> tuple[int, int]:
        row, column = divmod(index, 8)
        along = row if (row + column) % 2 else column
        return row + column, along

    return sorted(range(64), key=rank)
