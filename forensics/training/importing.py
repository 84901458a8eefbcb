"""Takes weights trained elsewhere into the store: arrays only, never their code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.keras_weights import read_keras_weights
from forensics.analysis.model_errors import ModelIncompatibleError, ModelMissingError
from forensics.analysis.model_store import Version, versions
from forensics.analysis.network import CLASSES, LiteRtNetwork, build_keras_model
from forensics.training import evaluation
from forensics.training.datasets import Sample, read_dataset
from forensics.training.metrics import Calibration
from forensics.training.provenance import UNKNOWN_TERMS
from forensics.training.publication import THRESHOLD, Story, Weights, publish
from forensics.training.reference import SEED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from forensics.analysis.types import Json
    from forensics.training.progress import Progress

MAX_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A file to import, and how to read and name it.

    ``classes`` is the order of the file's two outputs. Without ``version`` it becomes
    ``<active>+imported.<digest>``, which never takes over by itself. ``data`` is a
    labelled folder to calibrate and measure on.
    """

    file: Path
    store: Path
    work: Path
    name: str
    command: str
    created: str
    version: str | None = None
    classes: tuple[str, ...] = CLASSES
    data: Path | None = None
    replace: bool = False


def import_model(request: ImportRequest, *, progress: Progress) -> Path:
    """Import a Keras ``.h5`` of the baseline's architecture; return its folder.

    Raises
    ------
    ModelMissingError
        Where the file is not there.
    ModelCorruptError, ModelIncompatibleError
        Where it is not HDF5, not safe, or of another architecture.
    ModelExistsError
        Where the version is there already.
    """
    digest = _digest(request.file)
    arrays = in_our_order(read_keras_weights(request.file), classes=request.classes)
    model = build_keras_model()
    model.set_weights(arrays)
    weights = Weights.of(model)
    story = _story(request, weights, digest, progress)
    return publish(request.store, story, weights, replace=request.replace)


def in_our_order(
    arrays: Sequence[NDArray[np.float32]], *, classes: tuple[str, ...]
) -> list[NDArray[np.float32]]:
    """Swap the two outputs where the file has authentic first.

    Raises
    ------
    ModelIncompatibleError
        Where ``classes`` is neither order.
    """
    if sorted(classes) != sorted(CLASSES):
        detail = (
            "Expected the classes fake,authentic or authentic,fake, received "
            f"{','.join(classes)[:80]}."
        )
        raise ModelIncompatibleError(detail)
    if classes == CLASSES:
        return list(arrays)
    *rest, kernel, bias = arrays
    return [*rest, kernel[:, ::-1].copy(), bias[::-1].copy()]


def _digest(file: Path) -> str:
    if not file.is_file():
        detail = f"{file} is not a file. Give a Keras .h5 file."
        raise ModelMissingError(detail)
    if file.stat().st_size > MAX_BYTES:
        detail = f"{file} is over {MAX_BYTES:,} bytes: not a file of this network."
        raise ModelIncompatibleError(detail)
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _story(
    request: ImportRequest, weights: Weights, digest: str, progress: Progress
) -> Story:
    known = _UNMEASURED
    if request.data is not None:
        bench = evaluation.Bench(
            network=LiteRtNetwork(weights.litert),
            threshold=THRESHOLD,
            seed=SEED,
            work=request.work,
            progress=progress,
        )
        known = _measured(bench, read_dataset(request.data), request.created)
    return Story(
        name=request.name,
        version=request.version or _passive_version(request, digest),
        origin="imported",
        created=request.created,
        command=request.command,
        training={
            "data": f"unknown; imported from a file with SHA-256 {digest}",
            "terms": UNKNOWN_TERMS,
            "research_only": True,
        },
        calibration=known.calibration,
        calibration_protocol=known.protocol,
        limits=known.limits,
        metrics=known.metrics,
    )


def _passive_version(request: ImportRequest, digest: str) -> str:
    """Name it after the active version, with a part that keeps it from taking over."""
    released = [v for v in versions(request.store, request.name) if not v.build]
    base = released[-1] if released else Version(1, 0, 0)
    return f"{base}+imported.{digest[:8]}"


@dataclass(frozen=True, slots=True)
class _Knowledge:
    calibration: Calibration
    protocol: str
    limits: str
    metrics: Mapping[str, Json]


_UNMEASURED = _Knowledge(
    calibration=Calibration(0.0, 0.0),
    protocol="Not calibrated: it does not count in the verdict.",
    limits=(
        "It was imported; what it was trained on is not recorded and nothing was "
        "measured, so it does not count."
    ),
    metrics={},
)


def _measured(
    bench: evaluation.Bench, samples: Sequence[Sample], created: str
) -> _Knowledge:
    sets = {"given data": {"protocols": evaluation.measure_set(bench, samples)}}
    return _Knowledge(
        calibration=evaluation.calibrate_on(bench, samples),
        protocol=(
            f"Fitted on equalized copies of the {len(samples)} given pictures, both "
            "classes weighing the same; the slope is the lower end of its 95 % "
            "bootstrap interval, not below 0. The model may have been trained on "
            "them, which flatters it."
        ),
        limits=(
            "It was imported; what it was trained on is not recorded, so its figures "
            "may flatter it."
        ),
        metrics={
            "how": (
                f"Measured on {created} by the command below, on pictures that the "
                "model may have been trained on; 95 % bootstrap intervals."
            ),
            "sets": sets,
        },
    )
