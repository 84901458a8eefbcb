"""Values of the book to patterns that take linear time on any text."""

from __future__ import annotations

import re

from forensics.analysis.metadata.rulebook.model import MatchKind

# A generator's name convicts: it has to open the signature, at most behind its maker.
_LEAD = (
    r"\s{0,8}(?:(?:created|made|generated) (?:with|by|using|in) )?"
    r"(?:(?:Adobe|Google|Microsoft|OpenAI|Stability AI|Black Forest Labs)[ ,:/-]{0,3})?"
)
_LONGEST_PATTERN = 300
_MOST_REPEATS = 6
_LONGEST_REPEAT = 120
# A class, an escape, or what may repeat, group and refer.
_TOKEN = re.compile(
    r"\\(?P<escape>.)|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<open>\(\?[^:)]{0,3})"
    r"|(?P<many>[*+])|\)?\{(?P<low>\d*)(?P<comma>,?)(?P<high>\d*)\}"
)


class PatternError(ValueError):
    """A pattern that is refused, in words for whoever edits the book."""


def compiled(kind: MatchKind, value: str) -> re.Pattern[str]:
    """Turn one value of a rule into a pattern for ``search``.

    Raises
    ------
    PatternError
        A regular expression that is wrong, or could take more than linear time.
    """
    flags = re.IGNORECASE
    if kind is MatchKind.REGEX:
        check_linear(value)
        return _compile(value, re.DOTALL)
    if kind is MatchKind.WHOLE:
        check_linear(value)
        return _compile(rf"\A(?:{value})\Z", flags | re.DOTALL)
    if kind is MatchKind.EXACT:
        return _compile(rf"\A\s{{0,8}}{re.escape(value)}\s{{0,8}}\Z", flags)
    if kind is MatchKind.PREFIX:
        return _compile(rf"\A{re.escape(value)}", flags)
    return _compile(_named(kind, value), flags)


def _named(kind: MatchKind, value: str) -> str:
    """Write a program's name as a pattern.

    A space stands for up to three marks or none (DALL-E, DALL?E), and a version is
    often written onto the name: GIMP2.10, Lavc58.
    """
    words = r"[\W_]{0,3}".join(re.escape(word) for word in value.split(" "))
    end = "(?![a-z0-9])" if value[-1].isdigit() else "(?![a-z])"
    start = rf"\A{_LEAD}" if kind is MatchKind.OPENS else r"\b"
    return start + words + end


def _compile(pattern: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise PatternError(f"is no regular expression: {error}") from error


def check_linear(pattern: str) -> None:
    """Refuse what could take more than linear time on a stranger's text.

    Python's engine backtracks: only repetitions with a bound are allowed, few of
    them, not one inside another, and no references back.
    """
    if len(pattern) > _LONGEST_PATTERN:
        raise PatternError(f"is longer than {_LONGEST_PATTERN} characters")
    repeats = 0
    for found in _TOKEN.finditer(pattern):
        if found["many"]:
            raise PatternError("has * or +: give a bound, such as {0,40}")
        if (found["escape"] or "").isdigit() or (found["open"] or "").startswith("(?P"):
            raise PatternError("refers back to a group")
        if found["low"] is None and found["high"] is None:
            continue
        repeats += 1
        _check_repeat(found)
    if repeats > _MOST_REPEATS:
        raise PatternError(f"repeats in more than {_MOST_REPEATS} places")


def _check_repeat(found: re.Match[str]) -> None:
    if found[0].startswith(")"):
        raise PatternError("repeats a group")
    if found["comma"] and not found["high"]:
        raise PatternError("repeats without an upper bound")
    if int(found["high"] or found["low"] or 0) > _LONGEST_REPEAT:
        raise PatternError(f"repeats more than {_LONGEST_REPEAT} times")
