"""Password sign-in, at every door, that stops guessing after a few failures."""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.cache import cache
from django.core.exceptions import PermissionDenied

from accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_FAILURES = 10
WINDOW_SECONDS = 300


class GuardedBackend(ModelBackend):
    """Django's own check of name and password, with a limit on failures.

    Counted by name and address together (``address_of``), so that nobody can lock a
    colleague out from elsewhere. Behind a proxy this needs ``BEHIND_PROXY``; without
    it, all who come through the proxy share its address. The count lives in the
    cache, which all processes of a machine share.
    """

    def get_user(self, user_id: Any) -> User | None:
        """Return who is signed in, with what every page asks about them: one query."""
        people = User.objects.select_related("organization", "preferences")
        user = people.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """Refuse who is switched off, and service accounts: those have keys."""
        return super().user_can_authenticate(user) and not user.is_service

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, None, or end the attempt when too many failed."""
        name = username if username is not None else kwargs.get("username")
        if name is None or password is None or "\0" in name:
            return None
        address = address_of(request)
        if seconds_locked(address=address, username=name):
            raise PermissionDenied("Too many failed sign-ins.")
        user = super().authenticate(request, username=name, password=password)
        if user is None:
            _count_failure(lock_key(address, name))
        return user


def address_of(request: HttpRequest | None) -> str:
    """Return where a request comes from.

    With ``BEHIND_PROXY`` this is the last entry of X-Forwarded-For, the one that the
    proxy itself added; those before it are whatever the caller claims.
    """
    if request is None:
        return ""
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_PROXY:
        return peer
    last = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    for entry in (last, _without_port(last)):
        with suppress(ValueError):
            return str(ip_address(entry))
    return peer


def _without_port(entry: str) -> str:
    host = entry.rpartition(":")[0] if entry.count(":") == 1 else entry
    return host.removeprefix("[").partition("]")[0]


def seconds_locked(*, address: str, username: str) -> int:
    """Return for how long this name may not try from this address; 0: it may."""
    count: tuple[int, float] = cache.get(lock_key(address, username), (0, 0.0))
    failures, until = count
    if failures < MAX_FAILURES:
        return 0
    return max(0, round(until - time.time()))


def _count_failure(key: str) -> None:
    failures, until = cache.get(key, (0, time.time() + WINDOW_SECONDS))
    cache.set(key, (failures + 1, until), max(1, until - time.time()))


def lock_key(address: str, username: str) -> str:
    """Return under which key of the cache failures are counted."""
    digest = hashlib.sha256(f"{address}\0{username.lower()}".encode()).hexdigest()
    return f"failed-sign-ins-{digest}"
