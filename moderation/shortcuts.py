"""The one registry of what keys do, and how keys are written. Knows no person."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise

PRESS, HOLD = "press", "hold"
MAX_KEY = 24
# Written as browsers name them.
NAMED = (
    *("Enter", "Space", "Backspace", "Delete", "Insert", "Home", "End"),
    *("PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"),
    *("F1", "F2", "F3", "F4", "F6", "F7", "F8", "F9", "F10"),
)
_BY_LOWER = {name.lower(): name for name in NAMED} | {
    "return": "Enter",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "del": "Delete",
    "pgup": "PageUp",
    "pgdn": "PageDown",
}
_MODIFIERS = {"ctrl": "Ctrl", "control": "Ctrl", "cmd": "Ctrl", "shift": "Shift"}
# With Ctrl they belong to the browser, or to whoever edits a text.
_BROWSERS_OWN = frozenset("acnqrtvwx")


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that stand together on the sheet."""

    name: str
    words: str | Promise


@dataclass(frozen=True, slots=True)
class Action:
    """Something a key can do. ``name`` is what templates say in ``data-action``."""

    name: str
    words: str | Promise
    key: str
    group: str
    kind: str = PRESS


GROUPS = (
    Group("everywhere", gettext_lazy("Everywhere")),
    Group("decide", gettext_lazy("Decide a case")),
    Group("pass-on", gettext_lazy("Pass a case on")),
    Group("viewer", gettext_lazy("Look at the picture")),
)
ACTIONS = (
    Action("help", gettext_lazy("Show all keys"), "?", "everywhere"),
    Action("palette", gettext_lazy("Find anything"), "Ctrl+k", "everywhere"),
    Action("review", gettext_lazy("Start reviewing"), "w", "everywhere"),
    Action("undo", gettext_lazy("Undo the last decision"), "Ctrl+z", "everywhere"),
    Action("decide-authentic", gettext_lazy("It is authentic"), "a", "decide"),
    Action("decide-fake", gettext_lazy("It is fake"), "f", "decide"),
    Action("decide-cannot-tell", gettext_lazy("Cannot tell"), "c", "decide"),
    *(
        Action(
            f"reason-{number}",
            format_lazy(gettext_lazy("Reason {number}"), number=number),
            str(number),
            "decide",
        )
        for number in range(1, 7)
    ),
    Action("note", gettext_lazy("Write a note"), "n", "decide"),
    Action("submit", gettext_lazy("Record, then the next case"), "Enter", "decide"),
    Action("next", gettext_lazy("Go to the next open case"), "j", "decide"),
    Action("claim", gettext_lazy("Claim the case"), "t", "pass-on"),
    Action("release", gettext_lazy("Release the case"), "r", "pass-on"),
    Action("skip", gettext_lazy("Skip"), "s", "pass-on"),
    Action("hold", gettext_lazy("Put on hold"), "h", "pass-on"),
    Action("resume", gettext_lazy("Put back into the queue"), "p", "pass-on"),
    Action("escalate", gettext_lazy("Escalate to a lead"), "e", "pass-on"),
    Action("assign", gettext_lazy("Give to a colleague"), "g", "pass-on"),
    Action("hand-back", gettext_lazy("Hand back to all"), "b", "pass-on"),
    Action("related", gettext_lazy("Related cases"), "k", "pass-on"),
    Action("comment", gettext_lazy("Write a comment"), "m", "pass-on"),
    Action("reveal", gettext_lazy("Look behind the blur"), "q", "viewer", HOLD),
    Action("reveal-keep", gettext_lazy("Keep it clear"), "Shift+q", "viewer"),
    Action("viewer-compare", gettext_lazy("See the original"), "d", "viewer", HOLD),
    Action("viewer-zoom-in", gettext_lazy("Zoom in"), "+", "viewer"),
    Action("viewer-zoom-out", gettext_lazy("Zoom out"), "-", "viewer"),
    Action("viewer-reset", gettext_lazy("Whole picture"), "0", "viewer"),
    Action("viewer-actual-size", gettext_lazy("Actual size"), "x", "viewer"),
    Action("viewer-rotate", gettext_lazy("Rotate"), "o", "viewer"),
    Action("viewer-layer-next", gettext_lazy("Next evidence"), ".", "viewer"),
    Action("viewer-layer-previous", gettext_lazy("Previous evidence"), ",", "viewer"),
    Action("viewer-mode-next", gettext_lazy("Other way to compare"), "y", "viewer"),
    Action("viewer-loupe", gettext_lazy("Loupe"), "l", "viewer"),
    Action("viewer-ruler", gettext_lazy("Ruler"), "u", "viewer"),
    Action("viewer-pairs", gettext_lazy("Pair lines"), "i", "viewer"),
    Action("viewer-adjust", gettext_lazy("Colors and contrast"), "v", "viewer"),
    Action("viewer-copy-link", gettext_lazy("Copy the link"), "Shift+l", "viewer"),
    Action("viewer-fullscreen", gettext_lazy("Full screen"), "z", "viewer"),
)
BY_NAME = {action.name: action for action in ACTIONS}


