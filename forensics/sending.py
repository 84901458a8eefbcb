"""What a sender says of a picture: its own id, and facts around it. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_EXTERNAL_ID = 255
MAX_CONTEXT_BYTES = 8 * 1024
MAX_DEPTH = 4
MAX_KEY = 64
MAX_VALUES = 100
# Longer ones are kept and found by their words, but no list is narrowed by them.
MAX_VALUE = 255


class SaidError(Exception):
    """What the sender says cannot be kept.

    Attributes
    ----------
    field, detail : str
        Which part, and what is wrong with it.
    """

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Said:
    """A sender's own id of what it sends, and what it knows of it."""

    external_id: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Said()


def read_said(*, external_id: object = "", context: object = None) -> Said:
    """Check what a sender says.

    Raises
    ------
    SaidError
        It is of the wrong kind, too large, or holds what no database keeps.
    """
    return Said(_read_external_id(external_id), _read_context(context))


def read_context_text(text: str) -> object:
    """Return what stands in a form's field or an address as JSON; nothing of nothing.

    Raises
    ------
    SaidError
        It is no JSON.
    """
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SaidError("context", "Expected a JSON object.") from None


def leaves_of(context: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return every value with the keys that lead to it, joined by dots.

    Of a list, each value stands under the list's own keys. Texts are as they are,
    everything else as JSON writes it.
    """
    return list(_leaves("", context))


def _leaves(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(path, inner)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def _read_external_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SaidError("external_id", "Expected a text.")
    if len(value) > MAX_EXTERNAL_ID or not value.isprintable():
        raise SaidError(
            "external_id",
            f"Expected at most {MAX_EXTERNAL_ID} printable characters.",
        )
    return value


def _read_context(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise SaidError("context", "Expected a JSON object.")
    _check(value, depth=1)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > MAX_CONTEXT_BYTES:
        raise SaidError(
            "context",
            f"Expected at most {MAX_CONTEXT_BYTES:,} bytes of JSON. Received {size:,}.",
        )
    if len(leaves_of(value)) > MAX_VALUES:
        raise SaidError("context", f"Expected at most {MAX_VALUES} values.")
    return value


def _check(value: object, *, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth > MAX_DEPTH:
            raise SaidError("context", f"Expected at most {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            for key in value:
                _check_key(key)
        for inner in value.values() if isinstance(value, dict) else value:
            _check(inner, depth=depth + 1)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise SaidError("context", "A number is too large.")


def _check_key(key: str) -> None:
    _check_text(key)
    if not 1 <= len(key) <= MAX_KEY:
        raise SaidError("context", f"Expected keys of 1 to {MAX_KEY} characters.")


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise SaidError("context", "A text holds a character that no text has (NUL).")
