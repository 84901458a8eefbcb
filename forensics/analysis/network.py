"""The field's baseline network over ELA: its input, its architecture, its inference."""

from __future__ import annotations

import io
import logging
import os
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from PIL import Image

from forensics.analysis.manifest import ModelKind
from forensics.analysis.model_errors import (
    ModelError,
    ModelIncompatibleError,
    ModelMissingError,
)
from forensics.analysis.model_store import StoredModel, open_model
from forensics.analysis.recompression import scaled_for_viewing
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    ModelRef,
    NotApplicableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.keras_model import KerasModel
    from forensics.analysis.manifest import Manifest

MODEL_NAME = "casia-ela-cnn"
CLASSES = ("fake", "authentic")
ELA_QUALITY = 90
INPUT_SIDE = 128
INPUT_SHAPE = (INPUT_SIDE, INPUT_SIDE, 3)
PARAMETER_COUNT = 29_520_034
SMALLEST_SIDE = 64
# Log-odds that are shown as 0.0 lean to neither side.
SILENT_BELOW = 0.05
PREPROCESSING: Mapping[str, Json] = {
    "name": "ela",
    "jpeg_quality": ELA_QUALITY,
    "chroma_subsampling": "4:2:0",
    "scaling": "255 / maximum over all channels",
    "resize": "bicubic",
    "divided_by": 255,
}

logger = logging.getLogger(__name__)


class Engine(StrEnum):
    """What computes the network; both read the same version of the model."""

    LITERT = "litert"
    TENSORFLOW = "tensorflow"


class Network(Protocol):
    """Loaded weights. Safe to call from several threads."""

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Classify inputs of shape (n, 128, 128, 3).

        Returns
        -------
        ndarray of float64, shape (n, 2)
            P(fake) and P(authentic).
        """
        ...


class CnnAnalyzer:
    """Asks the baseline network about a picture's error levels.

    The weights are loaded when the first picture comes, once a process, after their
    SHA-256 and input contract were checked.

    Parameters
    ----------
    engine : str
        ``litert`` or ``tensorflow``.
    store : Path
        Folder of models.
    threads : int
        Threads of one inference, LiteRT only.
    version : str, optional
        Exactly this version of the model; by default the store's active one.

    References
    ----------
    I. Sudiatmika et al., "Image forgery detection using error level analysis and
    deep learning", TELKOMNIKA 17(2), 2019, for the idea; the input and the layers
    are those that the field's open-source tools share.
    """

    name = "cnn"

    def __init__(
        self,
        *,
        engine: str,
        store: Path,
        threads: int = 1,
        version: str | None = None,
    ) -> None:
        self._engine = Engine(engine)
        self._store = store
        self._threads = threads
        self._pinned = version
        self._model: StoredModel | None = None

    @property
    def version(self) -> str:
        """Model version and a digest of its manifest; ``none`` without a model."""
        try:
            model = self._open()
        except ModelError:
            return "none"
        return f"{model.manifest.version}-{model.digest}"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Classify one picture.

        A model that is missing, damaged or of another kind makes a finding that says
        so with the remedy.

        Raises
        ------
        NotApplicableError
            Where a side of the picture is shorter than 64 px.
        """
        if min(evidence.pixels.size) < SMALLEST_SIDE:
            detail = (
                f"A side is shorter than {SMALLEST_SIDE} px: enlarged to the "
                f"network's {INPUT_SIDE} px it would be mostly interpolation."
            )
            raise NotApplicableError(detail)
        try:
            model = self._open()
            network = load_network(model, engine=self._engine, threads=self._threads)
        except ModelError as error:
            return self._without_model(error)
        pixels = network_pixels(evidence.error_levels(quality=ELA_QUALITY))
        fake = float(network.probabilities(pixels[None])[0, 0])
        return self._finding(fake, model)

    def _open(self) -> StoredModel:
        if self._model is None:
            model = open_model(self._store, MODEL_NAME, version=self._pinned)
            check_contract(model.manifest)
            self._model = model
        return self._model

    def _without_model(self, error: ModelError) -> Finding:
        if isinstance(error, ModelMissingError) and self._engine is Engine.LITERT:
            status = FindingStatus.NOT_APPLICABLE
        else:
            status = FindingStatus.FAILED
            logger.error("The network of %s cannot run: %s", self._store, error)
        return Finding(
            self.name, self.version, status, f"The network cannot run: {error}"
        )

    def _finding(self, fake: float, model: StoredModel) -> Finding:
        manifest = model.manifest
        role = self._engine.value
        entry = manifest.file(role)
        assert entry is not None  # noqa: S101 - load_network has just read it
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(fake, manifest),
            score=fake,
            data={
                "probability_fake": fake,
                "log_odds": manifest.log_likelihood_ratio(fake),
                "threshold": manifest.threshold,
                "calibration": {
                    "slope": manifest.slope,
                    "intercept": manifest.intercept,
                },
                "research_only": manifest.research_only,
                "limits": manifest.limits,
            },
            model=ModelRef(
                manifest.name,
                manifest.version,
                entry.sha256,
                role,
                research_only=manifest.research_only,
                terms=manifest.terms,
            ),
        )


