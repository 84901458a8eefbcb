"""From JSON to conditions: strict, and with the place of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from moderation.rules.kinds import KINDS, Kind, Named, Shape
from moderation.rules.types import Condition, Value

MOST_CONDITIONS = 20
MOST_WORDS = 50
LONGEST_WORD, LONGEST_TEXT = 150, 200
LARGEST_COUNT = 10**12
_NAMES = {
    Named.SIGNAL: re.compile(r"[a-z][a-z0-9_]{0,31}"),
    Named.TAG: re.compile(r"[^\x00-\x1f]{1,100}"),
}
_KEYS = {"kind", "name", "value"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ConditionError(ValueError):
    """A condition is not one.

    Parameters
    ----------
    pointer : str
        JSON pointer (RFC 6901) to what is wrong, such as ``/2/value``.
    expected, received : str
        For people.
    """

    def __init__(self, pointer: str, expected: str, received: object) -> None:
        self.pointer = pointer
        self.expected = expected
        self.received = repr(received)[:80]
        place = pointer or "the conditions"
        super().__init__(f"{place}: Expected {expected}. Received {self.received}.")


def checked(conditions: object) -> tuple[Condition, ...]:
    """Return stored or sent JSON as conditions.

    Raises
    ------
    ConditionError
        Where, what was expected, and what was received.
    """
    if not isinstance(conditions, list):
        raise ConditionError("", "a list", conditions)
    if len(conditions) > MOST_CONDITIONS:
        expected = f"at most {MOST_CONDITIONS} conditions"
        raise ConditionError("", expected, len(conditions))
    return tuple(_condition(one, f"/{i}") for i, one in enumerate(conditions))


def _condition(stored: object, at: str) -> Condition:
    if not isinstance(stored, Mapping):
        raise ConditionError(at, "an object", stored)
    unknown = sorted(str(key) for key in stored if key not in _KEYS)
    if unknown:
        raise ConditionError(f"{at}/{unknown[0]}"[:80], "kind, name or value", unknown)
    name = stored.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ConditionError(f"{at}/kind", f"one of {', '.join(KINDS)}", name)
    return Condition(
        kind=str(name),
        name=_name(kind, stored.get("name", ""), f"{at}/name"),
        value=_value(kind, stored.get("value"), f"{at}/value"),
    )


def _name(kind: Kind, name: object, at: str) -> str:
    if kind.named is Named.NOBODY:
        if name:
            raise ConditionError(at, "no name", name)
        return ""
    pattern = _NAMES[kind.named]
    if not isinstance(name, str) or not pattern.fullmatch(name.strip()):
        raise ConditionError(at, f"the name of a {kind.named.value}", name)
    return name.strip()


def _value(kind: Kind, value: object, at: str) -> Value:
    if kind.shape is Shape.NONE:
        if value is not None and value != "":
            raise ConditionError(at, "no value", value)
        return None
    if kind.shape is Shape.WORDS:
        return _words(kind, value, at)
    if kind.shape is Shape.TEXT:
        return _text(value, at, LONGEST_TEXT)
    return _number(kind, value, at)


def _words(kind: Kind, value: object, at: str) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ConditionError(at, "a list with at least one word", value)
    if len(value) > MOST_WORDS:
        raise ConditionError(at, f"at most {MOST_WORDS} words", len(value))
    words = [_text(w, f"{at}/{i}", LONGEST_WORD) for i, w in enumerate(value)]
    for place, word in enumerate(words):
        if kind.allowed and word not in kind.allowed:
            expected = f"one of {', '.join(kind.allowed)}"
            raise ConditionError(f"{at}/{place}", expected, word)
    return tuple(dict.fromkeys(words))


def _text(value: object, at: str, longest: int) -> str:
    if not isinstance(value, str) or not value.strip() or _CONTROL.search(value):
        raise ConditionError(at, "a text", value)
    if len(value.strip()) > longest:
        raise ConditionError(at, f"at most {longest} characters", len(value))
    return value.strip()


def _number(kind: Kind, value: object, at: str) -> int | float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind.shape is Shape.SHARE:
        if not is_number or not _is_within(value, 0.0, 1.0):
            raise ConditionError(at, "a number from 0 to 1", value)
        return float(value)  # type: ignore[arg-type]  # checked above
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not _is_within(value, 0, LARGEST_COUNT)
    ):
        raise ConditionError(at, f"a whole number from 0 to {LARGEST_COUNT}", value)
    return value


def _is_within(value: object, least: float, most: float) -> bool:
    # No number is between two others if it is none: NaN fails both comparisons.
    return isinstance(value, int | float) and least <= value <= most
