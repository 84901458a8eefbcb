"""Whether conditions hold. What is not known holds for nothing but its absence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.rules.kinds import KINDS, Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moderation.rules.types import Condition, Evidence


def holds(conditions: Iterable[Condition], evidence: Evidence) -> bool:
    """Return whether every condition holds; without any, that is so."""
    return all(_holds(condition, evidence) for condition in conditions)


def _holds(condition: Condition, evidence: Evidence) -> bool:
    kind = KINDS[condition.kind]
    if kind.named is Named.TAG:
        return _holds_of_tag(kind.test, condition, evidence)
    if kind.named is Named.SIGNAL:
        return _compares(
            kind.test, evidence.signals.get(condition.name), condition.value
        )
    fact = getattr(evidence, kind.fact)
    if kind.test in {"least", "most"}:
        return _compares(kind.test, fact, condition.value)
    asked = condition.value if isinstance(condition.value, tuple) else ()
    known = {fact} if isinstance(fact, str) else fact
    return known.isdisjoint(asked) == (kind.test == "none")


def _compares(test: str, fact: object, bound: object) -> bool:
    if not isinstance(fact, int | float) or not isinstance(bound, int | float):
        return False
    return fact >= bound if test == "least" else fact <= bound


def _holds_of_tag(test: str, condition: Condition, evidence: Evidence) -> bool:
    values = tag_values(condition.name, evidence)
    if test in {"present", "absent"}:
        return bool(values) == (test == "present")
    asked = str(condition.value).casefold()
    if test == "equals":
        return any(value.casefold() == asked for value in values)
    return any(asked in value.casefold() for value in values)


def tag_values(name: str, evidence: Evidence) -> Sequence[str]:
    """Return the values of a tag: of ``EXIF:Software`` only in blocks of EXIF."""
    block, colon, tag = name.casefold().rpartition(":")
    found = [
        value
        for where, value in evidence.tags.get(tag, ())
        if not block or where.casefold().startswith(block)
    ]
    if found or not colon:
        return found
    return [value for _, value in evidence.tags.get(name.casefold(), ())]
