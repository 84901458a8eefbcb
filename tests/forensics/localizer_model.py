"""A localizer whose answers can be worked out by hand, and a store that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from forensics.analysis.localizer_network import MODEL_NAME
from forensics.analysis.manifest import Tiling
from forensics.analysis.network import import_keras
from forensics.training.convert import localizer_to_litert
from forensics.training.metrics import Calibration
from forensics.training.publication import LocalizerRelease, TrainingAccount

if TYPE_CHECKING:
    from forensics.analysis.keras_model import KerasModel

# What a cell answers, of the means over its 8 x 8 px and over the table:
# evidence = RED * red / 256 - 4 + TABLE * table, mask = ELA * ela - 2.
RED, TABLE, ELA = 16.0, 0.125, 0.5


def build_localizer() -> KerasModel:
    """Build it: every weight is exact in float16."""
    keras = import_keras()
    layers = keras.layers

    def weighted(values: list[float], bias: float, name: str) -> Any:
        kernel = keras.ops.reshape(
            keras.ops.convert_to_tensor(values), (1, 1, len(values), 1)
        )
        layer = layers.Conv2D(1, 1, name=name)
        layer.build((1, None, None, len(values)))
        layer.set_weights([kernel, keras.ops.convert_to_tensor([bias])])
        return layer

    pixels = keras.Input((None, None, 3), name="pixels")
    ela = keras.Input((None, None, 3), name="ela")
    table = keras.Input((64,), name="table")
    mean = keras.ops.mean(table, axis=-1)[:, None, None, None]
    red = weighted([RED / 256, 0.0, 0.0], -4.0, "red")
    level = weighted([ELA / 4, ELA / 2, ELA / 4], -2.0, "level")
    seen = red(layers.AveragePooling2D(8)(pixels)) + TABLE * mean
    mask = level(layers.AveragePooling2D(8)(ela))
    model = keras.Model(
        inputs={"pixels": pixels, "ela": ela, "table": table},
        outputs={"mask": mask, "evidence": seen},
    )
    return cast("KerasModel", model)


def localizer_bytes() -> bytes:
    return localizer_to_litert(build_localizer())


def release(litert: bytes, **changes: Any) -> LocalizerRelease:
    """Compose a release around these weights, with some fields changed."""
    sound: dict[str, Any] = {
        "name": MODEL_NAME,
        "version": "1.0.0",
        "created": "2026-11-24",
        "limits": "A test's.",
        "parameters": 8,
        "training": account(),
        "calibration": Calibration(slope=2.0, intercept=-1.0),
        "calibration_protocol": "By hand.",
        "litert": litert,
        "keras": b"\x89HDF\r\n\x1a\n of a test",
        "hashes": b"0123456789abcdef one.jpg\nfedcba9876543210 two.jpg\n",
        "tiling": Tiling(side=256, overlap=64),
    }
    return LocalizerRelease(**(sound | changes))


def account(**changes: Any) -> TrainingAccount:
    sound: dict[str, Any] = {
        "data": "forgeries made from 2 free photographs",
        "terms": "CC0",
        "research_only": False,
        "commands": ["python manage.py train_localizer --seed 1"],
        "recipe": {"optimizer": "none"},
    }
    return TrainingAccount(**(sound | changes))
