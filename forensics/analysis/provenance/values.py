"""Reading JSON that strangers wrote: any value may be of any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forensics.analysis.types import Json

MAX_TEXT = 200


def as_map(value: object) -> Mapping[str, Any]:
    """Return a mapping as it is, anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object, most: int = MAX_TEXT) -> str:
    """Return one line of printable text, clipped; nothing for what is no text."""
    if not isinstance(value, str):
        return ""
    line = "".join(c if c.isprintable() else " " for c in value[: most + 1]).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def without_empty(values: Mapping[str, Json]) -> dict[str, Json]:
    """Leave out what says nothing."""
    return {key: value for key, value in values.items() if value not in ("", [], None)}
