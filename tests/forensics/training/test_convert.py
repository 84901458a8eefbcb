"""A converted localizer answers what Keras does, at any size."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.analysis.localizer_network import LocalizerNetwork, TileInput
from forensics.analysis.network import import_keras
from forensics.training.convert import localizer_to_litert
from tests.forensics.conftest import OLD_ARRAY

pytestmark = pytest.mark.filterwarnings(OLD_ARRAY)


def test_layers_that_enlarge_answer_as_in_keras_at_any_size() -> None:
    keras = import_keras()
    keras.utils.set_random_seed(4)
    layers = keras.layers
    pixels = keras.Input((None, None, 3), name="pixels")
    ela = keras.Input((None, None, 3), name="ela")
    table = keras.Input((64,), name="table")
    deep = layers.Conv2D(4, 3, padding="same")(layers.AveragePooling2D(16)(pixels))
    found = layers.Concatenate()(
        [
            layers.UpSampling2D(2, interpolation="bilinear")(deep),
            layers.AveragePooling2D(8)(ela),
        ]
    )
    said = keras.ops.mean(keras.ops.log(table), axis=-1)[:, None, None, None]
    model = keras.Model(
        inputs={"pixels": pixels, "ela": ela, "table": table},
        outputs={
            "mask": layers.Conv2D(1, 1)(found) + said,
            "evidence": layers.Conv2D(1, 1)(found),
        },
    )
    network = LocalizerNetwork(localizer_to_litert(model))
    rng = np.random.default_rng(4)
    for height, width in ((64, 96), (112, 80)):
        shown = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
        steps = np.full(64, 7, dtype=np.float32)
        floats = shown.astype(np.float32)
        # Eagerly: traced for all sizes, this model cannot run in Keras itself.
        keras_says = model(
            {"pixels": floats[:1], "ela": floats[1:], "table": steps[None]}
        )
        answer = network.answer(TileInput(shown[0], shown[1], steps))
        mask = np.asarray(keras_says["mask"])[0, ..., 0]
        evidence = np.asarray(keras_says["evidence"])[0, ..., 0]
        assert np.allclose(answer.mask, mask, atol=0.3)
        assert np.allclose(answer.evidence, evidence, atol=0.3)
        # Float16 weights on inputs up to 255: far below what tells squares apart.
        assert np.std(evidence) > 3
