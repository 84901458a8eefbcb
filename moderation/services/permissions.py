"""The last word on who may: every service asks, whatever the door has checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

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
            _(
                "You may not %(do)s. Ask an administrator to add you to a group that "
                "may."
            )
            % {"do": to_do}
        )
