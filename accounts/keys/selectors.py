"""Reads: which key was sent, whose keys somebody sees, which accounts can have one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.grants import holds_no_more_than
from accounts.key_models import ApiKey
from accounts.keys import secret
from accounts.models import User

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

MANAGE = "accounts.manage_apikey"
_NO_KEY = ("0" * 64, "")


class KeyState(StrEnum):
    """What became of a key. The words never change their meaning."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SWITCHED_OFF = "switched_off"  # its account is, or has left the organization


def state_of(key: ApiKey, *, now: datetime | None = None) -> KeyState:
    """Say what became of a key by a moment."""
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at is not None and key.expires_at <= (now or timezone.now()):
        return KeyState.EXPIRED
    is_here = key.account.organization_id == key.organization_id
    is_on = key.account.is_active and is_here
    return KeyState.ACTIVE if is_on else KeyState.SWITCHED_OFF


def key_of(text: str) -> ApiKey | None:
    """Return the key that was sent, if it holds now; one query.

    A key that is not there costs the same comparison as one that is.
    """
    presented = secret.read(text)
    if presented is None:
        return None
    found = ApiKey.objects.select_related(
        "account__organization", "account__preferences", "pace"
    ).filter(public_id=presented.public_id)
    key, now = found.first(), timezone.now()
    stored = _secrets_of(key, now) if key else _NO_KEY
    is_right = secret.matches(presented.digest, *stored)
    if key is None or not is_right or state_of(key, now=now) != KeyState.ACTIVE:
        return None
    key.is_outgoing = presented.digest != key.secret_hash  # one of the two it is
    return key


def _secrets_of(key: ApiKey, now: datetime) -> tuple[str, str]:
    ends = key.previous_ends_at
    is_over = ends is None or ends <= now
    return key.secret_hash, "" if is_over else key.previous_hash


def keys_visible_to(user: User) -> QuerySet[ApiKey]:
    """Return the keys of one's organization, for those who manage them."""
    if not user.has_perm(MANAGE):
        return ApiKey.objects.none()
    keys = ApiKey.objects.filter(organization=user.organization_id)
    return keys.select_related("account", "created_by").order_by("-id")


def accounts_visible_to(user: User) -> QuerySet[User]:
    """Return the service accounts of one's organization, for those who manage them."""
    if not user.has_perm(MANAGE):
        return User.objects.none()
    found = User.objects.filter(organization=user.organization_id, is_service=True)
    return found.prefetch_related("groups").order_by("username")


def is_within(key: ApiKey, manager: User, through: ApiKey | None) -> bool:
    """Return whether a key may do no more than who manages it.

    Parameters
    ----------
    key : ApiKey
        The key in question; it need not be stored.
    manager : User
        Who asks.
    through : ApiKey or None
        The key they ask with, if it is one: it bounds them, too.
    """
    is_near = key.account.organization_id == manager.organization_id
    return (
        (is_near or manager.is_superuser)
        and holds_no_more_than(key.account, manager)
        and sees_as_much_as(manager, key.account)
        and (through is None or not beyond(key, through))
    )


def sees_as_much_as(manager: User, account: User) -> bool:
    """Return whether a manager sees the pictures that an account has sent.

    Permissions do not say so: who may not see all sees their own.
    """
    sees_all = manager.has_perms(("forensics.view_image", "forensics.view_submission"))
    return sees_all or manager.pk == account.pk


def beyond(key: ApiKey, other: ApiKey) -> str:
    """Say which field lets one key do more than another; empty if none does."""
    if not set(key.scopes) <= set(other.scopes):
        return "scopes"
    if _is_later(key.expires_at, other.expires_at):
        return "expires_at"
    for name in ("per_minute", "burst"):
        if getattr(key, name) > getattr(other, name):
            return name
    for name in ("images_per_day", "images_per_month"):
        mine, most = getattr(key, name), getattr(other, name)
        if most is not None and (mine is None or mine > most):
            return name
    return ""


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    """Compare two ends; None is no end."""
    return other is not None and (one is None or one > other)
