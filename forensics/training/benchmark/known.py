"""What the models of a pipeline were trained on, as far as their versions tell."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from forensics.analysis.model_store import MANIFEST_NAME, MAX_MANIFEST_BYTES
from forensics.analysis.types import FindingStatus
from forensics.analysis.watermark.analyzer import RIVAGAN
from forensics.training.benchmark.leaks import (
    HASHES_ROLE,
    KnownPictures,
    read_hash_list,
)
from forensics.training.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from forensics.analysis.pipeline import Pipeline
    from forensics.analysis.types import Json, Report

# The version of an analyzer whose model is not there.
_NO_MODEL = "none"
# They learned to read a message, not to tell a class: no picture can leak to them.
_READ_MARKS = frozenset((RIVAGAN.name,))


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A model that takes part; ``known`` is None where it lists no pictures."""

    name: str
    version: str
    sha256: str
    engine: str
    known: KnownPictures | None

    def to_json(self) -> dict[str, Json]:
        """Describe it for the results."""
        return {
            "name": self.name,
            "version": self.version,
            "sha256": self.sha256,
            "engine": self.engine,
            "training_pictures": None if self.known is None else len(self.known.names),
        }


def probe(pipeline: Pipeline, *, needed: Collection[str]) -> Report:
    """Analyze one picture of noise, to load every model before the long run.

    Parameters
    ----------
    pipeline : Pipeline
        To be measured.
    needed : collection of str
        Analyzers without which the evaluation would be of something else.

    Raises
    ------
    TrainingError
        Where one of them fails, or has no model.
    """
    noise = np.random.default_rng(1).integers(0, 256, (320, 320, 3), dtype=np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(noise).save(encoded, "JPEG", quality=95)
    report = pipeline.analyze(encoded.getvalue())
    for finding in report.findings:
        is_missing = finding.version == _NO_MODEL
        if finding.analyzer in needed and (
            is_missing or finding.status is FindingStatus.FAILED
        ):
            raise TrainingError(str(finding.data.get("problem", finding.summary)))
    return report


def used_models(report: Report, store: Path | None) -> tuple[UsedModel, ...]:
    """List the models behind a report, the calibration's included, with their pictures.

    Raises
    ------
    TrainingError
        Where a list is named by a manifest and missing or damaged: without it
        nobody can tell what was leaked.
    """
    return tuple(
        UsedModel(
            m.name, m.version, m.sha256, m.engine, _known(store, m.name, m.version)
        )
        for m in report.models
    )


def _known(store: Path | None, name: str, version: str) -> KnownPictures | None:
    if name in _READ_MARKS:
        return KnownPictures(f"{name} {version}", (), np.array([], dtype=np.uint64))
    if store is None:
        return None
    folder = store / name / version
    entries = _files(folder / MANIFEST_NAME)
    title = f"{name} {version}"
    for file, entry in entries.items():
        if isinstance(entry, dict) and entry.get("role") == HASHES_ROLE:
            data = _checked(folder, file, entry.get("sha256"), title)
            return read_hash_list(data, title=title)
    return None


def _files(manifest: Path) -> Mapping[str, Any]:
    if not manifest.is_file() or manifest.stat().st_size > MAX_MANIFEST_BYTES:
        return {}
    document = json.loads(manifest.read_bytes())
    files = document.get("files") if isinstance(document, dict) else None
    return files if isinstance(files, dict) else {}


def _checked(folder: Path, file: str, digest: object, title: str) -> bytes:
    path = folder / file
    if path.parent != folder or not path.is_file():
        raise TrainingError(f"{title}: its list of training pictures is missing.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise TrainingError(f"{title}: its list of training pictures was changed.")
    return data
