"""A report as one JSON object a line, or as lines for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    ModelRef,
    Reason,
    Report,
    Uncertainty,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def report_to_json(report: Report, path: str) -> dict[str, Json]:
    """Return the report's line; every number in it is finite."""
    return {
        "path": path,
        "sha256": report.sha256,
        "format": report.format,
        "width": report.width,
        "height": report.height,
        "verdict": report.verdict.value,
        "score": round(report.score, 4),
        "signals": [_signal(finding) for finding in report.findings],
        "models": models_to_json(report.models),
        "uncertainty": uncertainty_to_json(report.uncertainty) or None,
        "pipeline_version": report.pipeline_version,
        "elapsed_ms": round(report.elapsed_ms, 1),
    }


def models_to_json(models: Iterable[ModelRef]) -> list[dict[str, Json]]:
    """Return the weights that took part, as they are stored and reported."""
    return [
        {
            "name": model.name,
            "version": model.version,
            "sha256": model.sha256,
            "engine": model.engine,
            "research_only": model.research_only,
            "terms": model.terms,
        }
        for model in models
    ]


def reasons_to_json(reasons: Iterable[Reason]) -> list[dict[str, Json]]:
    """Return a verdict's reasons, as they are stored and reported."""
    return [
        {"code": reason.code, "text": reason.text, "weight": reason.weight}
        for reason in reasons
    ]


def uncertainty_to_json(uncertainty: Uncertainty | None) -> dict[str, Json]:
    """Return what a score is worth, as it is stored and served; empty where unknown."""
    if uncertainty is None:
        return {}
    inconclusive, suspicious, fake = uncertainty.bands
    untouched, stability = uncertainty.untouched, uncertainty.stability
    return {
        "bands": {
            "inconclusive": round(inconclusive, 4),
            "suspicious": round(suspicious, 4),
            "fake": round(fake, 4),
        },
        "untouched": None
        if untouched is None
        else {
            "score": round(untouched.score, 4),
            "share": untouched.share,
            "upper": untouched.upper,
            "pictures": untouched.pictures,
        },
        "stability": None
        if stability is None
        else {
            "low": round(stability.low, 4),
            "high": round(stability.high, 4),
            "variants": {k: round(v, 4) for k, v in stability.variants.items()},
        },
    }


def rejection_to_json(code: str, detail: str, path: str) -> dict[str, Json]:
    """Return the line of an input that could not be analyzed."""
    return {"path": path, "error": {"code": code, "detail": detail}}


def _signal(finding: Finding) -> dict[str, Json]:
    score = finding.score
    is_finite = score is not None and math.isfinite(score)
    return {
        "name": finding.analyzer,
        "status": finding.status.value,
        "score": round(score, 4) if score is not None and is_finite else None,
        "summary": finding.summary,
        "codes": list(finding.codes),
    }


def report_to_lines(report: Report, path: str) -> Iterator[str]:
    """Yield the report in words, for a terminal."""
    yield path
    yield f"  {report.verdict.value.upper()}  {report.score:.0%}"
    yield f"  {report.format}, {report.width:,} x {report.height:,} px"
    yield f"  sha256 {report.sha256}"
    for reason in report.reasons:
        yield f"  {_sign(reason.weight)} {reason.text}"
    for finding in report.findings:
        yield f"  [{finding.analyzer}] {_state(finding)}{finding.summary}"
    if report.uncertainty is not None:
        yield from _measured(report.uncertainty)
    for model in report.models:
        mark = " RESEARCH ONLY" if model.research_only else ""
        terms = f": {model.terms}" if model.terms else ""
        yield f"  model {model.name} {model.version}{mark}{terms}"
    yield f"  pipeline {report.pipeline_version}, {report.elapsed_ms:,.0f} ms"


def rejection_to_lines(code: str, detail: str, path: str) -> Iterator[str]:
    """Yield the refusal in words, for a terminal."""
    yield path
    yield f"  NOT ANALYZED  {code}"
    yield f"  {detail}"


def _measured(uncertainty: Uncertainty) -> Iterator[str]:
    untouched, stability = uncertainty.untouched, uncertainty.stability
    if untouched is not None:
        upper = math.ceil(untouched.upper * 1000 - 1e-9) / 10
        yield (
            f"  pixels alone {untouched.score:.0%}: {untouched.share:.1%} of "
            f"{untouched.pictures:,} untouched photographs score this high or higher "
            f"by them (at most {upper:.1f}%, 95% confidence)"
        )
    if stability is not None:
        yield (
            f"  saved a little differently ({len(stability.variants)} copies): "
            f"{stability.low:.0%} to {stability.high:.0%}"
        )


def _sign(weight: float) -> str:
    if weight == 0.0:
        return "o"
    return f"{'+' if weight > 0.0 else '-'}{abs(weight):.1f}"


def _state(finding: Finding) -> str:
    if finding.status is FindingStatus.OK:
        return "" if finding.score is None else f"{finding.score:.0%}: "
    return f"{finding.status.value.replace('_', ' ')}: "
