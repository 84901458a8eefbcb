"""What becomes of second factors, on record. ``allauth`` says so by signals only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa import signals
from allauth.socialaccount.signals import (
    social_account_added,
    social_account_removed,
)
from django.db import transaction

from accounts.record import record

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest

    from accounts.models import User


def listen() -> None:
    """Begin to record; called once, when the app is ready."""
    social_account_added.connect(_connected, dispatch_uid="record-connected")
    social_account_removed.connect(_disconnected, dispatch_uid="record-disconnected")
    for signal, receiver in (
        (signals.authenticator_added, _added),
        (signals.authenticator_removed, _removed),
        (signals.authenticator_reset, _renewed),
        (signals.authenticator_used, _used),
        (signals.authentication_failed, _failed),
    ):
        signal.connect(receiver, dispatch_uid=f"record-{receiver.__name__}")


def _connected(sender: Any, request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    provider = str(sociallogin.account.provider)
    _on_record("provider_connected", sociallogin.user, provider=provider)


def _disconnected(sender: Any, socialaccount: Any, **_: Any) -> None:
    provider = str(socialaccount.provider)
    _on_record("provider_disconnected", socialaccount.user, provider=provider)


def _added(sender: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    _on_record("factor_added", user, factor=authenticator.type)


def _removed(sender: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    _on_record("factor_removed", user, factor=authenticator.type)


def _renewed(sender: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    _on_record("recovery_codes_made", user)


def _used(sender: Any, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == authenticator.Type.RECOVERY_CODES:
        _on_record("recovery_code_used", user)


@transaction.atomic
def _failed(sender: Any, user: User, **_: Any) -> None:
    """Of nobody: who holds only the password is not that person."""
    record(
        "second_factor_failed",
        actor=None,
        organization_id=user.organization_id,
        person=user.username,
    )


@transaction.atomic
def _on_record(action: str, user: User, **data: Any) -> None:
    record(action, actor=user, **data)
