"""Storing which keys a person uses, with a record that they changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services import set_preferences
from moderation.exceptions import ModerationError
from moderation.services.audit import record
from moderation.shortcuts import (
    BY_NAME,
    UnusableKeyError,
    conflicts,
    effective,
    read_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User


class InvalidShortcutsError(ModerationError):
    """Keys that cannot be; ``errors`` says why for each action."""

    code = "invalid_shortcuts"

    def __init__(self, detail: str, *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.errors = dict(errors or {})


@transaction.atomic
def save_shortcuts(*, actor: User, keys: object, enabled: object = True) -> None:
    """Store one's own keys; what equals the default is not kept.

    Parameters
    ----------
    actor : User
        Whose keys they are.
    keys : object
        Meant to be a mapping of action to key, where an empty key means none; anything
        else is refused. Actions that are not named get their default.
    enabled : object
        Whether keys do anything at all.

    Raises
    ------
    InvalidShortcutsError
        Nothing was stored.
    """
    if not isinstance(enabled, bool):
        raise InvalidShortcutsError(_("Say whether keys are on: true or false."))
    own = _own(_checked(keys))
    changed = set_preferences(user=actor, shortcuts=own, shortcuts_enabled=enabled)
    if changed:
        record("settings_changed", actor=actor, changed=changed)


def _checked(keys: object) -> dict[str, str]:
    if not isinstance(keys, dict):
        raise InvalidShortcutsError(_("Send the keys as action and key."))
    if unknown := [name for name in keys if name not in BY_NAME]:
        raise InvalidShortcutsError(
            _("There is no action “%(name)s”.") % {"name": str(unknown[0])[:50]}
        )
    read, errors = {}, {}
    for name, key in keys.items():
        if not isinstance(key, str):
            errors[name] = _("That is no key. Press one key, or write one character.")
            continue
        try:
            read[name] = read_key(key)
        except UnusableKeyError as error:
            errors[name] = str(error)
    errors |= {
        name: words
        for name, words in conflicts(effective(read)).items()
        if name not in errors
    }
    if errors:
        detail = _("Nothing was stored: %(why)s") % {"why": " ".join(errors.values())}
        raise InvalidShortcutsError(detail[:2000], errors=errors)
    return read


def _own(read: Mapping[str, str]) -> dict[str, str]:
    return {name: key for name, key in read.items() if key != BY_NAME[name].key}
