"""Completes the generated OpenAPI description: every error answer is a problem."""

from typing import Any

from config.problem_types import PROBLEM_TYPES

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "enum": sorted(PROBLEM_TYPES)},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "format": "uuid"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer into the body",
                    },
                    "parameter": {
                        "type": "string",
                        "description": "name of the query parameter",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def add_problems(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,  # noqa: FBT001 - called so
) -> dict[str, Any]:
    """Give each operation its problems; a hook of drf-spectacular."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                _complete(operation, has_id="{" in path)
    return result


def _complete(operation: dict[str, Any], *, has_id: bool) -> None:
    responses = operation["responses"]
    usual = {"400": "`invalid`, `parse_error`", "406": "`not_acceptable`"}
    if any(operation.get("security", [])):
        usual |= {
            "401": "`not_authenticated`, `authentication_failed`",
            "403": "`permission_denied`, `not_allowed`, `insufficient_scope`",
            "429": "`throttled`, `quota_exceeded`",
        }
    if has_id:
        usual["404"] = "`not_found`"
    if "requestBody" in operation:
        usual |= {"413": "`too_many_bytes`", "415": "`unsupported_media_type`"}
    for status, text in {**usual, "500": "`internal_error`"}.items():
        responses.setdefault(status, {"description": text})
    for status, response in responses.items():
        if status[0] in "45":
            response["content"] = CONTENT
    operation["responses"] = dict(sorted(responses.items()))
