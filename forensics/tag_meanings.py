"""What tags mean in plain words, out of ``tag_meanings.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).with_name("tag_meanings.toml")
_NUMBER = re.compile(r"\[\d+\]")


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    found = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        section: {name.casefold(): words for name, words in lines.items()}
        for section, lines in found.items()
    }


def group_meaning(group: str) -> str:
    """Say what a group of tags is; empty where we do not know."""
    words = _meanings()["groups"].get(group.partition(" (")[0].casefold(), "")
    return words and gettext(words)


def group_order(group: str) -> tuple[int, str]:
    """Return what groups are sorted by: databases forget the order of a JSON's keys."""
    names = list(_meanings()["groups"])
    heading = group.partition(" (")[0].casefold()
    return (names.index(heading) if heading in names else len(names), group)


def tag_meaning(group: str, tag: str) -> str:
    """Say what a tag means; empty where we do not know.

    Of ``xmpMM:History[2].When`` the last part counts, and then the first.
    """
    name = _NUMBER.sub("", tag.rpartition(":")[2])
    own = _meanings().get(f"in {group}", {})
    common = _meanings()["tags"]
    for part in (name, name.rpartition(".")[2], name.partition(".")[0]):
        words = own.get(part.casefold()) or common.get(part.casefold())
        if words:
            return gettext(words)
    return ""
