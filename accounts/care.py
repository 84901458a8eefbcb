"""Reads: how a person wants to see strangers' pictures, and when to be told to rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from accounts.models import Preferences, User


@dataclass(frozen=True, slots=True)
class Veil:
    """What lies over pictures until they are revealed."""

    blur: bool = False
    grayscale: bool = False

    @property
    def words(self) -> str:
        """The value of ``data-veil``; empty where pictures are shown as they are."""
        words = (("blur", self.blur), ("grayscale", self.grayscale))
        return " ".join(word for word, is_on in words if is_on)


def preferences_of(user: Any) -> Preferences | None:
    """Return what a person has set; None if nothing, or nobody is signed in.

    Costs no query where the user came with ``GuardedBackend.get_user``.
    """
    if not getattr(user, "is_authenticated", False):
        return None
    found: Preferences | None = getattr(user, "preferences", None)
    return found


def veil_of(user: Any) -> Veil:
    """Return what holds for a person: their own choice, else the organization's."""
    if not getattr(user, "is_authenticated", False):
        return Veil()
    own, default = preferences_of(user), user.organization
    return Veil(
        blur=_first(own.blur if own else None, default.blur_by_default),
        grayscale=_first(own.grayscale if own else None, default.grayscale_by_default),
    )


def break_minutes_of(user: Any) -> int | None:
    """Return after how many minutes of reviewing to suggest a break, if ever."""
    own = preferences_of(user)
    return own.break_minutes if own else None


def language_of(user: User | Any) -> str:
    """Return the chosen language if this installation speaks it, else nothing."""
    own = preferences_of(user)
    is_known = own is not None and own.language in dict(settings.LANGUAGES)
    return own.language if own and is_known else ""


def _first(own: bool | None, default: bool) -> bool:  # noqa: FBT001 - two of a kind
    return default if own is None else own
