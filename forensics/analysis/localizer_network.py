"""A localizer's weights under LiteRT: loaded once, held to the manifest's contract."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from forensics.analysis.manifest import ANY, LocalizerContract, TensorContract
from forensics.analysis.model_errors import ModelIncompatibleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forensics.analysis.manifest import Manifest
    from forensics.analysis.model_store import StoredModel
    from forensics.analysis.types import Json

MODEL_NAME = "forgery-localizer"
ENGINE = "litert"
SIGNATURE = "serving_default"
ELA_QUALITY = 90
INPUTS: Mapping[str, TensorContract] = {
    "pixels": TensorContract((1, ANY, ANY, 3), "float32", 0.0, 255.0),
    "ela": TensorContract((1, ANY, ANY, 3), "float32", 0.0, 255.0),
    "table": TensorContract((1, 64), "float32", 1.0, 255.0),
}
OUTPUTS: Mapping[str, TensorContract] = {
    "mask": TensorContract((1, ANY, ANY, 1), "float32"),
    "evidence": TensorContract((1, ANY, ANY, 1), "float32"),
}
PREPROCESSING: Mapping[str, Json] = {
    "ela_jpeg_quality": ELA_QUALITY,
    "ela_chroma_subsampling": "4:2:0",
    "table": "luma, natural order, ones where the file is no JPEG",
    "multiple": 32,
    "padding": "reflection",
}


@dataclass(frozen=True, slots=True)
class TileInput:
    """What the network sees of one tile.

    Attributes
    ----------
    pixels, ela : ndarray of uint8, shape (height, width, 3)
        RGB and error levels; sides are multiples of 32.
    table : ndarray of float32, shape (64,)
        Luma quantization table in natural order, 1..255.
    """

    pixels: NDArray[np.uint8]
    ela: NDArray[np.uint8]
    table: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TileAnswer:
    """Logits of a tile, float32 of shape (height / 8, width / 8)."""

    mask: NDArray[np.float32]
    evidence: NDArray[np.float32]


def check_localizer(manifest: Manifest) -> LocalizerContract:
    """Hold a manifest to what this module feeds and reads.

    Raises
    ------
    ModelIncompatibleError
        Where they differ: the network would answer, but to another question.
    """
    contract = manifest.localizer
    who = f"{manifest.name} {manifest.version}"
    if contract is None:
        _refuse(f"{who}: kind", "localizer", manifest.kind)
    for what, expected, received in (
        ("inputs", INPUTS, contract.inputs),
        ("outputs", OUTPUTS, contract.outputs),
    ):
        if dict(expected) != dict(received):
            _refuse(f"{who}: {what}", expected, received)
    for key, value in PREPROCESSING.items():
        given = manifest.preprocessing.get(key)
        if given != value:
            _refuse(f"{who}: preprocessing {key}", value, given)
    return contract


def load_localizer(model: StoredModel) -> LocalizerNetwork:
    """Load a stored localizer once a process; later calls share it.

    Raises
    ------
    ModelMissingError, ModelCorruptError, ModelIncompatibleError
        Where the weights are absent, altered, or of another network.
    """
    key = (str(model.folder), model.digest)
    with _loading:
        if key not in _loaded:
            check_localizer(model.manifest)
            _loaded[key] = LocalizerNetwork(model.read(ENGINE))
        return _loaded[key]


class LocalizerNetwork:
    """The network, one tile at a time on one thread. Safe to share between threads.

    Parameters
    ----------
    weights : bytes
        A LiteRT model.

    Raises
    ------
    ModelIncompatibleError
        Where the bytes are no LiteRT model of these names, shapes and types.
    """

    def __init__(self, weights: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - late

        self._lock = threading.Lock()
        try:
            # Kept: the runner only borrows it.
            self._interpreter = Interpreter(model_content=weights, num_threads=1)
            self._run = self._interpreter.get_signature_runner(SIGNATURE)
        except (ValueError, RuntimeError) as error:
            detail = (
                f"The weights are not a LiteRT model with a signature {SIGNATURE}. "
                "Restore them."
            )
            raise ModelIncompatibleError(detail) from error
        _check_tensors("inputs", INPUTS, self._run.get_input_details())
        _check_tensors("outputs", OUTPUTS, self._run.get_output_details())

    def answer(self, tile: TileInput) -> TileAnswer:
        """Run one tile.

        Raises
        ------
        ModelIncompatibleError
            Where the answer is of another shape than the cells, or not finite.
        """
        rows, columns = (side // 8 for side in tile.pixels.shape[:2])
        inputs = {
            "pixels": tile.pixels.astype(np.float32)[None],
            "ela": tile.ela.astype(np.float32)[None],
            "table": tile.table[None],
        }
        with self._lock:
            try:
                found = self._run(**inputs)
            except (ValueError, RuntimeError) as error:
                detail = f"The network cannot run on {tile.pixels.shape} pixels."
                raise ModelIncompatibleError(detail) from error
        maps = {name: _map(name, found[name], (rows, columns)) for name in OUTPUTS}
        return TileAnswer(**maps)


def _map(
    name: str, values: NDArray[np.float32], shape: tuple[int, int]
) -> NDArray[np.float32]:
    if values.shape != (1, *shape, 1):
        _refuse(f"LiteRT model: {name}", (1, *shape, 1), values.shape)
    if not np.isfinite(values).all():
        detail = "The weights give NaN. Restore them, or train the model again."
        raise ModelIncompatibleError(detail)
    return values[0, :, :, 0]


def _check_tensors(
    what: str,
    expected: Mapping[str, TensorContract],
    details: Mapping[str, Mapping[str, Any]],
) -> None:
    received = {
        name: (tuple(entry["shape_signature"].tolist()), np.dtype(entry["dtype"]).name)
        for name, entry in details.items()
    }
    wanted = {name: (entry.shape, entry.dtype) for name, entry in expected.items()}
    if received != wanted:
        _refuse(f"LiteRT model: {what}", wanted, received)


def _refuse(where: str, expected: object, received: object) -> NoReturn:
    detail = f"{where}: Expected {expected}, received {received!r:.200}."
    raise ModelIncompatibleError(detail)


_loaded: dict[tuple[str, str], LocalizerNetwork] = {}
_loading = threading.Lock()
