"""What the model store holds, read from manifests: no weights, no TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from forensics.analysis.fusion_model import FUSION_NAME, KIND, load_fusion_version
from forensics.analysis.model_errors import ModelError
from forensics.analysis.model_listing import model_names
from forensics.analysis.model_store import Version, open_model, versions
from forensics.analysis.network import MODEL_NAME as NETWORK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_OF_A_CARD = 200_000


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file that a manifest pins."""

    role: str
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One version of a model.

    ``sha256`` is what analyses name it by: of the weights that run, or of the fusion's
    manifest. ``in_use`` says whether new analyses use it. ``problem`` says why its
    manifest cannot be read, in which case most is unknown.
    """

    name: str
    version: str
    in_use: bool
    kind: str | None = None
    sha256: str | None = None
    research_only: bool | None = None
    terms: str = ""
    limits: str = ""
    files: tuple[WeightFile, ...] = ()
    problem: str = ""


def catalog() -> Iterator[CatalogEntry]:
    """Yield every model's versions by name, lowest first."""
    store: Path = settings.MODEL_STORE
    for name in model_names(store):
        for version in versions(store, name):
            yield _entry(store, name, version)


def catalog_entry(name: str, version: str) -> CatalogEntry | None:
    """Return one version, None where there is none of that name and number."""
    return next((e for e in catalog() if (e.name, e.version) == (name, version)), None)


def card_of(entry: CatalogEntry) -> str:
    """Return a model's card, Markdown; empty where it has none."""
    path: Path = settings.MODEL_STORE / entry.name / entry.version / "card.md"
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_OF_A_CARD)
    except OSError:
        return ""


def _entry(store: Path, name: str, version: Version) -> CatalogEntry:
    in_use = _is_in_use(store, name, version)
    try:
        if name == FUSION_NAME:
            return _fusion(store, version, in_use=in_use)
        return _network(store, name, version, in_use=in_use)
    except ModelError as error:
        return CatalogEntry(name, str(version), in_use, problem=str(error))


def _fusion(store: Path, version: Version, *, in_use: bool) -> CatalogEntry:
    model = load_fusion_version(store, str(version))
    return CatalogEntry(
        FUSION_NAME,
        str(version),
        in_use,
        kind=KIND,
        sha256=model.sha256,
        research_only=model.research_only,
        terms=model.terms,
    )


def _network(store: Path, name: str, version: Version, *, in_use: bool) -> CatalogEntry:
    manifest = open_model(store, name, version=str(version)).manifest
    files = tuple(WeightFile(f.role, f.name, f.size, f.sha256) for f in manifest.files)
    running = manifest.file("litert")
    return CatalogEntry(
        name,
        str(version),
        in_use,
        kind=manifest.kind.value,
        sha256=running.sha256 if running else None,
        research_only=manifest.research_only,
        terms=manifest.terms,
        limits=manifest.limits,
        files=files,
    )


def _is_in_use(store: Path, name: str, version: Version) -> bool:
    """Say whether the settings, and the store, make new analyses use it."""
    localizer, _, pinned = str(settings.LOCALIZER).partition("@")
    if name not in {NETWORK, FUSION_NAME, localizer}:
        return False
    if name == localizer and pinned:
        return str(version) == pinned
    released = [v for v in versions(store, name) if not v.build]
    return bool(released) and version == released[-1]
