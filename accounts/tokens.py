"""API tokens: kept as a hash, shown once, ending on a date."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from knox.models import get_token_model

from accounts.record import record

if TYPE_CHECKING:
    from knox.models import AuthToken

    from accounts.models import User

logger = logging.getLogger(__name__)

DEFAULT_DAYS = 90
MAX_DAYS = 365


class TokenRefusedError(Exception):
    """No token can be issued; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. ``secret`` exists here and nowhere else."""

    secret: str = field(repr=False)
    key: str
    expires_at: datetime


def issue_token(
    *, user: User, days: int = DEFAULT_DAYS, actor: User | None = None
) -> IssuedToken:
    """Make a token for ``user`` that ends after ``days`` days.

    ``actor`` is who asked for it; None at the command line.

    Raises
    ------
    TokenRefusedError
        The account is switched off, or ``days`` is out of bounds.
    """
    if user.is_service:
        raise TokenRefusedError(
            f"{user.get_username()!r} is a service account. Make a key for it instead."
        )
    if not user.is_active:
        raise TokenRefusedError(
            f"The account {user.get_username()!r} is switched off. Switch it on first."
        )
    if not 1 <= days <= MAX_DAYS:
        raise TokenRefusedError(f"Expected 1 to {MAX_DAYS} days. Received {days}.")
    with transaction.atomic():
        row, secret = get_token_model().objects.create(
            user=user, expiry=timedelta(days=days)
        )
        record(
            "token_made",
            actor=actor,
            organization_id=user.organization_id,
            person=user.get_username(),
            token=row.token_key,
            expires=row.expiry,
        )
    logger.info("token %s issued to %s", row.token_key, user.get_username())
    return IssuedToken(secret=secret, key=row.token_key, expires_at=row.expiry)


@transaction.atomic
def revoke_token(token: AuthToken, *, actor: User | None) -> None:
    """End a token at once."""
    logger.info("token %s revoked", token.token_key)
    key, owner = token.token_key, token.user
    token.delete()
    record(
        "token_revoked",
        actor=actor,
        organization_id=owner.organization_id,
        person=owner.get_username(),
        token=key,
    )
