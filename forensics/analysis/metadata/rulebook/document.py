"""The rule book as a page of documentation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forensics.analysis.metadata.rulebook.model import MatchKind
from forensics.analysis.metadata.rulebook.places import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.metadata.rulebook.model import (
        BookRule,
        Chapter,
        Code,
        RuleBook,
    )

BEGIN = "<!-- Written by `manage.py write_rule_book`; do not edit below. -->"
_KINDS = {
    MatchKind.OPENS: "opens the text with",
    MatchKind.WORD: "has the name",
    MatchKind.EXACT: "is",
    MatchKind.PREFIX: "begins with",
    MatchKind.WHOLE: "is, as a whole line",
    MatchKind.REGEX: "matches",
    MatchKind.PRESENT: "is there",
    MatchKind.PREDICATE: "by code:",
}
_LONGEST = 160


def as_markdown(book: RuleBook) -> str:
    """Return every code and rule as Markdown, the same for the same book."""
    lines = [BEGIN, "", *_totals(book), "", *_codes(book), ""]
    for chapter in book.chapters:
        lines += [*_chapter(chapter), ""]
    lines += _places()
    return "\n".join(lines) + "\n"


def with_book(page: str, book: RuleBook) -> str:
    """Return the page with all below the mark written anew."""
    return page.partition(BEGIN)[0] + as_markdown(book)


def _totals(book: RuleBook) -> Iterator[str]:
    bases = Counter(rule.basis for rule in book.rules)
    counted = ", ".join(
        f"{count} {basis.lower()}" for basis, count in sorted(bases.items())
    )
    yield (
        f"{len(book.rules)} rules in {len(book.chapters)} chapters lead to "
        f"{len(book.codes)} codes. They rest on: {counted}."
    )


def _codes(book: RuleBook) -> Iterator[str]:
    yield "## Codes"
    yield ""
    yield "| Code | Says | Severity | Weight | Rules |"
    yield "|---|---|---|---|---|"
    used = Counter(rule.code.name for rule in book.rules)
    for code in book.codes.values():
        yield (
            f"| `{code.name}` | {code.says} | {_severity(code)} | {code.weight.value} "
            f"| {used[code.name]} |"
        )


def _severity(code: Code) -> str:
    return "none" if code.severity is None else f"{code.severity:.2f}".lstrip("0")


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {chapter.title}"
    yield ""
    if chapter.intro:
        yield chapter.intro
        yield ""
    yield "| Rule | Code | Looks for | Cannot tell | Rests on |"
    yield "|---|---|---|---|---|"
    for rule in chapter.rules:
        cells = (
            f"`{rule.id}` {rule.name}",
            f"`{rule.code.name}`",
            _looks_for(rule),
            rule.cannot_tell,
            rule.reference,
        )
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _looks_for(rule: BookRule) -> str:
    if rule.is_predicate:
        return rule.says
    places = ", ".join(rule.look)
    joined = " and " if rule.needs_all else " or "
    values = joined.join(f"`{_short(value)}`" for value in rule.values)
    return " ".join(filter(None, (f"*{places}*", _KINDS[rule.match], values)))


def _short(value: str) -> str:
    text = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return text.replace("`", "'")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _places() -> Iterator[str]:
    yield "## Places"
    yield ""
    for name, (says, _) in GROUPS.items():
        yield f"- *{name}*: {says}."
    yield "- *exif:*, *xmp:*, *iptc:*, *png:*, *icc:* and a name: that one field."
