"""Second factors: who has one, who must, and taking all of them away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from knox.models import get_token_model

from accounts.record import record
from accounts.signing_in.sessions import end_sessions_of
from accounts.tokens import revoke_token

if TYPE_CHECKING:
    from collections.abc import Sequence

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
def reset_factors(*, users: Sequence[User], actor: User) -> None:
    """Take away every factor and recovery code of people who lost theirs.

    What was lost may be signed in: their sessions and tokens end, too. They sign in
    with their password alone until they add a factor anew.
    """
    if not actor.has_perm("accounts.change_user"):
        raise PermissionDenied
    changed = []
    for user in users:
        count = int(Authenticator.objects.filter(user=user).delete()[0])
        if count:
            changed.append(user)
            record(
                "factors_reset",
                actor=actor,
                organization_id=user.organization_id,
                person=user.username,
                count=count,
            )
    others = [user for user in changed if user != actor]
    end_sessions_of(others)
    tokens = get_token_model().objects.filter(user__in=others)
    for token in tokens.select_related("user"):
        revoke_token(token, actor=actor)
