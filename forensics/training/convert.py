"""Turns the Keras model into the LiteRT file that the worker runs."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.analysis.network import import_keras

if TYPE_CHECKING:
    from forensics.analysis.keras_model import KerasModel


def to_litert(model: KerasModel) -> bytes:
    """Convert with dynamic-range quantization: int8 weights, float32 in and out.

    A quarter of the weights' size. Activations are quantized per inference, so no
    calibration pictures enter the file.

    Parameters
    ----------
    model : KerasModel
        The baseline network.

    Returns
    -------
    bytes
        A LiteRT model for one input of shape (1, 128, 128, 3).
    """
    import_keras()
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # The export inside announces itself on standard output.
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def keras_bytes(model: KerasModel) -> bytes:
    """Serialize the weights as Keras's own ``.weights.h5``, without optimizer state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        return path.read_bytes()
