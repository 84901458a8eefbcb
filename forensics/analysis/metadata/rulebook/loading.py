"""Reads and checks the book, once a process; errors name the file and the rule."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.metadata.rulebook.model import (
    Basis,
    BookRule,
    Chapter,
    Code,
    Example,
    MatchKind,
    RuleBook,
    Weighing,
)
from forensics.analysis.metadata.rulebook.patterns import PatternError, compiled
from forensics.analysis.metadata.rulebook.places import is_place
from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Programs are told apart by the first rule that fits, so the order counts: developers
# that carry an editor's name come before editors.
CHAPTERS: Final = (
    "generators",
    "recipes",
    "source_types",
    "developers",
    "editors",
    "resavers",
    "screens",
    "services",
    "history",
    "camera",
    "times_and_places",
)
_FOLDER: Final = Path(__file__).parent
_ID: Final = re.compile(r"[a-z][a-z0-9_]{2,40}")
_KEYS: Final = frozenset(
    (
        "id", "code", "name", "look", "match", "values", "needs_all", "says",
        "cannot_tell", "reference", "positive", "negative", "signs", "signs_in",
    )
)  # fmt: skip


class RuleBookError(ForensicsError):
    """The book cannot be used; its words are for whoever edits it."""


@cache
def rule_book() -> RuleBook:
    """Return the book that comes with the program.

    Raises
    ------
    RuleBookError
        A file is missing or wrong.
    """
    names = ("codes", *CHAPTERS)
    try:
        texts = {name: (_FOLDER / f"{name}.toml").read_text("utf-8") for name in names}
    except OSError as error:
        raise RuleBookError(f"The rule book cannot be read: {error}") from error
    return parse_book(texts)


def parse_book(texts: Mapping[str, str]) -> RuleBook:
    """Build a book out of TOML: ``codes``, and one text a chapter in order.

    Raises
    ------
    RuleBookError
        With the file and the rule that is wrong.
    """
    codes = _codes(_parsed("codes", texts["codes"]))
    chapters = tuple(
        _chapter(name, _parsed(name, text), codes)
        for name, text in texts.items()
        if name != "codes"
    )
    book = RuleBook(codes, chapters)
    _check_unique(book)
    return book


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleBookError(f"{name}.toml: {error}") from error


def _codes(table: Mapping[str, Any]) -> dict[str, Code]:
    found = {}
    for name, entry in table.items():
        try:
            code = Code(
                name=name,
                severity=entry.get("severity"),
                weight=Weighing(entry["weight"]),
                says=entry["says"],
                excludes_original=entry.get("excludes_original", False),
            )
        except (AttributeError, KeyError, ValueError) as error:
            raise RuleBookError(f"codes.toml, {name}: {error}") from error
        if code.severity is not None and not 0.0 <= code.severity <= 1.0:
            raise RuleBookError(f"codes.toml, {name}: severity must be in 0..1")
        found[name] = code
    return found


def _chapter(name: str, table: Mapping[str, Any], codes: Mapping[str, Code]) -> Chapter:
    defaults = table.get("defaults", {})
    rules = []
    for entry in table.get("rule", []):
        where = f"{name}.toml, rule {entry.get('id', '(without an id)')}"
        unknown = (set(entry) | set(defaults)) - _KEYS
        if unknown:
            raise RuleBookError(f"{where}: unknown key {sorted(unknown)[0]}")
        try:
            rules.append(_rule(name, {**defaults, **entry}, codes))
        except KeyError as error:
            raise RuleBookError(f"{where}: {error.args[0]} is missing") from error
        except (PatternError, ValueError) as error:
            raise RuleBookError(f"{where}: {error}") from error
    return Chapter(name, table["title"], table.get("intro", "").strip(), tuple(rules))


def _rule(
    chapter: str, entry: Mapping[str, Any], codes: Mapping[str, Code]
) -> BookRule:
    if entry["code"] not in codes:
        raise ValueError(f"unknown code {entry['code']}")
    kind = MatchKind(entry["match"])
    name = entry.get("name", entry["id"].replace("_", " "))
    values = tuple(entry.get("values", () if kind is MatchKind.PRESENT else (name,)))
    is_code = kind is MatchKind.PREDICATE
    rule = BookRule(
        id=entry["id"],
        chapter=chapter,
        name=name,
        code=codes[entry["code"]],
        look=() if is_code else tuple(entry["look"]),
        match=kind,
        values=values,
        says=entry["says"],
        cannot_tell=entry["cannot_tell"],
        reference=entry["reference"],
        positive=_positive(entry, name),
        negative=_examples(entry["negative"], name),
        needs_all=entry.get("needs_all", False),
        patterns=() if is_code else tuple(compiled(kind, v) for v in values),
    )
    _check(rule)
    return rule


def _positive(entry: Mapping[str, Any], name: str) -> tuple[Example, ...]:
    """Return the examples, those included that are nothing but a signature."""
    signs = ({entry["signs_in"]: sign} for sign in entry.get("signs", ()))
    return (*signs, *_examples(entry.get("positive", ()), name))


def _examples(found: Sequence[Mapping[str, Any]], name: str) -> tuple[Example, ...]:
    """Fill the rule's name into the examples that a chapter's rules share."""
    return tuple(
        {
            key: value.replace("{name}", name) if isinstance(value, str) else value
            for key, value in example.items()
        }
        for example in found
    )


def _check(rule: BookRule) -> None:
    problems = {
        "id must be lower-case letters, digits and _": _ID.fullmatch(rule.id),
        "has no values": rule.values or rule.match is MatchKind.PRESENT,
        "looks nowhere": rule.look or rule.is_predicate,
        "has no positive example": rule.positive,
        "has no negative example": rule.negative,
        "says nothing": rule.says and rule.cannot_tell,
        "reference must begin with Standard:, Source:, Sample: or Reported:": (
            rule.reference.partition(":")[0] in set(Basis)
        ),
    }
    for problem, is_fine in problems.items():
        if not is_fine:
            raise ValueError(problem)
    for look in rule.look:
        if not is_place(look):
            raise ValueError(f"unknown place {look}")


def _check_unique(book: RuleBook) -> None:
    seen: dict[str, str] = {}
    for rule in book.rules:
        if rule.id in seen:
            raise RuleBookError(
                f"{rule.chapter}.toml, rule {rule.id}: the id is taken in "
                f"{seen[rule.id]}.toml"
            )
        seen[rule.id] = rule.chapter
