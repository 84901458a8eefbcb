"""Which program a signature names, by the rule book."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from forensics.analysis.metadata.rulebook import rule_book

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.metadata.rulebook import BookRule

# A signature is short; what is longer is somebody's text.
_MAX_SIGNATURE = 1000


class ProgramKind(Enum):
    """What a program that signed a file has done to it."""

    GENERATOR = "generator"
    RAW_DEVELOPER = "raw developer"
    EDITOR = "editor"
    RESAVER = "resaver"
    OTHER = "other"


_KINDS: Final[Mapping[str, ProgramKind]] = {
    "ai_generated": ProgramKind.GENERATOR,
    "raw_developer": ProgramKind.RAW_DEVELOPER,
    "editing_software": ProgramKind.EDITOR,
    "resaved_by_tool": ProgramKind.RESAVER,
}


def _rules_for(place: str) -> tuple[BookRule, ...]:
    return tuple(rule for rule in rule_book().rules if place in rule.look)


_BY_SIGNATURE: Final = _rules_for("program")
_BY_NOTICE: Final = _rules_for("notice")


@lru_cache(maxsize=512)
def signed_by(text: str) -> BookRule | None:
    """Return the first rule whose program a text from a program field names.

    The first wins: developers that carry an editor's name come before editors.
    """
    signature = text[:_MAX_SIGNATURE]
    return next((rule for rule in _BY_SIGNATURE if rule.matches(signature)), None)


@lru_cache(maxsize=512)
def noticed_by(text: str) -> BookRule | None:
    """Return the first rule whose program's own line a comment or credit is."""
    line = text[:_MAX_SIGNATURE].strip("\x00 \t\r\n")
    return next((rule for rule in _BY_NOTICE if rule.matches(line)), None)


def identify(text: str) -> tuple[ProgramKind, str] | None:
    """Name the program in a text from a place where programs sign.

    Camera firmware (``Ver.1.00``, ``16.5.1``, ``HDR+ 1.0``) matches nothing.
    """
    rule = signed_by(text)
    if rule is None:
        return None
    return _KINDS.get(rule.code.name, ProgramKind.OTHER), rule.name
