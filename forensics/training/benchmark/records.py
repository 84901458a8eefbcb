"""One line of JSON a picture and protocol, so that a broken run can go on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from forensics.training.benchmark.localization import Counts
from forensics.training.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Key: TypeAlias = tuple[str, str, str]
RUN_FILE = "run.json"
RECORDS_FILE = "records.jsonl"
# What `localization` calls the map that the whole pipeline stands for.
VERDICT = "verdict"


class RunFolderError(TrainingError):
    """The output folder cannot be used as asked."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What one analyzer said. ``signal`` is its raw number, else its score.

    ``version`` is the analyzer's; empty in records from before it was noted.
    """

    status: str
    signal: float | None
    score: float | None
    codes: tuple[str, ...]
    milliseconds: float
    version: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One picture under one protocol.

    Attributes
    ----------
    source : str
        Names the group of pictures that share a source with it.
    refused : str or None
        Why the pipeline would not analyze it; then there is nothing else.
    digest : str
        Of the picture's file: a file made anew under its old name is measured anew.
    look : str
        The picture's perceptual hash, 16 hexadecimal digits.
    made_from : list of str
        Names of the photographs it was made from, as its set's manifest tells.
    header : str
        Digest of format and quantization tables, see `header_digest`.
    mask : str
        ``found``, ``missing`` or ``bad``; ``none`` of authentic pictures.
    masked : int
        Pixels in the mask.
    localization : mapping of str to Counts
        By analyzer, and under ``verdict`` of the report; only pictures that are
        authentic or have a mask.
    """

    set_name: str
    file: str
    name: str
    label: str
    kind: str
    protocol: str
    source: str
    digest: str = ""
    look: str = ""
    made_from: list[str] = field(default_factory=list)
    header: str = ""
    refused: str | None = None
    bytes: int = 0
    width: int = 0
    height: int = 0
    verdict: str | None = None
    score: float | None = None
    seconds: float = 0.0
    mask: str = "none"
    masked: int = 0
    reasons: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, Signal] = field(default_factory=dict)
    localization: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What tells it apart from all other records of a run."""
        return self.set_name, self.file, self.protocol

    @property
    def is_fake(self) -> bool:
        """Whether the picture is labelled as tampered with."""
        return self.label == "fake"

    def to_line(self) -> str:
        """Write it as a line of JSON.

        ``signals`` repeats the findings' raw numbers by analyzer, for readers that
        want no more.
        """
        document = asdict(self)
        document["signals"] = {n: f.signal for n, f in self.findings.items()}
        return json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Read what `to_line` wrote."""
        document: dict[str, Any] = json.loads(line)
        del document["signals"]
        document["findings"] = {
            name: Signal(**{**entry, "codes": tuple(entry["codes"])})
            for name, entry in document["findings"].items()
        }
        document["localization"] = {
            name: Counts(
                **{
                    **entry,
                    "marked": tuple(entry["marked"]),
                    "hits": tuple(entry["hits"]),
                }
            )
            for name, entry in document["localization"].items()
        }
        return cls(**document)


def read_records(file: Path) -> Iterator[Record]:
    """Yield the records of a file; a last line cut short by a kill is left out.

    Raises
    ------
    RunFolderError
        At any other line that is no record.
    """
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return
            try:
                yield Record.from_line(line)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RunFolderError(
                    f"{file}, line {number}, is no record of this version. "
                    "Give another --output, or --replace."
                ) from error


class RunFolder:
    """Where a run keeps its records; begun anew or gone on with."""

    def __init__(self, folder: Path, identity: Mapping[str, Any]) -> None:
        self.folder = folder
        self._identity = json.loads(json.dumps(identity))
        self._records = folder / RECORDS_FILE

    def open(self, *, resume: bool, replace: bool) -> dict[Key, Record]:
        """Prepare the folder and return the records that are there already.

        Raises
        ------
        RunFolderError
            Where another run's records are in the way, or are to be resumed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if replace or not self._records.exists():
            self._begin()
            return {}
        if not resume:
            raise RunFolderError(
                f"{self.folder} holds a run's records. Give --resume to go on with "
                "it, --replace to start over, or another --output."
            )
        self._check_identity()
        kept = {record.key: record for record in read_records(self._records)}
        self.rewrite(kept)
        return kept

    def append(self, record: Record) -> None:
        """Add one record, at once on disk."""
        with self._records.open("a", encoding="utf-8") as file:
            file.write(record.to_line())

    def rewrite(self, kept: Mapping[Key, Record]) -> None:
        """Put all records down again, whole and in order."""
        lines = (kept[key].to_line() for key in sorted(kept))
        self.write(RECORDS_FILE, "".join(lines))

    def write(self, name: str, text: str) -> Path:
        """Write a file of results whole."""
        part = self.folder / f"{name}.part"
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        return part.replace(self.folder / name)

    def _begin(self) -> None:
        self.write(RUN_FILE, json.dumps(self._identity, indent=2) + "\n")
        self._records.write_text("", encoding="utf-8")

    def _check_identity(self) -> None:
        try:
            text = (self.folder / RUN_FILE).read_text(encoding="utf-8")
            other = json.loads(text)
        except (OSError, ValueError):
            other = None
        if other != self._identity:
            raise RunFolderError(
                f"The records in {self.folder} are of another pipeline, model or "
                f"seed ({other} instead of {self._identity}). Start over with "
                "--replace, or give another --output."
            )