def network_pixels(levels: Image.Image) -> NDArray[np.uint8]:
    """Turn error levels into what the network sees, the field's way.

    Parameters
    ----------
    levels : PIL.Image.Image
        Error levels at quality `ELA_QUALITY`, mode RGB.

    Returns
    -------
    ndarray of uint8, shape (128, 128, 3)
        Brightened to a maximum of 255, then resized with Pillow's bicubic filter;
        divided by 255 this is the input.
    """
    bright = scaled_for_viewing(levels)
    small = bright.resize((INPUT_SIDE, INPUT_SIDE), Image.Resampling.BICUBIC)
    return np.array(small, dtype=np.uint8)


def as_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale bytes to the network's range, 0..1."""
    return np.asarray(pixels, dtype=np.float32) / np.float32(255)


def check_contract(manifest: Manifest) -> None:
    """Hold a manifest to this module's input, classes and preprocessing.

    Raises
    ------
    ModelIncompatibleError
        Where they differ: the network would answer, but to another question.
    """
    contract = manifest.contract
    if contract is None:
        detail = (
            f"{manifest.name} {manifest.version}: kind: "
            f"Expected {ModelKind.ELA_CNN}, received {manifest.kind}."
        )
        raise ModelIncompatibleError(detail)
    pairs: tuple[tuple[str, object, object], ...] = (
        ("classes", CLASSES, manifest.classes),
        ("input shape", INPUT_SHAPE, contract.shape),
        ("input dtype", "float32", contract.dtype),
        ("input range", (0.0, 1.0), (contract.low, contract.high)),
    )
    steps = tuple(
        (f"preprocessing {key}", value, manifest.preprocessing.get(key))
        for key, value in PREPROCESSING.items()
    )
    for what, expected, received in pairs + steps:
        if expected != received:
            detail = (
                f"{manifest.name} {manifest.version}: {what}: "
                f"Expected {expected}, received {received!r:.80}."
            )
            raise ModelIncompatibleError(detail)


def load_network(model: StoredModel, *, engine: Engine, threads: int) -> Network:
    """Load a stored model once a process; later calls share it.

    Raises
    ------
    ModelMissingError, ModelCorruptError, ModelIncompatibleError
        Where the engine's weights are absent, altered, or of another network.
    """
    key = (str(model.folder), model.digest, engine, threads)
    with _loading:
        if key not in _loaded:
            check_contract(model.manifest)
            data = model.read(engine.value)
            _loaded[key] = (
                LiteRtNetwork(data, threads=threads)
                if engine is Engine.LITERT
                else _TensorFlowNetwork(data)
            )
        return _loaded[key]


