"""How a request says who it comes from: a bearer token, or a password for a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knox.auth import TokenAuthentication
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled

from accounts.backends import address_of, seconds_locked

if TYPE_CHECKING:
    from rest_framework.request import Request


class BearerAuthentication(TokenAuthentication):
    """``Authorization: Bearer pw_...``; any malformed token is simply wrong."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """Return the user and the token row."""
        if not token.replace(b"_", b"").isalnum():
            raise AuthenticationFailed("Invalid token.")
        user, row = super().authenticate_credentials(token)
        return user, row


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic, used only to get a token; says when to try again."""

    www_authenticate_realm = "pixelwarden"

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> tuple[Any, Any]:
        """Return the user, or refuse a name that failed too often."""
        wait = seconds_locked(address=address_of(request), username=userid)
        if wait:
            raise Throttled(
                wait, detail="Too many failed sign-ins with this name from here."
            )
        user, nothing = super().authenticate_credentials(userid, password, request)
        return user, nothing
