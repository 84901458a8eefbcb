"""Turns the Keras model into the LiteRT file that the worker runs."""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.analysis.localizer_network import INPUTS, SIGNATURE
from forensics.analysis.manifest import ANY
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


def localizer_to_litert(model: KerasModel) -> bytes:
    """Convert a localizer with float16 weights: half the size, float32 in and out.

    Through a saved model: converting the Keras model itself leaves variables in the
    file that nothing initializes, and LiteRT then computes with whatever lies there.

    Parameters
    ----------
    model : KerasModel
        Takes ``pixels``, ``ela`` and ``table`` by name and gives ``mask`` and
        ``evidence``. Bilinear `UpSampling2D` layers, which Keras cannot trace for any
        height and width, are exchanged for the same arithmetic that can be.

    Returns
    -------
    bytes
        A LiteRT model with these names in its signature ``serving_default``.
    """
    keras = import_keras()
    import tensorflow as tf

    spec = {
        name: tf.TensorSpec(
            [None if side == ANY else side for side in contract.shape],
            contract.dtype,
            name=name,
        )
        for name, contract in INPUTS.items()
    }
    network = _for_any_size(model)
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint(
        SIGNATURE,
        lambda pixels, ela, table: network(
            {"pixels": pixels, "ela": ela, "table": table}, training=False
        ),
        input_signature=[spec["pixels"], spec["ela"], spec["table"]],
    )
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _for_any_size(model: KerasModel) -> Any:
    """Rebuild the graph around the same layers, but for those that enlarge."""
    keras = import_keras()
    import tensorflow as tf

    class Enlarge(keras.layers.Layer):  # type: ignore[name-defined,misc]  # untyped
        def __init__(self, factors: tuple[int, int], **options: Any) -> None:
            super().__init__(**options)
            self.factors = factors

        def call(self, inputs: Any) -> Any:
            return tf.image.resize(inputs, tf.shape(inputs)[1:3] * self.factors)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape[0], None, None, input_shape[3]

    def exchanged(layer: Any) -> Any:
        is_upsampling = isinstance(layer, keras.layers.UpSampling2D)
        if is_upsampling and layer.interpolation == "bilinear":
            return Enlarge(tuple(layer.size), name=layer.name)
        return layer

    return keras.models.clone_model(model, clone_function=exchanged)


def keras_bytes(model: KerasModel) -> bytes:
    """Serialize the weights as Keras's own ``.weights.h5``, without optimizer state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        return path.read_bytes()
