"""Second factors: who has one, who must, and taking all of them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.record import record
from accounts.signing_in.sessions import end_sessions_of

if TYPE_CHECKING:
    from accounts.models import User

EVERYBODY, STAFF = "all", "staff"
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """Return whether somebody signs in with more than a password."""
    return bool(Authenticator.objects.filter(user=user, type__in=_FACTORS).exists())


def must_have_one(user: User) -> bool:
    """Return whether this installation asks it of them (``REQUIRE_MFA``)."""
    asked = settings.REQUIRE_MFA
    return bool(asked == EVERYBODY or (asked == STAFF and user.is_staff))


@transaction.atomic
def reset_factors(*, user: User, actor: User) -> int:
    """Take away every factor and recovery code of somebody who lost theirs.

    Returns
    -------
    int
        How many there were. They are signed out everywhere, since what was lost may
        be signed in, and sign in with their password alone until they add one anew.
    """
    if not actor.has_perm("accounts.change_user"):
        raise PermissionDenied
    count = int(Authenticator.objects.filter(user=user).delete()[0])
    if count:
        if user != actor:
            end_sessions_of(user)
        record(
            "factors_reset",
            actor=actor,
            organization_id=user.organization_id,
            person=user.username,
            count=count,
        )
    return count
