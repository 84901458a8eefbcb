"""Decided cases as a data set that the training commands read as they are."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forensics.exceptions import StorageError
from forensics.files import read_bytes
from moderation.exceptions import ModerationError
from moderation.models import CaseKind, Decision, Outcome
from moderation.services.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from django.db.models import QuerySet

FORMAT = "pixelwarden-decisions-1"
MARKER = "export.json"
FOLDERS = {Outcome.AUTHENTIC.value: "authentic", Outcome.FAKE.value: "tampered"}
OWN_NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,5}")
# What the training commands open; other formats are exported for other tools.
READ_BY_TRAINING = frozenset({".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".png"})
COLUMNS = (
    "name",
    "sha256",
    "outcome",
    "kind",
    "decided_at",
    "machine_verdict",
    "machine_score",
    "pipeline_version",
    "queue",
    "case",
    "decision",
    "models",
)


class ExportError(ModerationError):
    """The folder cannot be used."""

    code = "export_refused"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which decisions to export. Empty: all of them."""

    since: date | None = None
    until: date | None = None
    queue: str = ""
    outcome: str = ""
    only_wrong: bool = False
    organization: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as the marker and the record keep it."""
        whose = {"organization": self.organization} if self.organization else {}
        return whose | {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "queue": self.queue,
            "outcome": self.outcome,
            "only_wrong": self.only_wrong,
        }

    def holds(self, decision: Decision) -> bool:
        """Return whether this decision was asked for."""
        day = timezone.localtime(decision.created_at).date()
        return (
            (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
            and (not self.queue or decision.case.queue.slug == self.queue)
            and (not self.outcome or decision.outcome == self.outcome)
            and (not self.only_wrong or is_against_the_detector(decision))
        )


@dataclass(slots=True)
class Summary:
    """What was done with the decisions that were asked for."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)


def is_against_the_detector(decision: Decision) -> bool:
    """Return whether the detector said the opposite; *inconclusive* says nothing."""
    return (decision.machine_verdict, decision.outcome) in {
        ("suspicious", Outcome.AUTHENTIC),
        ("fake", Outcome.AUTHENTIC),
        ("authentic", Outcome.FAKE),
    }


def export_decisions(
    *,
    folder: Path,
    choice: Choice,
    shown: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, _total: items,
) -> Summary:
    """Write originals under their hash, by what people decided, and a manifest.

    Of each picture the newest decision in force counts, of a regular case and made by
    a person: a policy only repeats the detector. *Cannot tell* is counted and left
    out. Run again into the same folder with the same choice, it goes on, and takes
    away what no longer holds.

    Raises
    ------
    ExportError
        The folder holds something else, or an export of another choice.
    """
    _prepare(folder, choice)
    summary, kept = Summary(), set[str]()
    decisions = _standing(choice)
    with _Manifest(folder) as manifest:
        for decision in shown(_one_each(decisions), decisions.count()):
            if choice.holds(decision):
                name = _export(folder, decision, summary)
                if name:
                    manifest.add(_entry(name, decision))
                    kept.add(name)
    summary.counts["taken_away"] = _take_away(folder, kept)
    with transaction.atomic():
        record(
            "decisions_exported",
            actor=None,
            choice=choice.as_json(),
            counts=dict(summary.counts),
            lost=len(summary.lost),
        )
    return summary


def _export(folder: Path, decision: Decision, summary: Summary) -> str:
    """Put one picture where it belongs; return its name, or nothing."""
    if decision.outcome not in FOLDERS:
        summary.counts["cannot_tell"] += 1
        return ""
    name = _name(decision)
    problem = _put(folder / name, decision)
    if problem:
        summary.lost.append(f"{name}: {problem}")
        return ""
    summary.counts[FOLDERS[decision.outcome]] += 1
    if PurePosixPath(name).suffix not in READ_BY_TRAINING:
        summary.counts["not_read_by_training"] += 1
    return name


class _Manifest:
    """Two lists of the same pictures, written as they come, in place once whole."""

    def __init__(self, folder: Path) -> None:
        self._names = [folder / "manifest.jsonl", folder / "manifest.csv"]
        self._parts = [name.with_name(name.name + ".part") for name in self._names]

    def __enter__(self) -> Self:
        lines, table = (
            part.open("w", encoding="utf-8", newline="") for part in self._parts
        )
        self._lines, self._table = lines, table
        self._writer = csv.DictWriter(table, COLUMNS)
        self._writer.writeheader()
        return self

    def add(self, entry: dict[str, Any]) -> None:
        """Note one picture."""
        self._lines.write(json.dumps(entry, sort_keys=True) + "\n")
        self._writer.writerow(entry | {"models": "; ".join(entry["models"])})

    def __exit__(self, kind: object, *_rest: object) -> None:
        self._lines.close()
        self._table.close()
        if kind is None:
            for part, name in zip(self._parts, self._names, strict=True):
                part.replace(name)


