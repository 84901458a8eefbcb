"""Adds the list of training pictures to a version that was published without one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from forensics.analysis.manifest import parse_manifest
from forensics.analysis.model_store import MANIFEST_NAME, file_entry, open_model
from forensics.analysis.network import MODEL_NAME
from forensics.analysis.weights_format import HASHES
from forensics.training.baseline import known_pictures, split_account, split_by_source
from forensics.training.datasets import read_dataset
from forensics.training.errors import PublicationError
from forensics.training.inputs import prepare_inputs
from forensics.training.localizer_release import HASHES_FILE
from forensics.training.protocols import raw

if TYPE_CHECKING:
    from pathlib import Path

    from forensics.training.baseline import Request
    from forensics.training.progress import Progress


def add_training_list(request: Request, *, progress: Progress) -> Path:
    """Split the data as the version's training did, and list what it has seen.

    Nothing else in the version's folder changes, and of its manifest nothing but the
    entry of the new file.

    Returns
    -------
    Path
        The list.

    Raises
    ------
    PublicationError
        Where the version has a list, or the data do not split as its manifest says.
    ModelError
        Where there is no such version.
    """
    model = open_model(request.store, MODEL_NAME, version=request.version)
    if model.manifest.file(HASHES) is not None:
        raise PublicationError(f"{MODEL_NAME} {request.version} has its list already.")
    document = _manifest(model.folder / MANIFEST_NAME)
    inputs = prepare_inputs(
        read_dataset(request.data), request.work, protocol=raw(), progress=progress
    )
    seed = document["splits"]["seed"]
    plan = split_by_source(inputs, seed=seed)
    if split_account(inputs, plan, seed) != document["splits"]:
        raise PublicationError(
            f"{request.data.name} does not split as the manifest of {MODEL_NAME} "
            f"{request.version} says: it is not the data that it was trained on."
        )
    hashes = known_pictures(inputs, plan)
    document["files"][HASHES_FILE] = file_entry(hashes, role=HASHES, required=False)
    parse_manifest(document, where="the new manifest")
    _replace(model.folder / HASHES_FILE, hashes)
    _replace(model.folder / MANIFEST_NAME, _text(document))
    return model.folder / HASHES_FILE


def _manifest(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    document: dict[str, Any] = json.loads(data)
    if _text(document) != data:
        raise PublicationError(
            f"{path.name} is not as training wrote it: adding to it would change more."
        )
    return document


def _text(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
