"""How a request says who it comes from: a key, a token, or a password for a token.

One chain for every view: ``Authorization: Bearer`` holds the key of a program or the
token of a person; a browser has its session; name and password only buy a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knox.auth import TokenAuthentication
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled

from accounts.backends import address_of, seconds_locked
from accounts.keys.limits import current, note_use, spend_request
from accounts.keys.secret import PREFIX
from accounts.keys.selectors import key_of
from accounts.signing_in.factors import has_second_factor, must_have_one

if TYPE_CHECKING:
    from rest_framework.request import Request


class BearerAuthentication(TokenAuthentication):
    """``Authorization: Bearer pw_...``: a program's key, or a person's token.

    ``request.auth`` is the row of either. Whatever is malformed is simply wrong. A
    request with a good key counts, whatever becomes of it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """Return the user, and the row of the key or token."""
        if not token.replace(b"_", b"").isalnum():
            raise AuthenticationFailed("Invalid token.")
        if token.startswith(PREFIX.encode()):
            return _with_key(token.decode("ascii"))
        user, row = super().authenticate_credentials(token)
        return user, row


def _with_key(text: str) -> tuple[Any, Any]:
    key = key_of(text)
    if key is None:
        raise AuthenticationFailed("Invalid key.")
    used = current()
    used.key = key
    is_allowed, left = spend_request(key)
    used.note(left)
    if not is_allowed:
        raise Throttled(
            left.wait,
            detail=f"This key may ask {key.per_minute:,} times a minute.",
        )
    note_use(key)
    return key.account, key


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
        if has_second_factor(user) or must_have_one(user):
            raise AuthenticationFailed(
                "A password alone is not enough for this account. Sign in on the site "
                "and make the token there, or use a key."
            )
        return user, nothing
