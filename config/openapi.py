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
KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "random, such as a UUID; the same request again under the same key "
    "does nothing and is answered as the first was, for 24 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
REPLAYED: dict[str, Any] = {
    "description": "`true` where the answer is that of an earlier request",
    "schema": {"type": "string", "enum": ["true"]},
}
KEYED = {
    "400": "`invalid_idempotency_key`",
    "409": "`request_in_progress`",
    "422": "`idempotency_key_reused`",
}
# Parameters whose values the description cannot hold to what there is.
REFUSABLE = frozenset({"cursor", "fields", "after"})
RETRY_AFTER: dict[str, Any] = {
    "description": "Seconds to wait before asking again.",
    "schema": {"type": "integer", "minimum": 0},
}
WAITING = frozenset({"409", "429", "503"})
LIMITS: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": "The limits of the key; absent without one.",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "What is left of each, and for how many seconds.",
        "schema": {"type": "string"},
    },
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
                words = operation["operationId"].replace("_", " ")
                operation.setdefault("summary", words.capitalize())
                _complete(operation, has_id="{" in path)
                for parameter in operation.get("parameters", ()):
                    _name_content(parameter)
                if method == "post" and any(operation.get("security", [])):
                    _take_key(operation)
    return result


def _complete(operation: dict[str, Any], *, has_id: bool) -> None:
    responses = operation["responses"]
    usual = {
        "400": "`invalid`, `parse_error`, `bad_request`",
        "406": "`not_acceptable`",
        "414": "`uri_too_long`",
        "431": "`headers_too_large`",
    }
    if any(operation.get("security", [])):
        usual |= {
            "401": "`not_authenticated`, `authentication_failed`",
            "403": "`permission_denied`, `not_allowed`, `insufficient_scope`",
            "429": "`throttled`, `quota_exceeded`",
        }
    names = {one["name"] for one in operation.get("parameters", ())}
    if names & REFUSABLE:
        usual["422"] = "`unprocessable`: `errors` names the parameter"
    if has_id:
        usual["404"] = "`not_found`"
    if "requestBody" in operation:
        usual |= {"413": "`too_many_bytes`", "415": "`unsupported_media_type`"}
    for status, text in {**usual, "500": "`internal_error`"}.items():
        responses.setdefault(status, {"description": text})
    _settle(operation)


def _name_content(parameter: dict[str, Any]) -> None:
    """Describe JSON in a parameter as such, which the generator has no word for."""
    kind = parameter.get("schema", {}).pop("contentMediaType", "")
    if kind:
        parameter["content"] = {kind: {"schema": parameter.pop("schema")}}


def _take_key(operation: dict[str, Any]) -> None:
    """Say of a POST that it takes a key, and what can come of that."""
    operation.setdefault("parameters", []).append(KEY)
    responses = operation["responses"]
    for status, codes in KEYED.items():
        said = responses.setdefault(status, {}).get("description", "")
        responses[status]["description"] = f"{said}, {codes}" if said else codes
    for response in responses.values():
        response.setdefault("headers", {})["Idempotent-Replayed"] = REPLAYED
    _settle(operation)


def _settle(operation: dict[str, Any]) -> None:
    """Give every error its shape and headers, and put the statuses in order."""
    for status, response in operation["responses"].items():
        if status[0] in "45":
            response["content"] = CONTENT
        headers = response.setdefault("headers", {})
        if status in WAITING:
            headers.setdefault("Retry-After", RETRY_AFTER)
        if any(operation.get("security", [])):
            headers |= LIMITS
    operation["responses"] = dict(sorted(operation["responses"].items()))
