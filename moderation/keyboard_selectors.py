"""Reads: which keys a person uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation.shortcuts import ACTIONS, BY_NAME, GROUPS, effective

if TYPE_CHECKING:
    from accounts.models import Preferences, User


def preferences_of(user: User) -> Preferences | None:
    """Return what a person has set; None if nothing."""
    found: Preferences | None = getattr(user, "preferences", None)
    return found


def are_on(user: User) -> bool:
    """Return whether keys do anything for this person."""
    own = preferences_of(user)
    return own is None or own.shortcuts_enabled


def keys_of(user: User) -> dict[str, str]:
    """Return the key of each action; what is stored but unknown is left out."""
    own = preferences_of(user)
    stored = own.shortcuts if own and isinstance(own.shortcuts, dict) else {}
    return effective(
        {
            name: key
            for name, key in stored.items()
            if name in BY_NAME and isinstance(key, str)
        }
    )


def for_the_page(user: User) -> dict[str, Any]:
    """Describe actions and keys to the scripts of a page."""
    keys = keys_of(user)
    return {
        "on": are_on(user),
        "groups": [{"name": group.name, "words": str(group.words)} for group in GROUPS],
        "actions": [
            {
                "name": action.name,
                "words": str(action.words),
                "key": keys[action.name],
                "group": action.group,
                "kind": action.kind,
            }
            for action in ACTIONS
        ],
    }
