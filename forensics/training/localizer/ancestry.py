"""What a run that starts from an earlier localizer's weights inherits with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forensics.analysis.manifest import ModelKind
from forensics.analysis.model_errors import ModelError
from forensics.analysis.model_store import open_model
from forensics.analysis.weights_format import HASHES
from forensics.training.errors import PublicationError, TrainingError
from forensics.training.grouping import source_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from forensics.training.provenance import Provenance

_KERAS = "tensorflow"


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A published localizer: its account, and the list of pictures it has seen."""

    title: str
    data: str
    terms: str
    research_only: bool
    commands: tuple[str, ...]
    hashes: bytes = field(repr=False)


def read_ancestor(start: Path) -> Ancestor:
    """Read the account of the version that a weights file belongs to.

    Parameters
    ----------
    start : Path
        ``<store>/<name>/<version>/<file>``, as a training run writes it.

    Raises
    ------
    TrainingError
        Where the file is not one of a localizer's version with its manifest and its
        list of training pictures: what the weights have seen could not be told.
    """
    folder = start.resolve().parent
    name, version = folder.parent.name, folder.name
    try:
        model = open_model(folder.parents[1], name, version=version)
        listed = model.manifest.file(_KERAS)
        if model.manifest.kind is not ModelKind.LOCALIZER or listed is None:
            raise TrainingError(_refusal(start, "the manifest is of another kind."))
        if listed.name != start.name:
            raise TrainingError(_refusal(start, "the manifest lists another file."))
        model.read(_KERAS)
        hashes = model.read(HASHES)
    except (ModelError, IndexError) as error:
        raise TrainingError(_refusal(start, str(error))) from error
    document: Any = model.manifest.document
    told = document.get("training", {})
    return Ancestor(
        title=f"{name} {version}",
        data=str(told.get("data", "pictures that were not named")),
        terms=model.manifest.terms,
        research_only=model.manifest.research_only,
        commands=tuple(map(str, told.get("commands", ()))),
        hashes=hashes,
    )


def _refusal(start: Path, reason: str) -> str:
    return (
        f"{start.name} cannot be started from: {reason} Give the Keras weights in a "
        "localizer's folder <store>/<name>/<version>, with manifest.json and "
        "training.hashes beside them: the new weights inherit terms and pictures."
    )


def refuse_false_freedom(
    about: Provenance, ancestor: Ancestor | None, seen: Iterable[Path]
) -> None:
    """Hold the account to what can be known of the pictures and of the start.

    Raises
    ------
    PublicationError
        Where weights are called free that CASIA's pictures, or weights for research
        only, went into.
    """
    if about.research_only:
        return
    if ancestor is not None and ancestor.research_only:
        raise PublicationError(
            f"research_only = false: {ancestor.title} is for research only, and what "
            "starts from it is, too. Say research_only = true."
        )
    found = next((path.name for path in seen if source_tokens(path.name)), None)
    if found is not None:
        raise PublicationError(
            f"research_only = false: {found} is named like a picture of CASIA, which "
            "is for research only. Say research_only = true, or leave it out."
        )


def joined_hashes(own: bytes, ancestor: Ancestor | None) -> bytes:
    """List the run's own pictures, then the ancestor's; none of them twice."""
    inherited = b"" if ancestor is None else ancestor.hashes
    lines = [*own.splitlines(), *inherited.splitlines()]
    return b"".join(line + b"\n" for line in dict.fromkeys(lines))
