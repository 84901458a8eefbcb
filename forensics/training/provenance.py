"""What people know of the data sets: names, terms and caveats that no code can see."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from forensics.training.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forensics.analysis.types import Json

MAX_BYTES = 64 * 1024
UNKNOWN_TERMS = "unknown; treat it as for research only"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The training set's name and terms, and a note for each set measured on.

    Unknown unless said: then the card says that it is unknown, and the model counts
    as for research only.
    """

    name: str = ""
    terms: str = UNKNOWN_TERMS
    research_only: bool = True
    note: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """Say in a sentence what the model was trained on."""
        aside = " (research only)" if self.research_only else ""
        if not self.name:
            return f"What it was trained on is not recorded{aside}."
        return f"It was trained on {self.name}{aside}."

    def training(self, *, tampered: int, authentic: int) -> dict[str, Json]:
        """Compose the manifest's account of the training set.

        Parameters
        ----------
        tampered, authentic : int
            Readable pictures, counted.
        """
        name = self.name or "a data set that was not named"
        return {
            "data": f"{name}: {tampered} tampered and {authentic} authentic pictures",
            "note": self.note,
            "terms": self.terms,
            "research_only": self.research_only,
        }


def read_provenance(file: Path) -> Provenance:
    """Read a TOML file with a table ``training`` and, optionally, one ``sets``.

    ``training`` has ``name``, ``terms``, ``research_only`` and optionally ``note``;
    ``sets`` gives a note for each name in ``--evaluate-also``.

    Raises
    ------
    ProvenanceError
        Where it is no such file.
    """
    fields = _Reader(file, _toml(file))
    fields.refuse_others({"training", "sets"})
    training = _Reader(file, fields.get("training", dict))
    training.refuse_others({"name", "terms", "research_only", "note"})
    sets = _Reader(file, fields.get("sets", dict, default={}))
    return Provenance(
        name=training.get("name", str),
        terms=training.get("terms", str),
        research_only=training.get("research_only", bool),
        note=training.get("note", str, default=""),
        sets={name: sets.get(name, str) for name in sets.values},
    )


def _toml(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ProvenanceError.unreadable(file, f"it is over {MAX_BYTES} bytes")
        return tomllib.loads(data.decode())
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProvenanceError.unreadable(file, reason) from error


class _Reader:
    """Typed reads from a table, with the field's name in every error."""

    def __init__(self, file: Path, values: Mapping[str, Any]) -> None:
        self._file = file
        self.values = values

    def get(self, name: str, kind: type[T], *, default: T | None = None) -> T:
        value = self.values.get(name, default)
        if not isinstance(value, kind) or (value == "" and default is None):
            self._refuse(f"{name}: Expected {kind.__name__}, received {value!r:.80}")
        return value

    def refuse_others(self, known: set[str]) -> None:
        others = sorted(set(self.values) - known)
        if others:
            self._refuse(f"{others[0][:80]!r} is none of {', '.join(sorted(known))}")

    def _refuse(self, reason: str) -> NoReturn:
        raise ProvenanceError.unreadable(self._file, reason)
