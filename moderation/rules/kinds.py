"""The kinds of conditions, as a table: what each compares, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape(Enum):
    """What a condition's value looks like."""

    NONE = "none"
    TEXT = "text"
    WORDS = "words"
    SHARE = "share"
    COUNT = "count"


class Named(Enum):
    """Whose name a condition needs."""

    NOBODY = ""
    SIGNAL = "signal"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of condition compares.

    Attributes
    ----------
    fact : str
        The field of ``Evidence``.
    shape : Shape
        Of the value.
    test : str
        ``any``, ``none``, ``least``, ``most``, ``present``, ``absent``, ``contains``
        or ``equals``.
    named : Named
        Whether it is about a signal or a tag, whose name it then needs.
    allowed : tuple of str
        The words that make sense; empty: any.
    """

    fact: str
    shape: Shape
    test: str
    named: Named = Named.NOBODY
    allowed: tuple[str, ...] = ()


VERDICTS = ("authentic", "inconclusive", "suspicious", "fake")
DOORS = ("web", "api", "admin", "command")
PURPOSES = ("fake", "authentic", "custom")
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF", "MPO")

KINDS: Mapping[str, Kind] = {
    "verdict_in": Kind("verdict", Shape.WORDS, "any", allowed=VERDICTS),
    "score_at_least": Kind("score", Shape.SHARE, "least"),
    "score_at_most": Kind("score", Shape.SHARE, "most"),
    "code_any": Kind("codes", Shape.WORDS, "any"),
    "code_none": Kind("codes", Shape.WORDS, "none"),
    "signal_at_least": Kind("signals", Shape.SHARE, "least", Named.SIGNAL),
    "signal_at_most": Kind("signals", Shape.SHARE, "most", Named.SIGNAL),
    "tag_present": Kind("tags", Shape.NONE, "present", Named.TAG),
    "tag_absent": Kind("tags", Shape.NONE, "absent", Named.TAG),
    "tag_contains": Kind("tags", Shape.TEXT, "contains", Named.TAG),
    "tag_equals": Kind("tags", Shape.TEXT, "equals", Named.TAG),
    "door_in": Kind("doors", Shape.WORDS, "any", allowed=DOORS),
    "sender_in": Kind("senders", Shape.WORDS, "any"),
    "sender_not_in": Kind("senders", Shape.WORDS, "none"),
    "sender_group_in": Kind("sender_groups", Shape.WORDS, "any"),
    "bank_in": Kind("banks", Shape.WORDS, "any"),
    "bank_purpose_in": Kind("bank_purposes", Shape.WORDS, "any", allowed=PURPOSES),
    "format_in": Kind("format", Shape.WORDS, "any", allowed=FORMATS),
    "pixels_at_least": Kind("pixels", Shape.COUNT, "least"),
    "pixels_at_most": Kind("pixels", Shape.COUNT, "most"),
    "bytes_at_least": Kind("byte_size", Shape.COUNT, "least"),
    "bytes_at_most": Kind("byte_size", Shape.COUNT, "most"),
}
