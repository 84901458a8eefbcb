"""Records to figures: by set, protocol, target and kind of forgery."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.types import Verdict
from forensics.training.benchmark.figures import Resamples
from forensics.training.benchmark.localization import (
    SHIPPED_THRESHOLD,
    THRESHOLDS,
    Counts,
)
from forensics.training.benchmark.records import VERDICT, Record
from forensics.training.benchmark.scorers import Scored, scored, targets_of
from forensics.training.protocols import ProtocolKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from forensics.analysis.types import Json
    from forensics.training.benchmark.figures import Marks, Values

POOLED = "all sets together"
_WORST = 10


def summarize(
    records: Sequence[Record], *, targets: Sequence[str] | None, seed: int
) -> dict[str, Json]:
    """Compute all figures.

    Parameters
    ----------
    records : sequence of Record
        In any order.
    targets : sequence of str or None
        What to report on; None is everything there is.
    seed : int
        Of resampling and halving.

    Returns
    -------
    dict
        ``{set: {"protocols": {protocol: {...}}, ...}}``, with `POOLED` as a further
        set where there are several.
    """
    ordered = sorted(records, key=lambda record: record.key)
    names = list(dict.fromkeys(record.set_name for record in ordered))
    parts = {n: [r for r in ordered if r.set_name == n] for n in names}
    if len(parts) > 1:
        parts[POOLED] = ordered
    return {name: _of_set(part, targets, seed) for name, part in parts.items()}


def _of_set(
    records: Sequence[Record], targets: Sequence[str] | None, seed: int
) -> dict[str, Json]:
    pictures = {(r.set_name, r.file): r for r in records}.values()
    by_protocol = {
        kind.value: [r for r in records if r.protocol == kind.value]
        for kind in ProtocolKind
    }
    return {
        "pictures": len(pictures),
        "sources": len({r.source for r in pictures}),
        "kinds": dict(sorted(Counter(r.kind for r in pictures).items())),
        "masks": dict(sorted(Counter(r.mask for r in pictures if r.is_fake).items())),
        "protocols": {
            name: _of_protocol(part, targets, seed)
            for name, part in by_protocol.items()
            if part
        },
    }


def _of_protocol(
    records: Sequence[Record], targets: Sequence[str] | None, seed: int
) -> dict[str, Json]:
    good = [record for record in records if record.refused is None]
    refused = [r for r in records if r.refused is not None]
    fakes = sum(record.is_fake for record in good)
    refused_fakes = sum(record.is_fake for record in refused)
    result: dict[str, Json] = {
        "n": {"fake": fakes, "authentic": len(good) - fakes},
        "refused_by_class": {
            "fake": refused_fakes,
            "authentic": len(refused) - refused_fakes,
        },
        "refused": {f"{r.set_name}/{r.file}": r.refused for r in refused},
    }
    if good:
        result["seconds"] = _seconds(good)
        result["targets"] = _of_targets(good, targets, seed)
    return result


def _of_targets(
    records: Sequence[Record], targets: Sequence[str] | None, seed: int
) -> dict[str, Json]:
    whole = Resamples(np.array([r.is_fake for r in records]), seed)
    kinds = _kinds(records, whole)
    figures: dict[str, Json] = {}
    for target in targets_of(records):
        if targets is not None and target not in targets:
            continue
        found = scored(target, records, seed=seed)
        if found is not None:
            own = _of_target(target, records, found, whole)
            own["kinds"] = _by_kind(found, kinds)
            figures[target] = own
    return figures


def _of_target(
    target: str, records: Sequence[Record], found: Scored, whole: Resamples
) -> dict[str, Json]:
    result: dict[str, Json] = {
        "not_applicable": found.not_applicable,
        "failed": found.failed,
        "silent": found.silent,
        **_scores_figures(whole, found.scores, found.called),
    }
    if target == VERDICT:
        result |= _verdict_figures(records, found, whole)
    places = _localization(target, records, whole.seed)
    if places:
        result["localization"] = places
    return result | _worst(records, found)


def _scores_figures(
    whole: Resamples, scores: Values, called: Marks | None
) -> dict[str, Json]:
    figures: dict[str, Json] = {}
    if whole.has_both_classes:
        figures["auc"] = whole.area_under_curve(scores).to_json()
        figures["recall_at_5_percent"] = whole.recall_at(scores).to_json()
        if called is not None:
            figures["balanced_accuracy"] = whole.balanced_accuracy(called).to_json()
        figures["roc"] = [[round(v, 4) for v in point] for point in whole.roc(scores)]
    if called is not None:
        figures |= _shares_called(whole, called, fakes="recall", others="false_alarms")
    return figures


def _shares_called(
    whole: Resamples, called: Marks, *, fakes: str, others: str
) -> dict[str, Json]:
    shares: dict[str, Json] = {}
    if whole.truth.any():
        shares[fakes] = whole.share_called(called, of_fakes=True).to_json()
    if not whole.truth.all():
        shares[others] = whole.share_called(called, of_fakes=False).to_json()
    return shares


def _verdict_figures(
    records: Sequence[Record], found: Scored, whole: Resamples
) -> dict[str, Json]:
    fake = np.array([r.verdict == Verdict.FAKE.value for r in records])
    figures = _shares_called(
        whole, fake, fakes="recall_fake", others="false_alarms_fake"
    )
    figures["bands"] = {
        name: dict(sorted(Counter(str(r.verdict) for r in part).items()))
        for name, part in (
            ("fake", [r for r in records if r.is_fake]),
            ("authentic", [r for r in records if not r.is_fake]),
        )
    }
    if whole.has_both_classes:
        figures["ece"] = whole.calibration_error(found.scores).to_json()
        figures["reliability"] = [
            {**asdict(entry), "fakes": entry.fakes.to_json()}
            for entry in whole.reliability(found.scores)
        ]
    figures["histogram"] = {
        name: np.histogram(found.scores[part], bins=20, range=(0, 1))[0].tolist()
        for name, part in (("fake", whole.truth), ("authentic", ~whole.truth))
    }
    return figures


def _kinds(
    records: Sequence[Record], whole: Resamples
) -> dict[str, tuple[Marks, Resamples]]:
    """Set each kind of forgery against all authentic pictures, where there are more.

    The draws are made once for all targets.
    """
    kinds = np.array([record.kind for record in records])
    named = sorted(set(kinds[whole.truth].tolist()))
    if len(named) < 2 or not whole.has_both_classes:
        return {}
    parts = {kind: ~whole.truth | (kinds == kind) for kind in named}
    return {
        kind: (part, Resamples(whole.truth[part], whole.seed))
        for kind, part in parts.items()
    }


def _by_kind(
    found: Scored, kinds: Mapping[str, tuple[Marks, Resamples]]
) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for kind, (part, own) in kinds.items():
        called = None if found.called is None else found.called[part]
        figures = _scores_figures(own, found.scores[part], called)
        result[kind] = {
            "n": int(own.truth.sum()),
            **{k: v for k, v in figures.items() if k not in {"roc", "false_alarms"}},
        }
    return result


def _localization(target: str, records: Sequence[Record], seed: int) -> dict[str, Json]:
    if not any(target in record.localization for record in records):
        return {}
    masked = [r for r in records if r.is_fake and r.mask == "found"]
    untouched = [r for r in records if not r.is_fake]
    result: dict[str, Json] = {"threshold": SHIPPED_THRESHOLD}
    if masked:
        result |= _overlap(target, masked, seed)
        kinds = sorted({r.kind for r in masked})
        if len(kinds) > 1:
            result["kinds"] = {
                kind: _overlap(target, [r for r in masked if r.kind == kind], seed)
                for kind in kinds
            }
    if untouched:
        counts = [_counts(target, r) for r in untouched]
        share = [
            c.marked[THRESHOLDS.index(SHIPPED_THRESHOLD)] / c.pixels for c in counts
        ]
        result["marked_untouched"] = _mean(share, seed)
    return result


def _counts(target: str, record: Record) -> Counts:
    """Count what is not marked as nothing marked, not as nothing asked."""
    none = (0,) * len(THRESHOLDS)
    nothing = Counts(record.width * record.height, record.masked, none, none, 0)
    return record.localization.get(target, nothing)


def _overlap(target: str, records: Sequence[Record], seed: int) -> dict[str, Json]:
    counts = [_counts(target, record) for record in records]
    means = [np.mean([c.f1(i) for c in counts]) for i in range(len(THRESHOLDS))]
    best = int(np.argmax(means))
    return {
        "n": len(counts),
        "f1": _mean([c.f1() for c in counts], seed),
        "iou": _mean([c.iou() for c in counts], seed),
        "region_f1": _mean([c.region_f1() for c in counts], seed),
        "best_threshold": THRESHOLDS[best],
        "best_f1": _mean([c.f1(best) for c in counts], seed),
        "best_iou": _mean([c.iou(best) for c in counts], seed),
    }


def _mean(values: Sequence[float], seed: int) -> dict[str, float]:
    one_class = np.zeros(len(values), dtype=np.bool_)
    return Resamples(one_class, seed).mean(np.array(values)).to_json()


def _worst(records: Sequence[Record], found: Scored) -> dict[str, Json]:
    """Name the authentic pictures scored highest, and the fakes scored lowest."""
    order = np.argsort(found.scores, kind="stable").tolist()
    alarms = [i for i in reversed(order) if not records[i].is_fake][:_WORST]
    misses = [i for i in order if records[i].is_fake][:_WORST]

    def row(index: int) -> dict[str, Json]:
        record = records[index]
        return {
            "set": record.set_name,
            "file": record.file,
            "kind": record.kind,
            "score": round(float(found.scores[index]), 4),
            "verdict": record.verdict,
        }

    return {
        "worst": {
            "false_alarms": [row(i) for i in alarms],
            "misses": [row(i) for i in misses],
        }
    }


def _seconds(records: Sequence[Record]) -> dict[str, Json]:
    """Time a picture and a megapixel took, and what of it each analyzer had."""
    seconds = np.array([record.seconds for record in records])
    megapixels = np.array([r.width * r.height / 1e6 for r in records])
    analyzers = dict.fromkeys(name for r in records for name in r.findings)
    spent: dict[str, Callable[[Values], float]] = {
        "mean": lambda values: float(np.mean(values)),
        "median": lambda values: float(np.median(values)),
        "percentile_95": lambda values: float(np.quantile(values, 0.95)),
    }
    result: dict[str, Json] = {n: round(f(seconds), 4) for n, f in spent.items()}
    result["mean_megapixels"] = round(float(megapixels.mean()), 3)
    result["per_megapixel"] = round(float(seconds.sum() / megapixels.sum()), 4)
    result["by_analyzer"] = {
        name: round(_mean_seconds(records, name), 4) for name in analyzers
    }
    return result


def _mean_seconds(records: Sequence[Record], name: str) -> float:
    times = [r.findings[name].milliseconds for r in records if name in r.findings]
    return float(np.mean(times)) / 1000.0