def _standing(choice: Choice) -> QuerySet[Decision]:
    decisions = Decision.objects.all()
    if choice.organization:
        decisions = decisions.filter(organization__name=choice.organization)
    return (
        decisions.filter(
            withdrawn_at__isnull=True,
            final_at__lte=timezone.now(),
            is_automatic=False,
            case__kind=CaseKind.REGULAR,
        )
        .select_related("case__image", "case__queue", "analysis")
        .defer("analysis__reasons", "analysis__known_matches", "analysis__codecs")
        .order_by("image_sha256", "-created_at", "-id")
    )


def _one_each(decisions: QuerySet[Decision]) -> Iterator[Decision]:
    every = decisions.iterator(chunk_size=1000)
    for _sha256, group in groupby(every, key=lambda one: one.image_sha256):
        yield next(group)


def _prepare(folder: Path, choice: Choice) -> None:
    """Make sure that the folder is new, empty, or an export of the same choice."""
    wanted = {"format": FORMAT, "choice": choice.as_json()}
    marker = folder / MARKER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if marker.is_file():
            if json.loads(marker.read_text(encoding="utf-8")) != wanted:
                raise ExportError(
                    _(
                        "%(folder)s holds an export of another choice. Name another "
                        "folder, or choose the same as then."
                    )
                    % {"folder": folder}
                )
        elif any(folder.iterdir()):
            raise ExportError(
                _(
                    "%(folder)s is not empty and no export of decisions. Name an "
                    "empty or a new folder."
                )
                % {"folder": folder}
            )
        for name in FOLDERS.values():
            (folder / name).mkdir(exist_ok=True)
        _write(marker, json.dumps(wanted, indent=1) + "\n")
    except (OSError, ValueError) as error:
        raise ExportError(
            _("%(folder)s cannot be used: %(error)s")
            % {"folder": folder, "error": error}
        ) from error


def _name(decision: Decision) -> str:
    suffix = PurePosixPath(str(decision.case.image.original.name)).suffix.lower()
    return f"{FOLDERS[decision.outcome]}/{decision.image_sha256}{suffix}"


def _put(path: Path, decision: Decision) -> str:
    """Write the original unless it is there whole; return what was wrong."""
    if path.is_file() and _hash(path.read_bytes()) == decision.image_sha256:
        return ""
    try:
        data = read_bytes(str(decision.case.image.original.name))
    except StorageError as error:
        return str(error)
    if _hash(data) != decision.image_sha256:
        return _("The stored file is not what was decided about.")
    _write(path, data)
    return ""


def _take_away(folder: Path, kept: set[str]) -> int:
    """Remove an earlier run's pictures that are no longer asked for, and only those."""
    count = 0
    for part in FOLDERS.values():
        for path in (folder / part).iterdir():
            is_ours = OWN_NAME.fullmatch(path.name) or path.name.endswith(".part")
            if is_ours and f"{part}/{path.name}" not in kept:
                path.unlink()
                count += 1
    return count


def _entry(name: str, decision: Decision) -> dict[str, Any]:
    """Return what is known, none of it a stranger's words or a person's name.

    Name and kind are what ``evaluate_model`` looks for.
    """
    analysis = decision.analysis
    return {
        "name": name,
        "sha256": decision.image_sha256,
        "outcome": decision.outcome,
        "kind": decision.reason,
        "decided_at": _moment(decision.created_at),
        "machine_verdict": decision.machine_verdict,
        "machine_score": decision.machine_score,
        "pipeline_version": analysis.pipeline_version if analysis else "",
        "queue": decision.case.queue.slug,
        "case": str(decision.case_id),
        "decision": str(decision.pk),
        "models": [
            f"{used.get('name', '')} {used.get('version', '')}".strip()
            for used in (analysis.models_used if analysis else [])
        ],
    }


def _write(path: Path, content: str | bytes) -> None:
    """Write beside and rename: a name holds all of a file, or nothing."""
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
