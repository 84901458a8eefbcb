"""Writes a stored localizer's card again: figures of evaluations, failed pictures."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.analysis.localizer import LocalizerAnalyzer
from forensics.analysis.localizer_network import ENGINE
from forensics.analysis.manifest import ModelKind
from forensics.analysis.model_store import open_model
from forensics.training.benchmark.cases import read_cases
from forensics.training.errors import PublicationError
from forensics.training.localizer_card import (
    Evaluation,
    Failure,
    Failures,
    render_localizer_card,
)
from forensics.training.localizer_failures import panels, worst_failures
from forensics.training.localizer_release import MAX_BYTES, refuse_absolute_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forensics.analysis.model_store import StoredModel
    from forensics.training.progress import Progress

CARD = "card.md"
FAILURES = "failures"
EVALUATION = "evaluation.json"
RESULTS = "results.json"
MAX_RESULTS_BYTES = 64 * 1024 * 1024
# Curves and lists that a card has no place for.
_LEFT_OUT = frozenset({"roc", "reliability", "histogram", "worst", "refused"})


@dataclass(frozen=True, slots=True)
class FailureRequest:
    """Where to look for failures, how many to show, and the pictures' terms."""

    pictures: Path
    terms: str
    most: int


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What ``manage.py model_card`` was asked for."""

    store: Path
    name: str
    version: str | None
    results: Sequence[Path]
    failures: FailureRequest | None
    command: str


def write_card(request: CardRequest, *, progress: Progress) -> Path:
    """Measure nothing anew: put together what is known, and write the card.

    Beside it go ``evaluation.json``, the figures it shows, and ``failures/``.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    PublicationError
        Where results are unreadable or of another model, or pictures not free.
    ModelError
        Where there is no such localizer.
    """
    model = open_model(request.store, request.name, version=request.version)
    if model.manifest.kind is not ModelKind.LOCALIZER:
        raise PublicationError(
            f"{request.name} is of the kind {model.manifest.kind}: its training "
            "command writes its card."
        )
    evaluations = [_evaluation(folder, model) for folder in request.results]
    with tempfile.TemporaryDirectory(dir=model.folder, suffix=".part") as name:
        part = Path(name)
        failures = _failures(request, model, part, progress)
        card = render_localizer_card(
            model.manifest.document, evaluations=evaluations, failures=failures
        )
        (part / CARD).write_text(card, encoding="utf-8")
        figures = [{"command": e.command, "results": e.results} for e in evaluations]
        text = json.dumps(figures, indent=1, allow_nan=False) + "\n"
        (part / EVALUATION).write_text(text, encoding="utf-8")
        _swap_in(part, model)
    return model.folder / CARD


def _evaluation(folder: Path, model: StoredModel) -> Evaluation:
    results = _json(folder / RESULTS)
    _refuse_other_model(results, folder, model)
    command = results.get("command")
    kept = _slim({k: v for k, v in results.items() if k in _SHOWN})
    evaluation = Evaluation(command if isinstance(command, str) else "", kept)
    refuse_absolute_paths([evaluation.command, kept])
    return evaluation


_SHOWN = frozenset(
    {"schema_version", "created", "pipeline", "models", "sets", "leaks", "excluded"}
)


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_RESULTS_BYTES:
            raise PublicationError(f"{file} is over {MAX_RESULTS_BYTES:,} bytes.")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PublicationError(
            f"{file} cannot be read ({type(error).__name__}). Give the folder that "
            "evaluate_model wrote."
        ) from error
    if not isinstance(found, dict):
        raise PublicationError(f"{file}: Expected an object.")
    return found


def _refuse_other_model(
    results: dict[str, Any], folder: Path, model: StoredModel
) -> None:
    """Where the run says which models took part, this one must be among them."""
    named = results.get("models")
    if not isinstance(named, list):
        return
    used = {
        tuple(str(entry.get(key)) for key in ("name", "version", "sha256"))
        for entry in named
        if isinstance(entry, dict)
    }
    own = (model.manifest.name, model.manifest.version, *_digests(model))
    if own not in used:
        raise PublicationError(
            f"{folder.name} was measured with {sorted(used)}, not with {own}. Weights "
            "of the same version that were trained again have another SHA-256."
        )


def _digests(model: StoredModel) -> Iterator[str]:
    """SHA-256 of the weights that the pipeline runs, as `evaluate_model` names it."""
    return (f.sha256 for f in model.manifest.files if f.role == ENGINE)


def _slim(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _slim(v) for k, v in value.items() if k not in _LEFT_OUT}
    return [_slim(item) for item in value] if isinstance(value, list) else value


def _failures(
    request: CardRequest, model: StoredModel, part: Path, progress: Progress
) -> Failures | None:
    asked = request.failures
    if asked is None:
        return None
    manifest = model.manifest
    pinned = f"{manifest.name}@{manifest.version}"
    analyzer = LocalizerAnalyzer(request.store, pinned)
    cases = read_cases(asked.pictures.name, asked.pictures)
    found = worst_failures(analyzer, cases, most=asked.most, progress=progress)
    (part / FAILURES).mkdir()
    shown = []
    for number, failure in enumerate(found, start=1):
        drawn = panels(analyzer, failure)
        file = f"{FAILURES}/{number:02d}.webp"
        (part / file).write_bytes(drawn.data)
        shown.append(Failure(file, drawn.words))
    fakes = sum(case.is_fake for case in cases)
    searched = f"{len(cases)} pictures ({fakes} tampered, {len(cases) - fakes} not)"
    return Failures(tuple(shown), searched, asked.terms, request.command)


def _swap_in(part: Path, model: StoredModel) -> None:
    """Put the new files in place of the old; old failures go, they have no card."""
    old = sum(f.stat().st_size for f in model.folder.glob("*") if f.is_file())
    new = sum(f.stat().st_size for f in part.rglob("*") if f.is_file())
    if old + new > MAX_BYTES:
        raise PublicationError(
            f"With its card the version takes {old + new:,} bytes; at most "
            f"{MAX_BYTES:,} are shipped. Ask for fewer failures."
        )
    shutil.rmtree(model.folder / FAILURES, ignore_errors=True)
    for child in part.iterdir():
        child.replace(model.folder / child.name)
