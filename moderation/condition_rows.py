"""Conditions as rows of a form: works with submit buttons alone, without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.wording import ANALYZERS
from moderation.policy_words import LABELS, word_of
from moderation.rules import KINDS, Condition, ConditionError, Shape, checked
from moderation.rules.checking import LARGEST_COUNT, MOST_CONDITIONS
from moderation.rules.kinds import Named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.http import QueryDict
    from django_stubs_ext import StrOrPromise

    from moderation.rules import Kind
    from moderation.rules.types import Value

PREFIX = "condition"
LONGEST_FIELD = 10_000
_PROBLEMS: Mapping[Shape, StrOrPromise] = {
    Shape.WORDS: _("Give at least one word, at most 50, separated by commas."),
    Shape.TEXT: _("Give a text of at most 200 characters."),
    Shape.SHARE: _("Give a number from 0 to 100."),
    Shape.COUNT: _("Give a whole number that is not negative."),
    Shape.NONE: _("This needs no value."),
}
_NAME_PROBLEMS: Mapping[Named, StrOrPromise] = {
    Named.SIGNAL: _("Choose a check."),
    Named.TAG: _("Give the name of a tag, such as EXIF:Software."),
}


@dataclass(slots=True)
class Row:
    """One condition as typed."""

    index: int
    kind: str
    name: str = ""
    words: list[str] = field(default_factory=list)
    text: str = ""
    error: str = ""

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with."""
        return f"{PREFIX}-{self.index}"

    @property
    def rule(self) -> Kind:
        """The kind's line in the table."""
        return KINDS[self.kind]

    @property
    def label(self) -> str:
        """What the condition compares."""
        return str(LABELS[self.kind])

    @property
    def shape(self) -> str:
        """Which field the value needs."""
        if self.rule.shape is Shape.WORDS and self.rule.allowed:
            return "choices"
        return self.rule.shape.value

    @property
    def named(self) -> str:
        """Whether it needs the name of a signal or a tag."""
        return self.rule.named.value

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """The words to choose from, and which are chosen."""
        return [
            (word, word_of(self.kind, word), word in self.words)
            for word in self.rule.allowed
        ]

    @property
    def signals(self) -> list[tuple[str, str, bool]]:
        """The checks to choose from; one that is no more stays as it is."""
        known = {name: str(words.label) for name, words in ANALYZERS.items()}
        if self.name and self.name not in known:
            known[self.name] = self.name
        return [(name, label, name == self.name) for name, label in known.items()]

    def stored(self) -> dict[str, Any]:
        """Return what would be stored; whether it makes sense is checked then."""
        made: dict[str, Any] = {"kind": self.kind}
        if self.rule.named is not Named.NOBODY:
            made["name"] = self.name
        value = self._value()
        return made if value is None else made | {"value": value}

    def _value(self) -> Any:
        shape = self.rule.shape
        if shape is Shape.NONE:
            return None
        if shape is Shape.WORDS:
            return self.words
        if shape is Shape.TEXT:
            return self.text
        number = _number(self.text)
        if number is None:
            return self.text
        if shape is Shape.SHARE:
            return round(number / 100, 6)
        return int(number) if number == int(number) else self.text


def kinds_to_add() -> list[tuple[str, str]]:
    """Return what can be compared, in the order of the table."""
    return [(name, str(label)) for name, label in LABELS.items()]


def rows_of(stored: object) -> list[Row]:
    """Return stored conditions as rows."""
    return [_row(i, condition) for i, condition in enumerate(checked(stored))]


def rows_from(data: QueryDict) -> list[Row]:
    """Return what was typed, with a row added or removed where that was asked for."""
    rows = []
    for index in range(min(_count(data), MOST_CONDITIONS)):
        kind = data.get(f"{PREFIX}-{index}-kind", "")
        if kind in KINDS and data.get("remove") != str(index):
            rows.append(_typed(data, index, kind))
    added = data.get("new_kind", "")
    if "add" in data and added in KINDS and len(rows) < MOST_CONDITIONS:
        rows.append(Row(len(rows), added))
    for index, row in enumerate(rows):
        row.index = index
    return rows


def wants_rows_changed(data: QueryDict) -> bool:
    """Return whether a row is to be added or removed, and nothing stored."""
    return "add" in data or "remove" in data


def check_rows(rows: Sequence[Row]) -> tuple[list[dict[str, Any]], bool]:
    """Return the conditions to store, and whether all make sense; each row says why."""
    stored, is_valid = [], True
    for row in rows:
        row.error = problem_of(row)
        is_valid = is_valid and not row.error
        stored.append(row.stored())
    return stored, is_valid


def conditions_of(rows: Iterable[Row]) -> tuple[Condition, ...]:
    """Return the conditions of those rows that make sense, for the preview."""
    return checked([row.stored() for row in rows if not problem_of(row)])


def problem_of(row: Row) -> str:
    """Say what is wrong with a row; empty if nothing is."""
    try:
        checked([row.stored()])
    except ConditionError as error:
        if "/name" in error.pointer:
            return str(_NAME_PROBLEMS[row.rule.named])
        if row.shape == "choices":
            return gettext("Choose at least one.")
        return str(_PROBLEMS[row.rule.shape])
    return ""


def _row(index: int, condition: Condition) -> Row:
    row = Row(index, condition.kind, condition.name)
    value = condition.value
    if isinstance(value, tuple):
        row.words = list(value)
        row.text = ", ".join(value)
    else:
        row.text = _shown(value)
    return row


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value * 100:.4f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _typed(data: QueryDict, index: int, kind: str) -> Row:
    prefix = f"{PREFIX}-{index}"
    given = [one[:LONGEST_FIELD] for one in data.getlist(f"{prefix}-value")]
    text = given[0] if given else ""
    row = Row(index, kind, data.get(f"{prefix}-name", "")[:LONGEST_FIELD].strip())
    row.text = text
    if row.shape == "choices":
        row.words = given
    elif row.rule.shape is Shape.WORDS:
        parts = text.replace("\n", ",").split(",")
        row.words = [part.strip() for part in parts if part.strip()]
    return row


def _count(data: QueryDict) -> int:
    try:
        return max(0, int(data.get("conditions", "0")[:6]))
    except ValueError:
        return 0


def _number(text: str) -> float | None:
    """Read a number with a point or a comma; no number: None."""
    try:
        number = float(text.strip().replace(",", ".")[:40])
    except ValueError:
        return None
    return number if abs(number) <= LARGEST_COUNT else None
