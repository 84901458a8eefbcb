"""Writes what was trained or imported into the store: manifest, weights and card."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import PIL
from PIL import features

from forensics.analysis.manifest import SCHEMA_VERSION
from forensics.analysis.model_store import file_entry, write_version
from forensics.analysis.network import (
    CLASSES,
    INPUT_SHAPE,
    PARAMETER_COUNT,
    PREPROCESSING,
    Engine,
    LiteRtNetwork,
    as_floats,
    import_keras,
)
from forensics.analysis.weights_format import HASHES
from forensics.training.card import render_card
from forensics.training.convert import keras_bytes, to_litert
from forensics.training.localizer_release import (
    HASHES_FILE,
    LocalizerRelease,
    TrainingAccount,
    publish_localizer,
)
from forensics.training.reference import (
    SEED,
    reference_inputs,
    reference_photographs,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forensics.analysis.keras_model import KerasModel
    from forensics.analysis.types import Json
    from forensics.training.metrics import Calibration

__all__ = [
    "LocalizerRelease",
    "Story",
    "TrainingAccount",
    "Weights",
    "manifest_document",
    "publish",
    "publish_localizer",
]
LITERT_FILE = "model.tflite"
KERAS_FILE = "model.weights.h5"
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """The same weights for both engines."""

    litert: bytes = field(repr=False)
    keras: bytes = field(repr=False)
    reference_outputs: tuple[float, ...]
    photograph_outputs: Mapping[str, float]

    @classmethod
    def of(cls, model: KerasModel) -> Weights:
        """Convert a Keras model and note its own outputs on the reference inputs."""
        photographs = reference_photographs()
        shown = np.stack(list(photographs.values()))
        outputs = model.predict_on_batch(as_floats(reference_inputs()))[:, 0]
        of_photographs = model.predict_on_batch(as_floats(shown))[:, 0].tolist()
        return cls(
            litert=to_litert(model),
            keras=keras_bytes(model),
            reference_outputs=tuple(float(value) for value in outputs),
            photograph_outputs=dict(zip(photographs, of_photographs, strict=True)),
        )

    def deviation(self) -> float:
        """Largest difference of P(fake) between LiteRT and Keras, reference inputs."""
        photographs = list(reference_photographs().values())
        inputs = np.concatenate([reference_inputs(), np.stack(photographs)])
        own = LiteRtNetwork(self.litert).probabilities(inputs)[:, 0]
        keras = [*self.reference_outputs, *self.photograph_outputs.values()]
        return float(np.max(np.abs(own - np.array(keras))))


@dataclass(frozen=True, slots=True)
class Story:
    """Where a version comes from and what is known of it; goes to the manifest."""

    name: str
    version: str
    origin: str
    created: str
    command: str
    training: Mapping[str, Json]
    calibration: Calibration
    calibration_protocol: str
    limits: str
    splits: Mapping[str, Json] = field(default_factory=dict)
    metrics: Mapping[str, Json] = field(default_factory=dict)


def publish(
    store: Path,
    story: Story,
    weights: Weights,
    *,
    hashes: bytes | None = None,
    replace: bool = False,
) -> Path:
    """Write the version whole; return its folder.

    ``hashes`` lists the training pictures, see `write_hash_list`; of weights that come
    from elsewhere they are unknown.

    Raises
    ------
    ModelExistsError
        Where the version is there and ``replace`` is not set.
    """
    document = manifest_document(story, weights, hashes=hashes)
    files = {
        LITERT_FILE: weights.litert,
        KERAS_FILE: weights.keras,
        "card.md": render_card(document).encode(),
    }
    if hashes is not None:
        files[HASHES_FILE] = hashes
    return write_version(store, document, files, replace=replace)


def manifest_document(
    story: Story, weights: Weights, *, hashes: bytes | None = None
) -> dict[str, Json]:
    """Compose the manifest; everything in it was given, measured or looked up."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": story.name,
        "version": story.version,
        "origin": story.origin,
        "created": story.created,
        "command": story.command,
        "limits": story.limits,
        "files": _files(weights, hashes),
        "classes": list(CLASSES),
        "input": {
            "shape": list(INPUT_SHAPE),
            "dtype": "float32",
            "range": {"low": 0.0, "high": 1.0},
        },
        "parameters": PARAMETER_COUNT,
        "preprocessing": {**PREPROCESSING, **_codec()},
        "training": dict(story.training),
        "splits": dict(story.splits),
        "threshold": THRESHOLD,
        "calibration": {
            **asdict(story.calibration),
            "protocol": story.calibration_protocol,
        },
        "metrics": dict(story.metrics),
        "reference_outputs": {
            "inputs": f"forensics.training.reference, seed {SEED}",
            "probability_fake": list(weights.reference_outputs),
            "photographs": dict(weights.photograph_outputs),
            "litert_deviation": weights.deviation(),
        },
        "libraries": libraries(),
    }


def _files(weights: Weights, hashes: bytes | None) -> dict[str, Json]:
    files: dict[str, Json] = {
        LITERT_FILE: file_entry(
            weights.litert, role=Engine.LITERT.value, required=True
        ),
        KERAS_FILE: file_entry(
            weights.keras, role=Engine.TENSORFLOW.value, required=False
        ),
    }
    if hashes is not None:
        files[HASHES_FILE] = file_entry(hashes, role=HASHES, required=False)
    return files


def _codec() -> dict[str, Json]:
    return {
        "pillow": PIL.__version__,
        "libjpeg_turbo": features.version("libjpeg_turbo"),
    }


def libraries() -> dict[str, Json]:
    keras = import_keras()
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
