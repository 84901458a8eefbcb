"""The last word on who may: every service asks, whatever the door has checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.exceptions import NotAllowedError

if TYPE_CHECKING:
    from accounts.models import User


def require(actor: User, permission: str, to_do: str) -> None:
    """Refuse a person without ``permission``, in words that say what was asked.

    Raises
    ------
    NotAllowedError
        The person may not do this.
    """
    if not actor.has_perm(permission):
        raise NotAllowedError(
            f"You may not {to_do}. Ask an administrator to add you to a group that may."
        )
