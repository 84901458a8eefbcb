"""What a rule, a code and a chapter of the rule book are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

Example = Mapping[str, object]


class Weighing(StrEnum):
    """What a code may do in the verdict; the figures are the fusion's."""

    DECISIVE = "decisive"
    JUDGMENT = "judgment"
    NONE = "none"


class MatchKind(StrEnum):
    """How a rule's values are compared with a text."""

    OPENS = "opens"
    WORD = "word"
    EXACT = "exact"
    PREFIX = "prefix"
    WHOLE = "whole"
    REGEX = "regex"
    PRESENT = "present"
    PREDICATE = "predicate"


class Basis(StrEnum):
    """What a rule rests on, the first word of its reference."""

    STANDARD = "Standard"
    SOURCE = "Source"
    SAMPLE = "Sample"
    REPORTED = "Reported"


@dataclass(frozen=True, slots=True)
class Code:
    """A stable word for findings, with what it counts for.

    Attributes
    ----------
    severity : float or None
        0..1 as the signal's own score; None makes no claim about authenticity, below
        0.5 speaks for it.
    excludes_original : bool
        Whether a file with this code cannot be a camera original. Severities from 0.5
        on always exclude it.
    """

    name: str
    severity: float | None
    weight: Weighing
    says: str
    excludes_original: bool = False


@dataclass(frozen=True, slots=True)
class BookRule:
    """One signature.

    Attributes
    ----------
    look : tuple of str
        Places in the file, see ``rulebook/places.py``; empty for a predicate.
    values : tuple of str
        What is looked for there; of a predicate, its name in ``predicates.py``.
    needs_all : bool
        Whether one text has to meet every value, not any.
    says : str
        Words for the moderator; ``{name}``, ``{place}`` and ``{text}`` are filled in.
    negative, positive : tuple of Example
        Small files that the rule must, and must not, name: the tests make them.
    """

    id: str
    chapter: str
    name: str
    code: Code
    look: tuple[str, ...]
    match: MatchKind
    values: tuple[str, ...]
    says: str
    cannot_tell: str
    reference: str
    positive: tuple[Example, ...]
    negative: tuple[Example, ...]
    needs_all: bool = False
    patterns: tuple[re.Pattern[str], ...] = field(default=(), repr=False)

    @property
    def basis(self) -> Basis:
        """What the reference is."""
        return Basis(self.reference.partition(":")[0])

    @property
    def is_predicate(self) -> bool:
        """Whether code decides, not a pattern."""
        return self.match is MatchKind.PREDICATE

    def matches(self, text: str) -> bool:
        """Whether a text meets the rule's values."""
        if self.match is MatchKind.PRESENT:
            return True
        if self.match is MatchKind.WHOLE:
            text = text.strip("\x00 \t\r\n")
        found = (pattern.search(text) is not None for pattern in self.patterns)
        return all(found) if self.needs_all else any(found)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One file of the book."""

    name: str
    title: str
    intro: str
    rules: tuple[BookRule, ...]


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All codes and chapters, in the order in which rules are tried."""

    codes: Mapping[str, Code]
    chapters: tuple[Chapter, ...]

    @property
    def rules(self) -> tuple[BookRule, ...]:
        """Every rule, chapter after chapter."""
        return tuple(rule for chapter in self.chapters for rule in chapter.rules)