class LiteRtNetwork:
    """The network under LiteRT, one picture at a time.

    Raises
    ------
    ModelIncompatibleError
        Where the bytes are not a LiteRT model of this input and output.
    """

    def __init__(self, weights: bytes, *, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - late

        self._lock = threading.Lock()
        try:
            self._interpreter = Interpreter(model_content=weights, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            detail = "The weights are not a LiteRT model. Restore them."
            raise ModelIncompatibleError(detail) from error
        self._input = self._only(self._interpreter.get_input_details(), INPUT_SHAPE)
        self._output = self._only(
            self._interpreter.get_output_details(), (len(CLASSES),)
        )

    @staticmethod
    def _only(details: Sequence[Mapping[str, Any]], shape: tuple[int, ...]) -> int:
        received = [(tuple(d["shape"].tolist()), d["dtype"]) for d in details]
        if received != [((1, *shape), np.float32)]:
            detail = f"LiteRT model: Expected one float32 tensor {(1, *shape)}, "
            raise ModelIncompatibleError(detail + f"received {received}.")
        return int(details[0]["index"])

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Network.probabilities`."""
        rows = [self._one(as_floats(one)[None]) for one in pixels]
        return np.array(rows, dtype=np.float64).reshape(-1, len(CLASSES))

    def _one(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        with self._lock:
            self._interpreter.set_tensor(self._input, values)
            self._interpreter.invoke()
            output = self._interpreter.get_tensor(self._output)[0]
        if not np.isfinite(output).all():
            detail = "The weights give NaN. Restore them, or train the model again."
            raise ModelIncompatibleError(detail)
        return cast("NDArray[np.float32]", output)


class _TensorFlowNetwork:
    """The network under Keras: weights only, set into our own architecture."""

    def __init__(self, weights: bytes) -> None:
        from forensics.analysis.keras_weights import (  # noqa: PLC0415 - needs h5py
            read_keras_weights,
        )

        self._lock = threading.Lock()
        self._model = build_keras_model()
        self._model.set_weights(read_keras_weights(io.BytesIO(weights)))

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """See `Network.probabilities`."""
        with self._lock:
            output = self._model.predict_on_batch(as_floats(pixels))
        return np.asarray(output, dtype=np.float64)


def build_keras_model() -> KerasModel:
    """Build the baseline with fresh weights: 29,520,034 parameters, not compiled."""
    keras = import_keras()
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(INPUT_SHAPE, name="ela"),
            layers.Conv2D(32, (5, 5), activation="relu", name="conv2d_1"),
            layers.Conv2D(32, (5, 5), activation="relu", name="conv2d_2"),
            layers.MaxPool2D((2, 2), name="max_pooling2d_1"),
            layers.Dropout(0.25, name="dropout_1"),
            layers.Flatten(name="flatten_1"),
            layers.Dense(256, activation="relu", name="dense_1"),
            layers.Dropout(0.5, name="dropout_2"),
            layers.Dense(len(CLASSES), activation="softmax", name="dense_2"),
        ],
        name="casia_ela_cnn",
    )
    return cast("KerasModel", model)


def import_keras() -> Any:
    """Import Keras late: it costs seconds and half a gigabyte."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras


def _summary(fake: float, manifest: Manifest) -> str:
    """Put the calibrated evidence into words: the raw output counts only through it."""
    odds = manifest.log_likelihood_ratio(fake)
    raw = f"raw output for fake: {fake:.2f}"
    if abs(odds) < SILENT_BELOW:
        words = f"has next to no say on this picture (calibrated {odds:+.2f}; {raw})"
    else:
        side = "fake" if odds > 0 else "authentic"
        words = f"leans to {side} (calibrated {odds:+.2f}; {raw})"
    return f"The baseline network {words}. {manifest.limits}"


_Key = tuple[str, str, Engine, int]
_loaded: dict[_Key, Network] = {}
_loading = threading.Lock()
