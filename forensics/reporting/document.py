"""An analysis as the part of an evidence report that can be compared.

Everything in it is JSON. The same analysis gives the same bytes, whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from django.conf import settings

from forensics import files
from forensics.analysis.report import (
    models_to_json,
    reasons_to_json,
    uncertainty_to_json,
)
from forensics.exceptions import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from forensics.analysis.types import EvidenceImage, Report
    from forensics.models import Analysis, EvidenceFile, Finding, Image, Submission

FORMAT = "pixelwarden-evidence-report"
FORMAT_VERSION = 1
# Says who made the report and when: the only part that is another each time.
MAKING = "made"
DIGEST = "digest"

JsonObject = dict[str, Any]
Read: TypeAlias = "Callable[[EvidenceFile], bytes | None]"


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a report without its ``made`` and ``digest``.

    Over the canonical form: ASCII, keys sorted, no blanks, numbers as the shortest
    decimals that give the same double.
    """
    content = {k: v for k, v in document.items() if k not in {MAKING, DIGEST}}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def encoded(document: Mapping[str, Any]) -> bytes:
    """Return a report's file: ASCII, keys sorted, one item a line."""
    text = json.dumps(document, sort_keys=True, indent=1, allow_nan=False)
    return text.encode() + b"\n"


def software() -> JsonObject:
    """Return what makes a report or checks one."""
    return {
        "name": "Pixelwarden",
        "version": product_version(),
        "python": platform.python_version(),
    }


@cache
def product_version() -> str:
    """Return the product's version, as its project file names it."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def original_part(image: Image) -> JsonObject:
    """Return what identifies the original."""
    return {
        "sha256": image.sha256,
        "byte_size": image.byte_size,
        "format": image.format,
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "received_at": moment(image.created_at),
    }


def submissions_part(submissions: Iterable[Submission]) -> list[JsonObject]:
    """Return the arrivals, oldest first."""
    return [
        {
            "at": moment(submission.created_at),
            "door": submission.door,
            "name": submission.original_name,
            "by": str(submission.submitted_by or "") or None,
        }
        for submission in sorted(submissions, key=lambda one: one.created_at)
    ]


def analysis_part(analysis: Analysis, read: Read) -> JsonObject:
    """Return a finished analysis that was loaded by ``selectors.with_evidence``.

    ``read`` gives an evidence file's bytes, None where the storage does not.
    """
    pictures = list(analysis.evidence_files.all())
    renditions = [file for file in pictures if file.finding_id is None]
    return {
        "id": str(analysis.id),
        "status": analysis.status,
        "trigger": analysis.trigger,
        "attempts": analysis.attempts,
        "queued_at": moment(analysis.queued_at),
        "started_at": moment(analysis.started_at),
        "finished_at": moment(analysis.finished_at),
        "elapsed_ms": analysis.elapsed_ms,
        "pipeline_version": analysis.pipeline_version,
        "codecs": analysis.codecs,
        "parameters": analysis.parameters,
        "models": analysis.models_used,
        "verdict": analysis.verdict,
        "score": analysis.score,
        "uncertainty": analysis.uncertainty or None,
        "reasons": analysis.reasons,
        "findings": [_finding(finding, read) for finding in analysis.findings.all()],
        "renditions": [_picture(file, read) for file in renditions],
    }


def _finding(finding: Finding, read: Read) -> JsonObject:
    return {
        "name": finding.analyzer,
        "version": finding.version,
        "status": finding.status,
        "score": finding.score,
        "summary": finding.summary,
        "codes": finding.codes,
        "data": finding.data,
        "elapsed_ms": finding.elapsed_ms,
        "pictures": [_picture(file, read) for file in finding.evidence_files.all()],
    }


def _picture(file: EvidenceFile, read: Read) -> JsonObject:
    data = read(file)
    return {
        "kind": file.kind,
        "media_type": file.media_type,
        "width": file.width,
        "height": file.height,
        "byte_size": file.byte_size,
        "caption": file.caption,
        "sha256": None if data is None else hashlib.sha256(data).hexdigest(),
    }


def of_report(report: Report) -> JsonObject:
    """Return a fresh result in the same shape, as far as it can be compared."""
    found = {
        "pipeline_version": report.pipeline_version,
        "codecs": dict(report.codecs),
        "parameters": dict(report.parameters),
        "models": models_to_json(report.models),
        "verdict": report.verdict.value,
        "score": report.score,
        "uncertainty": uncertainty_to_json(report.uncertainty) or None,
        "reasons": reasons_to_json(report.reasons),
        "findings": [
            {
                "name": finding.analyzer,
                "version": finding.version,
                "status": finding.status.value,
                "score": finding.score,
                "summary": finding.summary,
                "codes": list(finding.codes),
                "data": dict(finding.data),
                "pictures": [_fresh_picture(one) for one in finding.evidence],
            }
            for finding in report.findings
        ],
        "renditions": [_fresh_picture(one) for one in report.renditions],
    }
    # What a stored result has been through as well: tuples become lists.
    plain: JsonObject = json.loads(json.dumps(found))
    return plain


def _fresh_picture(picture: EvidenceImage) -> JsonObject:
    return {
        "kind": picture.kind,
        "width": picture.width,
        "height": picture.height,
        "sha256": hashlib.sha256(picture.data).hexdigest(),
    }


def moment(time: datetime | None) -> str | None:
    """Write a time as ISO 8601 with its zone, which is UTC."""
    return None if time is None else time.isoformat()


def read_or_none(file: EvidenceFile) -> bytes | None:
    """Return an evidence file's bytes; None where the storage does not give them."""
    try:
        return files.read_bytes(str(file.file.name))
    except StorageError:
        return None
