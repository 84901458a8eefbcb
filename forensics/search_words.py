"""How texts become words to be found, and what people type becomes a query. Pure.

One tokenizer for both databases and for both sides of a search: they cannot disagree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WORD = 60
MAX_QUERY = 255
MAX_TERMS = 12
# PostgreSQL keeps positions up to 16,383 and 256 of each word.
MAX_POSITION = 16_383
_MAX_PLACES = 255
_MIN_PREFIX = 2
# Written without blanks: each character is a word, and a written word a phrase.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?:(?![{_CJK}])[^\W_])+|[{_CJK}]")
_MARKS = re.compile("[\u0300-\u036f]")
_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')


class Field(StrEnum):
    """A part of an image's search document."""

    NAMES = "names"
    METADATA = "metadata"
    REMARKS = "remarks"


# With which letter PostgreSQL marks the words of each part.
_WEIGHTS = {Field.NAMES: "A", Field.METADATA: "B", Field.REMARKS: "C"}


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand side by side; the last one may go on."""

    words: tuple[str, ...]
    is_open: bool = False


def words_of(text: str) -> list[str]:
    """Return a text's words: letters and digits, without case and accents."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return [word[:MAX_WORD] for word in _WORD.findall(_MARKS.sub("", folded))]


def terms_of(query: str) -> list[Term]:
    """Return what a query asks for, all of it; nothing of a query without words.

    ``"..."`` is a phrase. What is typed without a blank (``IMG_1234.jpg``) is one too.
    The last word, unless quoted, also finds words that begin so.
    """
    found: list[Term] = []
    for match in _PARTS.finditer(query[:MAX_QUERY]):
        is_quoted = match[1] is not None
        words = tuple(words_of(match[1] if is_quoted else match[2]))
        is_last = match.end() == len(query.rstrip()[:MAX_QUERY])
        is_open = is_last and not is_quoted and bool(words)
        if words:
            found.append(Term(words, is_open and len(words[-1]) >= _MIN_PREFIX))
    return found[: MAX_TERMS - 1] + found[MAX_TERMS - 1 :][-1:]


def are_met(terms: list[Term], text: str) -> bool:
    """Return whether a text holds all that is asked, as the databases see it."""
    words = f" {' '.join(words_of(text))} "
    return all(
        f" {' '.join(term.words)}{'' if term.is_open else ' '}" in words
        for term in terms
    )


def as_tsquery(terms: list[Term], fields: frozenset[Field]) -> str:
    """Write a query for PostgreSQL; words hold nothing that needs quoting."""
    weights = "".join(sorted(_WEIGHTS[field] for field in fields))
    weights = "" if len(fields) == len(Field) else weights
    return " & ".join(_tsquery_of(term, weights) for term in terms)


def as_match(terms: list[Term], fields: frozenset[Field]) -> str:
    """Write a query for SQLite's FTS5."""
    asked = " AND ".join(
        f'"{" ".join(term.words)}"{" *" if term.is_open else ""}' for term in terms
    )
    if len(fields) == len(Field):
        return asked
    return f"{{{' '.join(sorted(fields))}}} : ({asked})"


def as_tsvector(texts: Mapping[Field, str]) -> str:
    """Write what PostgreSQL stores: each word with its places, fields with a gap."""
    places: dict[str, list[str]] = {}
    at = 1
    for field in Field:
        letter, words = _WEIGHTS[field], texts[field].split()
        for place, word in enumerate(words, at):
            seen = places.setdefault(word, [])
            if len(seen) < _MAX_PLACES:
                seen.append(
                    f"{place if place < MAX_POSITION else MAX_POSITION}{letter}"
                )
        at += len(words) + 1
    return " ".join([f"'{word}':{','.join(seen)}" for word, seen in places.items()])


def _tsquery_of(term: Term, weights: str) -> str:
    *first, last = term.words
    mark = f":{weights}" if weights else ""
    end = f":*{weights}" if term.is_open else mark
    parts = [*(f"'{word}'{mark}" for word in first), f"'{last}'{end}"]
    return f"({' <-> '.join(parts)})"
