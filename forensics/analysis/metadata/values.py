"""Values from strangers made safe to store and show: short, printable, finite."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone

Value = str | int | float | tuple[int | float, ...]

MAX_TEXT = 500
_MAX_NUMBERS = 16
# Control characters, lone surrogates, and the marks that turn the reading direction.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_BREAKS = re.compile("[\t\r\n]+")
_TIME = re.compile(
    r"\s*(\d{4})[:-](\d\d)[:-](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?"
    r"(?:\.\d+)?\s*(Z|[+-]\d\d:?\d\d)?"
)


def clean_text(raw: str | bytes, limit: int = MAX_TEXT) -> str:
    """Return printable text; what is cut off is counted at its end."""
    text = decode_text(raw) if isinstance(raw, bytes) else raw
    # One line: a value must not be able to start a line of its own in a report.
    text = _BREAKS.sub(" ", text.strip("\x00 \t\r\n"))
    shown = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text[:limit])
    rest = len(text) - limit
    return f"{shown} (and {rest:,} more characters)" if rest > 0 else shown


def decode_text(raw: bytes) -> str:
    """Decode UTF-8 where it is that, Latin-1 otherwise."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def ratio(numerator: float, denominator: float) -> float:
    """Divide, with 0 for what is no number: EXIF writes 0/0 for *unknown*."""
    value = numerator / denominator if denominator else 0.0
    return value if math.isfinite(value) else 0.0


def clean_numbers(numbers: tuple[int | float, ...]) -> Value:
    """Return one number, a short tuple, or a sentence on how many there are."""
    finite = tuple(n if math.isfinite(n) else 0.0 for n in numbers)
    if len(finite) == 1:
        return finite[0]
    if len(finite) > _MAX_NUMBERS:
        return f"({len(finite):,} numbers)"
    return finite


def parse_time(text: str, offset: str = "") -> datetime | None:
    """Read an EXIF or ISO time; None for what is none, such as 0000:00:00.

    Without an offset the result is naive: the zone is not known.
    """
    found = _TIME.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(n or 0) for n in found.groups()[:6])
    try:
        naive = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - unknown zone
        zone = _zone(found.group(7) or offset.strip())
    except (ValueError, OverflowError):
        return None
    return naive if zone is None else naive.replace(tzinfo=zone)


def _zone(offset: str) -> timezone | None:
    if offset == "Z":
        return UTC
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", offset)
    if found is None:
        return None
    minutes = int(found.group(2)) * 60 + int(found.group(3))
    return timezone(timedelta(minutes=-minutes if found.group(1) == "-" else minutes))
