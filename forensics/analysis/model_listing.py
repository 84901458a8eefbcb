"""What the model store holds, version by version, each held to its manifest."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forensics.analysis.fusion_model import FUSION_NAME, KIND, load_fusion_version
from forensics.analysis.model_errors import ModelError
from forensics.analysis.model_store import StoredModel, open_model, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One version in the store.

    Attributes
    ----------
    is_active : bool
        Whether it is the one that is used unless another is asked for.
    kind, research_only, terms : str, bool, str or None
        None where its manifest cannot be used; ``problem`` then says why.
    problem : str
        What is wrong with it or with a file; empty where all is well.
    """

    name: str
    version: str
    is_active: bool
    kind: str | None = None
    research_only: bool | None = None
    terms: str | None = None
    problem: str = ""


def list_models(store: Path) -> Iterator[ListedModel]:
    """Yield every model's versions by name, lowest first, after reading the files.

    The networks, and the calibration of the fusion.
    """
    for name in model_names(store):
        yield from _versions_of(store, name)


def model_names(store: Path) -> Iterator[str]:
    """Yield the names of the models in the store, sorted."""
    folders = sorted(store.iterdir()) if store.is_dir() else []
    for folder in folders:
        if folder.is_dir() and _NAME.fullmatch(folder.name):
            yield folder.name


def _versions_of(store: Path, name: str) -> Iterator[ListedModel]:
    found = versions(store, name)
    active = next((v for v in reversed(found) if not v.build), None)
    for version in found:
        blank = ListedModel(name, str(version), is_active=version == active)
        yield _listed(store, blank)


def _listed(store: Path, blank: ListedModel) -> ListedModel:
    read = _fusion if blank.name == FUSION_NAME else _network
    try:
        return read(store, blank)
    except ModelError as error:
        return replace(blank, problem=str(error))


def _fusion(store: Path, blank: ListedModel) -> ListedModel:
    model = load_fusion_version(store, blank.version)
    return replace(
        blank, kind=KIND, research_only=model.research_only, terms=model.terms
    )


def _network(store: Path, blank: ListedModel) -> ListedModel:
    model = open_model(store, blank.name, version=blank.version)
    manifest = model.manifest
    return replace(
        blank,
        kind=manifest.kind.value,
        research_only=manifest.research_only,
        terms=manifest.terms,
        problem=_problem(model),
    )


def _problem(model: StoredModel) -> str:
    """Read every file that must be there, or is."""
    for entry in model.manifest.files:
        if not (entry.required or model.has(entry.role)):
            continue
        try:
            model.read(entry.role)
        except ModelError as error:
            return str(error)
    return ""
