"""Writes a trained localizer into the store: manifest, weights, hash list and card."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.localizer_network import (
    INPUTS,
    OUTPUTS,
    PREPROCESSING,
    LocalizerNetwork,
    TileInput,
)
from forensics.analysis.manifest import SCHEMA_VERSION, ModelKind, Pooling, Tiling
from forensics.analysis.model_store import file_entry, write_version
from forensics.analysis.weights_format import HASHES
from forensics.training.benchmark.localization import SHIPPED_THRESHOLD
from forensics.training.errors import PublicationError
from forensics.training.localizer_card import render_localizer_card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forensics.analysis.types import Json
    from forensics.training.metrics import Calibration

LITERT_FILE = "model.tflite"
KERAS_FILE = "model.weights.h5"
HASHES_FILE = "training.hashes"
MAX_BYTES = 15_000_000
_ABSOLUTE = re.compile(r"(^|[\s=\"'])/[\w.-]+/")
_PROBE_SIDES = (64, 96)


@dataclass(frozen=True, slots=True)
class TrainingAccount:
    """What the weights were trained on, under which terms, and how.

    Attributes
    ----------
    data : str
        The pictures, in a sentence without a full stop.
    terms : str
        Under which terms they may be used.
    research_only : bool
        Whether any of them may be used in research only.
    commands : sequence of str
        The exact commands that reproduce the weights and figures, with relative
        folders.
    recipe : mapping
        Optimizer, steps, seeds and the like, for the card.
    note : str
        What else a reader has to know.
    """

    data: str
    terms: str
    research_only: bool
    commands: Sequence[str]
    recipe: Mapping[str, Json] = field(default_factory=dict)
    note: str = ""

    def document(self) -> dict[str, Json]:
        """Return the manifest's part.

        Raises
        ------
        PublicationError
            Where something is left unsaid, or names a folder of this machine.
        """
        for name in ("data", "terms"):
            if not str(getattr(self, name)).strip():
                raise PublicationError(f"training: {name}: say it; the card has to.")
        if not self.commands:
            raise PublicationError("training: commands: give those that reproduce it.")
        document = asdict(self) | {
            "recipe": dict(self.recipe),
            "commands": list(self.commands),
        }
        refuse_absolute_paths(document)
        return document


@dataclass(frozen=True, slots=True)
class LocalizerRelease:
    """A trained localizer and everything its manifest says of it.

    Attributes
    ----------
    litert, keras : bytes
        The same weights for LiteRT (`localizer_to_litert`) and as Keras's
        ``.weights.h5`` (`keras_bytes`).
    hashes : bytes
        Perceptual hashes of the training pictures, one ``<16 hex digits> <name>`` a
        line, so that evaluation can refuse them.
    calibration : Calibration
        Of the pooled logit: P(fake) is sigmoid(slope * signal + intercept).
    threshold : float
        On P(fake), from which on the finding carries its code.
    mask_threshold : float
        On P(edited) of a cell, from which on it counts as marked.
    limits : str
        What the model cannot do, in a sentence that every finding repeats.
    metrics : mapping
        Figures known at training time.
    """

    name: str
    version: str
    created: str
    limits: str
    parameters: int
    training: TrainingAccount
    calibration: Calibration
    calibration_protocol: str
    litert: bytes = field(repr=False)
    keras: bytes = field(repr=False)
    hashes: bytes = field(repr=False)
    threshold: float = 0.5
    mask_threshold: float = 0.5
    tiling: Tiling = field(default_factory=lambda: Tiling(side=768, overlap=128))
    pooling: Pooling = field(
        default_factory=lambda: Pooling(share=0.02, least=8, most=512)
    )
    metrics: Mapping[str, Json] = field(default_factory=dict)
    libraries: Mapping[str, Json] = field(default_factory=dict)


def publish_localizer(
    store: Path, release: LocalizerRelease, *, replace: bool = False
) -> Path:
    """Write the version whole; return its folder.

    The LiteRT file is run on two pictures first: what the store holds works.

    Raises
    ------
    PublicationError
        Where it is over 15 MB, leaves something unsaid, names absolute paths, or has
        another threshold of the mask than evaluations measure at.
    ModelIncompatibleError
        Where the files are not of the contract.
    ModelExistsError
        Where the version is there and ``replace`` is not set.
    """
    _refuse_other_threshold(release)
    document = localizer_document(release)
    files = {
        LITERT_FILE: release.litert,
        KERAS_FILE: release.keras,
        HASHES_FILE: release.hashes,
        "card.md": render_localizer_card(document).encode(),
    }
    size = sum(map(len, files.values()))
    if size > MAX_BYTES:
        raise PublicationError(
            f"{release.name} {release.version} takes {size:,} bytes; at most "
            f"{MAX_BYTES:,} are shipped. Make the network or its lists smaller."
        )
    probe(release.litert)
    return write_version(store, document, files, replace=replace)


def _refuse_other_threshold(release: LocalizerRelease) -> None:
    if release.mask_threshold != SHIPPED_THRESHOLD:
        raise PublicationError(
            f"mask_threshold: Expected {SHIPPED_THRESHOLD:g}, at which evaluate_model "
            f"measures what is marked, received {release.mask_threshold:g}. Shift the "
            "network's mask instead."
        )


def localizer_document(release: LocalizerRelease) -> dict[str, Json]:
    """Compose the manifest; everything in it was given or measured."""
    document: dict[str, Json] = {
        "schema_version": SCHEMA_VERSION,
        "kind": ModelKind.LOCALIZER.value,
        "name": release.name,
        "version": release.version,
        "origin": "trained",
        "created": release.created,
        "limits": release.limits,
        "files": _files(release),
        "inputs": {
            name: {
                "shape": list(entry.shape),
                "dtype": entry.dtype,
                "range": {"low": entry.low, "high": entry.high},
            }
            for name, entry in INPUTS.items()
        },
        "outputs": {
            name: {"shape": list(entry.shape), "dtype": entry.dtype}
            for name, entry in OUTPUTS.items()
        },
        "preprocessing": dict(PREPROCESSING),
        "tiling": asdict(release.tiling),
        "pooling": asdict(release.pooling),
        "parameters": release.parameters,
        "threshold": release.threshold,
        "mask_threshold": release.mask_threshold,
        "calibration": {
            **asdict(release.calibration),
            "protocol": release.calibration_protocol,
        },
        "training": release.training.document(),
        "metrics": dict(release.metrics),
        "libraries": dict(release.libraries),
    }
    refuse_absolute_paths(document)
    return document


def refuse_absolute_paths(value: object) -> None:
    """Hold everything that is published free of folders of the machine at hand.

    Raises
    ------
    PublicationError
        At the first text that names one.
    """
    if isinstance(value, str) and _ABSOLUTE.search(value):
        raise PublicationError(
            f"{value[:120]!r} names an absolute folder. Give a relative one."
        )
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        for item in value:
            refuse_absolute_paths(item)


def probe(litert: bytes) -> None:
    """Run the file on two sizes of noise, so that a broken conversion shows.

    Raises
    ------
    ModelIncompatibleError
        Where it cannot be loaded, or answers in another shape or with NaN.
    """
    network = LocalizerNetwork(litert)
    words = np.random.PCG64(len(_PROBE_SIDES)).random_raw
    for height, width in (_PROBE_SIDES, _PROBE_SIDES[::-1]):
        noise = words(height * width * 3 // 8).astype("<u8").view(np.uint8)
        pixels = noise.reshape(height, width, 3)
        levels = pixels // np.uint8(16)
        network.answer(TileInput(pixels, levels, np.ones(64, dtype=np.float32)))


def _files(release: LocalizerRelease) -> dict[str, Json]:
    return {
        LITERT_FILE: file_entry(release.litert, role="litert", required=True),
        KERAS_FILE: file_entry(release.keras, role="tensorflow", required=False),
        HASHES_FILE: file_entry(release.hashes, role=HASHES, required=False),
    }
