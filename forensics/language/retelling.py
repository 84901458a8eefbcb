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

from django.utils.translation import get_language, gettext

from forensics.language.templates import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"\{(\d+)\}")
_BOUNDARY = re.compile(r"(?<=[.:;!?])\s+")
_DEEPEST = 3
_LONGEST = 4000
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A template with the pattern of what it says."""

    text: str
    head: str
    pattern: re.Pattern[str]


def retold(text: str) -> str:
    """Return ``text`` in the active language, as far as it is known."""
    language = get_language() or _ENGLISH
    if language.startswith(_ENGLISH) or not text or len(text) > _LONGEST:
        return text
    return _retold(text, language)


@lru_cache(maxsize=4096)
def _retold(text: str, language: str) -> str:
    return _whole(text, 0) or _in_parts(text, 0)


def _whole(text: str, depth: int) -> str | None:
    """Translate a text that one template says, or return None."""
    if text in _exact():
        return gettext(text)
    for spoken in _spoken():
        if text.startswith(spoken.head) and (found := spoken.pattern.fullmatch(text)):
            return _filled(spoken.text, found.groups(), depth)
    return None


def _filled(template: str, values: tuple[str, ...], depth: int) -> str:
    said = [_value(value, depth + 1) for value in values]
    translated = gettext(template)
    return _PLACE.sub(lambda place: _nth(said, int(place.group(1))), translated)


def _nth(values: list[str], number: int) -> str:
    return values[number - 1] if 0 < number <= len(values) else ""


def _value(text: str, depth: int) -> str:
    if depth > _DEEPEST or not any(c.isalpha() for c in text):
        return text
    bare = text.strip()
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    if bare in _exact():
        return f"{lead}{gettext(bare)}{tail}"
    if text in _exact():
        return gettext(text)
    found = _whole(text, depth) or _whole(bare, depth)
    return text if found is None else found


def _in_parts(text: str, depth: int) -> str:
    """Translate sentence by sentence, the longest run that one template says first."""
    ends = [m.span() for m in _BOUNDARY.finditer(text)]
    start, said = 0, []
    while start < len(text):
        for end, following in [*reversed([e for e in ends if e[0] > start])] or ():
            if (found := _whole(text[start:end], depth)) is not None:
                said.append(found)
                start = following
                break
        else:
            rest = text[start:]
            found = _whole(rest, depth)
            if found is not None:
                said.append(found)
                break
            end, following = next(
                (e for e in ends if e[0] > start), (len(text), len(text))
            )
            said.append(text[start:end])
            start = following
    return " ".join(said)


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
    pattern = "".join(
        "(.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
    return _Spoken(template, parts[0], re.compile(pattern, re.DOTALL))
