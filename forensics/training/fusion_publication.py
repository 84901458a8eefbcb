"""Writes a calibration of the fusion into the model store, with what was measured."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.fusion_model import (
    FUSION_NAME,
    KIND,
    SCHEMA_VERSION,
    parse_fusion,
)
from forensics.analysis.model_errors import ModelExistsError
from forensics.analysis.model_store import (
    MANIFEST_NAME,
    Version,
    file_entry,
    swap_in,
)
from forensics.training.benchmark.figures import Interval, Resamples, exact_share
from forensics.training.benchmark.leaks import HASHES_FILE, HASHES_ROLE
from forensics.training.fusion import FAKE, FOLDS, SUSPICIOUS, masses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forensics.analysis.types import Json
    from forensics.training.fusion import Calibrated
    from forensics.training.fusion_sheet import Marks, Sheet

LEAST_QUALITY = 50
_RESAMPLES = 500
_RESEARCH = "For research only: records of data with such terms took part."
_FREE = "Rests on freely usable pictures only."


@dataclass(frozen=True, slots=True)
class Story:
    """Where a calibration comes from; goes to its manifest and card."""

    version: str
    created: str
    command: str
    records: tuple[str, ...]
    fitted_to: tuple[str, ...]
    seed: int
    research_only: bool


def publish_fusion(
    store: Path, story: Story, found: Calibrated, *, replace: bool = False
) -> Path:
    """Write the version whole or not at all; return its folder.

    Raises
    ------
    ModelExistsError
        Where the version is there and ``replace`` is not set.
    """
    hashes = "".join(f"{line}\n" for line in found.sheet.known).encode()
    entry = file_entry(hashes, role=HASHES_ROLE, required=False)
    document = {**manifest_document(story, found), "files": {HASHES_FILE: entry}}
    text = json.dumps(document, indent=1, allow_nan=False).encode() + b"\n"
    parse_fusion(text, where="the new manifest")
    target = store / FUSION_NAME / str(Version.parse(story.version))
    if target.exists() and not replace:
        raise ModelExistsError(
            f"{target} exists. Give another version, or ask to replace it."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(
        tempfile.mkdtemp(prefix=f"{story.version}-", suffix=".part", dir=target.parent)
    )
    try:
        (part / MANIFEST_NAME).write_bytes(text)
        (part / HASHES_FILE).write_bytes(hashes)
        (part / "card.md").write_text(render_card(document), encoding="utf-8")
        part.chmod(0o755)
        swap_in(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def manifest_document(story: Story, found: Calibrated) -> dict[str, Json]:
    """Compose the manifest; everything in it was given or measured."""
    sheet = found.sheet
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "name": FUSION_NAME,
        "version": story.version,
        "created": story.created,
        "command": story.command,
        "training": {
            "research_only": story.research_only,
            "terms": _RESEARCH if story.research_only else _FREE,
            "records": list(story.records),
            "fitted_to": list(story.fitted_to),
            "sets": _sets(sheet),
            "seed": story.seed,
            "folds": FOLDS,
        },
        "signals": {
            name: {
                "raw": list(one.raw),
                "log_odds": [round(value, 4) for value in one.log_odds],
                "weight": round(one.weight, 4),
                "offset": round(one.offset, 4),
                "version": one.version,
            }
            for name, one in found.signals.items()
        },
        "bands": asdict(found.bands),
        "floor": round(found.floor, 4),
        "ceiling": round(found.ceiling, 4),
        "least_quality": LEAST_QUALITY,
        "untouched": {
            "pictures": found.pictures,
            "shares": list(found.shares),
            "uppers": list(found.uppers),
        },
        "promises": {"suspicious": asdict(SUSPICIOUS), "fake": asdict(FAKE)},
        "figures": figures(found, seed=story.seed),
    }


def _sets(sheet: Sheet) -> dict[str, Json]:
    pairs = zip(sheet.sets, sheet.truth.tolist(), sheet.pictures.tolist(), strict=True)
    counts = Counter((name, is_fake) for name, is_fake, _ in set(pairs))
    return {
        name: {"fake": counts[name, True], "authentic": counts[name, False]}
        for name in sorted(set(sheet.sets))
    }


def figures(found: Calibrated, *, seed: int) -> dict[str, Json]:
    """Measure the out-of-fold scores, by protocol, with 95 % intervals."""
    protocols = np.array(found.sheet.protocols)
    return {
        str(protocol): _figures(found, protocols == protocol, seed=seed)
        for protocol in np.unique(protocols)
    }


def _figures(found: Calibrated, rows: Marks, *, seed: int) -> dict[str, Json]:
    sheet, truth, scores = found.sheet, found.sheet.truth[rows], found.scores[rows]
    untouched = sheet.is_untouched[rows]
    result: dict[str, Json] = {
        "n": {"fake": int(truth.sum()), "authentic": int((~truth).sum())},
        "untouched": int(untouched.sum()),
        "sources": len(np.unique(sheet.groups[rows][untouched])),
    }
    if found.crossed is not None:
        for name, called in vars(found.crossed).items():
            if called is not None:
                hits = called[rows] & untouched
                result[f"untouched_{name}"] = _share(
                    hits, untouched, sheet.groups[rows]
                )
    draws = Resamples(truth, seed, _RESAMPLES)
    if not draws.has_both_classes:
        return result
    result["auc"] = dict(draws.area_under_curve(scores).to_json())
    result["recall_at_5_percent"] = dict(draws.recall_at(scores).to_json())
    result["calibration_error"] = dict(draws.calibration_error(scores).to_json())
    result["kinds"] = {**_by_kind(found, rows, seed=seed)}
    for name, column in zip(sheet.signals, sheet.raw[rows].T, strict=True):
        known = ~np.isnan(column)
        ours = Resamples(truth[known], seed, _RESAMPLES)
        if ours.has_both_classes:
            result[f"auc_{name}"] = dict(ours.area_under_curve(column[known]).to_json())
    return result


def _share(called: Marks, untouched: Marks, groups: NDArray[np.intp]) -> Json:
    """Mean over the sources; the interval is that of whole sources called or not."""
    if not untouched.any():
        return None
    weights, count = masses(groups[untouched])
    hits = float(weights[called[untouched]].sum())
    low = exact_share(math.floor(hits + 1e-9), count).low
    high = exact_share(math.ceil(hits - 1e-9), count).high
    return dict(Interval(hits / count, low, high).to_json())


def _by_kind(
    found: Calibrated, rows: Marks, *, seed: int
) -> dict[str, dict[str, float]]:
    """AUC of the out-of-fold score of each kind, against all authentic pictures."""
    kinds = np.array(found.sheet.kinds)[rows]
    truth, scores = found.sheet.truth[rows], found.scores[rows]
    result = {}
    for kind in np.unique(kinds[truth]):
        ours = ~truth | (kinds == kind)
        draws = Resamples(truth[ours], seed, _RESAMPLES)
        if draws.has_both_classes:
            result[str(kind)] = draws.area_under_curve(scores[ours]).to_json()
    return result


def render_card(document: Mapping[str, Json]) -> str:
    """Write the card: what it is, what it rests on, what was measured."""
    training, bands = document["training"], document["bands"]
    assert isinstance(training, dict)  # noqa: S101 - manifest_document made it
    assert isinstance(bands, dict)  # noqa: S101 - the same
    return "\n".join(
        [
            f"# Fusion {document['version']}",
            "",
            "Turns the pixel signals' raw numbers into one calibrated score at an even "
            "prior: a monotone map a signal, non-negative weights, and the bands. See "
            "`docs/signals.md`, *Fusion*.",
            "",
            f"**Terms.** {training['terms']}",
            "",
            f"**Bands.** inconclusive from {bands['inconclusive']:.3f}, suspicious "
            f"from {bands['suspicious']:.3f}, fake from {bands['fake']:.3f}.",
            "",
            "Out-of-fold, folds by source picture; 95 % intervals in brackets. The "
            "shares of untouched pictures called are means over the sources, by bands "
            "that the other folds alone have set, and their intervals those of the "
            "sources; in the others pictures count as independent.",
            "",
            *_table(document["figures"]),
            "",
            "AUC by kind of forgery, against all authentic pictures:",
            "",
            *_kinds_table(document["figures"]),
            "",
            "**Pictures:** "
            + "; ".join(
                f"{name} {n['fake']} tampered, {n['authentic']} authentic"
                for name, n in training["sets"].items()
            )
            + ".",
            "",
            "```sh",
            str(document["command"]),
            "```",
            "",
        ]
    )


def _table(measured: Json) -> list[str]:
    assert isinstance(measured, dict)  # noqa: S101 - the caller made it
    names = list(dict.fromkeys(name for row in measured.values() for name in row))
    names = [name for name in names if name not in {"n", "kinds"}]
    heads = [name.replace("_", " ") for name in names]
    lines = [f"| protocol | n | {' | '.join(heads)} |", "|---" * (len(names) + 2) + "|"]
    for protocol, row in measured.items():
        count = f"{row['n']['fake']} + {row['n']['authentic']}"
        cells = [_cell(row.get(name)) for name in names]
        lines.append(f"| {protocol} | {count} | {' | '.join(cells)} |")
    return lines


def _kinds_table(measured: Json) -> list[str]:
    assert isinstance(measured, dict)  # noqa: S101 - the caller made it
    kinds = sorted({kind for row in measured.values() for kind in row.get("kinds", {})})
    lines = [f"| kind | {' | '.join(measured)} |", "|---" * (len(measured) + 1) + "|"]
    for kind in kinds:
        cells = [_cell(row.get("kinds", {}).get(kind)) for row in measured.values()]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def _cell(value: Json) -> str:
    if isinstance(value, dict):
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    return "-" if value is None else str(value)
