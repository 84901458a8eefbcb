"""Says in the reader's language what an analysis has said in English.

Findings are evidence: they are stored once, in English, and never rewritten. What is
stored is matched against the templates that analyzers speak in (``templates.py``), the
template is translated, and the values are put back. What no template fits stays as it
is: a text of the release before, or a stranger's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from forensics.language.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"\{(\d+)\}")
_BOUNDARY = re.compile(r"(?<=[.:;!?])\s+")
_LETTER = re.compile(r"[A-Za-z]")
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})*(?:\.\d+)?")
# A value within a sentence; and where there is no such way to read a text, any value.
_VALUE, _ANY = r"((?:(?![.!?]\s).)*?)", r"(.*?)"
_DEEPEST = 3
_LONGEST, _LONGEST_VALUE = 4000, 200
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A template with the patterns of what it says, the strict one first."""

    text: str
    head: str
    patterns: tuple[re.Pattern[str], re.Pattern[str]]


def retold(text: str) -> str:
    """Return ``text`` in the active language, as far as it is known."""
    language = get_language() or _ENGLISH
    if language.startswith(_ENGLISH) or not text or len(text) > _LONGEST:
        return text
    return _retold(text, language)


@lru_cache(maxsize=4096)
def _retold(text: str, language: str) -> str:
    parts = _in_parts(text, 0)
    return (parts != text and parts) or _whole(text, 0, strict=False) or text


def _whole(text: str, depth: int, *, strict: bool = True) -> str | None:
    """Translate a text that one template says, or return None."""
    if text in _exact():
        return gettext(text)
    for spoken in _spoken():
        pattern = spoken.patterns[0 if strict else 1]
        if text.startswith(spoken.head) and (found := pattern.fullmatch(text)):
            return _filled(spoken.text, found.groups(), depth)
    if text.endswith(".") and (bare := _whole(text[:-1], depth, strict=strict)):
        return f"{bare}."
    return None


def _filled(template: str, values: tuple[str, ...], depth: int) -> str:
    said = [_value(value, depth + 1) for value in values]
    translated = gettext(template)
    return _PLACE.sub(lambda place: _nth(said, int(place.group(1))), translated)


def _nth(values: list[str], number: int) -> str:
    return values[number - 1] if 0 < number <= len(values) else ""


def _value(text: str, depth: int) -> str:
    """Translate what stands in a template's place, if it is words of ours."""
    if _NUMBER.fullmatch(text):
        return _number(text)
    if depth > _DEEPEST or len(text) > _LONGEST_VALUE or not _LETTER.search(text):
        return text
    bare = text.strip()
    found = _whole(text, depth) or _whole(bare, depth)
    if found is None:
        return _joined(text, depth)
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}{found.strip()}{tail}"


def _joined(text: str, depth: int) -> str:
    """Translate a value that is put together from two, or leave it as it is."""
    for at in [m.start() for m in re.finditer(r"[ ,]", text)]:
        first, second = _whole(text[:at], depth + 1), _whole(text[at:], depth + 1)
        if first and second:
            return first + second
    return text


def _number(text: str) -> str:
    whole, _, decimals = text.replace(",", "").partition(".")
    return number_format(f"{whole}.{decimals}" if decimals else whole, len(decimals))


def _in_parts(text: str, depth: int) -> str:
    """Translate sentence by sentence, the longest run that one template says first."""
    ends = [*(m.span() for m in _BOUNDARY.finditer(text)), (len(text), len(text))]
    start, said = 0, []
    while start < len(text):
        left = [end for end in ends if end[0] > start] or [(len(text), len(text))]
        _, following, words = _longest(text, start, left, depth)
        said.append(words)
        start = following
    return " ".join(said)


def _longest(
    text: str, start: int, ends: list[tuple[int, int]], depth: int
) -> tuple[int, int, str]:
    for end, following in reversed(ends):
        if (found := _whole(text[start:end], depth)) is not None:
            return end, following, found
    end, following = ends[0]
    return end, following, text[start:end]


@cache
def _exact() -> frozenset[str]:
    return frozenset(t for t in TEMPLATES if not _PLACE.search(t))


@cache
def _spoken() -> tuple[_Spoken, ...]:
    """Return the templates with places, those that say most by themselves first."""
    found = sorted(_with_places(), key=lambda t: -len(_PLACE.sub("", t)))
    return tuple(_compiled(template) for template in found)


def _with_places() -> Iterator[str]:
    return (t for t in TEMPLATES if _PLACE.search(t))


def _compiled(template: str) -> _Spoken:
    parts = _PLACE.split(template)
    strict, loose = (
        re.compile(
            "".join(value if i % 2 else re.escape(p) for i, p in enumerate(parts)),
            re.DOTALL,
        )
        for value in (_VALUE, _ANY)
    )
    return _Spoken(template, parts[0], (strict, loose))