class UnusableKeyError(ValueError):
    """A key that cannot be used; says why in words."""


def read_key(text: str) -> str:
    """Return a key in the one way it is written; empty for none.

    ``ctrl + K`` becomes ``Ctrl+k``. A letter counts without Shift as with it, unless
    Shift is named; other characters are named by what they write.

    Raises
    ------
    UnusableKeyError
        It is none, or one that belongs to the browser.
    """
    wanted = unicodedata.normalize("NFC", text).strip()
    if not wanted:
        return ""
    if len(wanted) > MAX_KEY or not wanted.isprintable():
        raise UnusableKeyError(
            _("That is no key. Press one key, or write one character.")
        )
    *before, last = _parts(wanted)
    modifiers = [_MODIFIERS.get(one.lower(), "") for one in before]
    base = _base(last)
    if not base or "" in modifiers or len(set(modifiers)) != len(modifiers):
        raise UnusableKeyError(
            _("“%(key)s” is no key. Write one character, or for example Ctrl+k.")
            % {"key": wanted}
        )
    has_ctrl, has_shift = "Ctrl" in modifiers, "Shift" in modifiers
    if has_ctrl and base in _BROWSERS_OWN:
        raise UnusableKeyError(
            _("Ctrl+%(key)s belongs to the browser. Take another key.") % {"key": base}
        )
    is_letter = len(base) == 1 and base.lower() != base.upper()
    if has_shift and len(base) == 1 and not is_letter:
        raise UnusableKeyError(
            _("Write the character itself instead of Shift and the key below it.")
        )
    return ("Ctrl+" if has_ctrl else "") + ("Shift+" if has_shift else "") + base


def _parts(text: str) -> list[str]:
    """Split at the plus signs; the last of them may be the key."""
    if text == "+" or text.endswith("++"):
        before = text[:-1].split("+")[:-1]
        return [*(part.strip() for part in before), "+"]
    return [part.strip() for part in text.split("+")]


def _base(text: str) -> str:
    if len(text) == 1:
        return text.lower() if len(text.lower()) == 1 else text
    return _BY_LOWER.get(text.lower().replace(" ", ""), "")


def effective(own: Mapping[str, str]) -> dict[str, str]:
    """Return the key of each action: one's own, or else the default."""
    return {action.name: own.get(action.name, action.key) for action in ACTIONS}


def conflicts(keys: Mapping[str, str]) -> dict[str, str]:
    """Return which actions share a key with one before them, in words."""
    taken: dict[str, Action] = {}
    found = {}
    for action in ACTIONS:
        key = keys[action.name]
        if not key:
            continue
        if key in taken:
            found[action.name] = _("“%(key)s” is already the key of “%(other)s”.") % {
                "key": key,
                "other": taken[key].words,
            }
        else:
            taken[key] = action
    return found
