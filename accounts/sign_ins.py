"""Signing in and out, on record.

Django's authentication says so by signals only, whichever door somebody comes through:
the site's form, the admin's, or a password for the API. So these three are used, and no
others in this project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.core.cache import cache
from django.db import transaction

from accounts.backends import WINDOW_SECONDS, address_of, lock_key, seconds_locked
from accounts.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from accounts.models import User

MAX_NAME = 150


def listen() -> None:
    """Begin to record; called once, when the app is ready."""
    user_logged_in.connect(_signed_in, dispatch_uid="record-sign-in")
    user_logged_out.connect(_signed_out, dispatch_uid="record-sign-out")
    user_login_failed.connect(_failed, dispatch_uid="record-failed-sign-in")


@transaction.atomic
def _signed_in(
    sender: Any, user: User, request: HttpRequest | None = None, **_: Any
) -> None:
    """Record it, and how; an error ends the request before a session is stored."""
    ways = (
        get_authentication_records(request, user) if hasattr(request, "session") else ()
    )
    how = [one.get("type") or one.get("provider") or one["method"] for one in ways]
    record("signed_in", actor=user, how=how)


@transaction.atomic
def _signed_out(sender: Any, user: User | None, **_: Any) -> None:
    if user is not None:
        record("signed_out", actor=user)


@transaction.atomic
def _failed(
    sender: Any,
    credentials: Mapping[str, Any],
    request: HttpRequest | None = None,
    **_: Any,
) -> None:
    """Record a wrong password; of those after the limit only that it was reached."""
    name = str(credentials.get("username") or "")[:MAX_NAME]
    address = address_of(request)
    if seconds_locked(address=address, username=name):
        if cache.add(f"{lock_key(address, name)}-recorded", 1, WINDOW_SECONDS):
            _record_failure("sign_in_locked", name)
        return
    _record_failure("sign_in_failed", name)


def _record_failure(action: str, name: str) -> None:
    """Put it on the record of whose name it is; of nobody's, on the installation's."""
    people = get_user_model().objects.filter(username=name.replace("\0", ""))
    owner = people.values_list("organization", flat=True).first()
    record(action, actor=None, organization_id=owner, person=name)
