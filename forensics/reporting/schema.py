"""The shape of an evidence report, version 1, as JSON Schema (draft 2020-12).

``docs/evidence-report.schema.json`` is the same for other programs. Bounds are wide:
they only keep a hostile file from being taken seriously.
"""

from __future__ import annotations

from typing import Any

from forensics.analysis.types import FindingStatus, Verdict
from forensics.models import Door, Trigger
from forensics.reporting.document import FORMAT, FORMAT_VERSION
from forensics.states import USABLE

Schema = dict[str, Any]

_MANY = 1000


def _object(
    properties: Schema, *, optional: tuple[str, ...] = (), also: bool = False
) -> Schema:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": also,
    }


def _list(items: Schema, most: int = _MANY) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _text(longest: int = 100_000) -> Schema:
    return {"type": "string", "maxLength": longest}


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_WORD = _text(200)
_TIME: Schema = {"type": "string", "format": "date-time", "maxLength": 40}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ID: Schema = {"type": "string", "format": "uuid", "maxLength": 36}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_MS: Schema = {"type": "number", "minimum": 0}
_ANYTHING: Schema = {"type": "object", "additionalProperties": True}

_MODEL = _object(
    {
        "name": _WORD,
        "version": _WORD,
        "sha256": _WORD,
        "engine": _WORD,
        "research_only": {"type": "boolean"},
        "terms": _text(),
    },
    # Not recorded by the first releases.
    optional=("research_only", "terms"),
)
_REASON = _object({"code": _WORD, "text": _text(), "weight": {"type": "number"}})
_PICTURE = _object(
    {
        "kind": _WORD,
        "media_type": _WORD,
        "width": _COUNT,
        "height": _COUNT,
        "byte_size": _COUNT,
        "caption": _text(),
        "sha256": _or_null(_SHA256),
    }
)
_FINDING = _object(
    {
        "name": _WORD,
        "version": _WORD,
        "status": _one_of(*(status.value for status in FindingStatus)),
        "score": _or_null({"type": "number"}),
        "summary": _text(),
        "codes": _list(_WORD),
        "data": _ANYTHING,
        "elapsed_ms": _MS,
        "pictures": _list(_PICTURE, 50),
    }
)
_UNCERTAINTY = _object(
    {
        "bands": _object(
            {"inconclusive": _SHARE, "suspicious": _SHARE, "fake": _SHARE}
        ),
        "untouched": _or_null(
            _object(
                {
                    "score": _SHARE,
                    "share": _SHARE,
                    "upper": _SHARE,
                    "pictures": _COUNT,
                }
            )
        ),
        "stability": _or_null(
            _object(
                {
                    "low": _SHARE,
                    "high": _SHARE,
                    "variants": {"type": "object", "additionalProperties": _SHARE},
                }
            )
        ),
    }
)
_ANALYSIS = _object(
    {
        "id": _ID,
        "status": _one_of(*(status.value for status in USABLE)),
        "trigger": _one_of(*(trigger.value for trigger in Trigger)),
        "attempts": _COUNT,
        "queued_at": _TIME,
        "started_at": _or_null(_TIME),
        "finished_at": _or_null(_TIME),
        "elapsed_ms": _or_null(_MS),
        "pipeline_version": _WORD,
        "codecs": {"type": "object", "additionalProperties": _WORD},
        "parameters": _ANYTHING,
        "models": _list(_MODEL, 100),
        "verdict": _one_of(*(verdict.value for verdict in Verdict)),
        "score": {"type": "number", "minimum": 0.01, "maximum": 0.99},
        "uncertainty": _or_null(_UNCERTAINTY),
        "reasons": _list(_REASON),
        "findings": _list(_FINDING, 200),
        "renditions": _list(_PICTURE, 50),
    }
)
_DECISION = _object(
    {
        "at": _TIME,
        "by": _WORD,
        "outcome": _WORD,
        "reason": _WORD,
        "note": _text(),
        "on_analysis": _or_null(_ID),
        "machine_verdict": _or_null(_WORD),
        "machine_score": _or_null({"type": "number"}),
        "withdrawn_at": _or_null(_TIME),
    }
)
_CASE = _object(
    {
        "id": _ID,
        "status": _WORD,
        "priority": _COUNT,
        "opened_at": _TIME,
        "opened_by": _or_null(_WORD),
        "opened_because": _text(),
        "decisions": _list(_DECISION),
    }
)
_SOFTWARE = _object({"name": _WORD, "version": _WORD, "python": _WORD})

SCHEMA: Schema = _object(
    {
        "format": {"type": "string", "const": FORMAT},
        "format_version": {"type": "integer", "const": FORMAT_VERSION},
        "made": _object({"at": _TIME, "by": _WORD, "software": _SOFTWARE}),
        "digest": _SHA256,
        "original": _object(
            {
                "sha256": _SHA256,
                "byte_size": _COUNT,
                "format": _WORD,
                "media_type": _WORD,
                "width": _COUNT,
                "height": _COUNT,
                "received_at": _TIME,
            }
        ),
        "submissions": _list(
            _object(
                {
                    "at": _TIME,
                    "door": _one_of(*(door.value for door in Door)),
                    "name": _text(1000),
                    "by": _or_null(_WORD),
                }
            )
        ),
        "analysis": _ANALYSIS,
        # Null where who asked for the report may not see cases.
        "cases": _or_null(_list(_CASE)),
    }
)
