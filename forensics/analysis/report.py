"""A report as one JSON object a line, or as lines for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forensics.analysis.types import (
    Finding,
    FindingStatus,
    Json,
    Report,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        "models": [
            {"name": m.name, "version": m.version, "sha256": m.sha256,
             "engine": m.engine}
            for m in report.models
        ],
        "pipeline_version": report.pipeline_version,
        "elapsed_ms": round(report.elapsed_ms, 1),
    }  # fmt: skip


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
    yield f"  pipeline {report.pipeline_version}, {report.elapsed_ms:,.0f} ms"


def rejection_to_lines(code: str, detail: str, path: str) -> Iterator[str]:
    """Yield the refusal in words, for a terminal."""
    yield path
    yield f"  NOT ANALYZED  {code}"
    yield f"  {detail}"


def _sign(weight: float) -> str:
    if weight == 0.0:
        return "o"
    return f"{'+' if weight > 0.0 else '-'}{abs(weight):.1f}"


def _state(finding: Finding) -> str:
    if finding.status is FindingStatus.OK:
        return "" if finding.score is None else f"{finding.score:.0%}: "
    return f"{finding.status.value.replace('_', ' ')}: "
