"""Encrypting what has to be read again: with a key derived from the signing key."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBrokenError(Exception):
    """What was encrypted cannot be read: the signing key is another one."""


def seal(text: str) -> str:
    """Encrypt under the signing key of today."""
    return _keys().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """Decrypt under the signing key of today, or an earlier one that is still named.

    Raises
    ------
    SealBrokenError
        None of them fits.
    """
    try:
        return _keys().decrypt(sealed).decode()
    except InvalidToken:
        raise SealBrokenError("no SECRET_KEY, today's or earlier, fits") from None


def _keys() -> MultiFernet:
    return MultiFernet(
        [_key(one) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


@lru_cache(maxsize=8)
def _key(secret: str) -> Fernet:
    derived = HKDF(
        algorithm=SHA256(), length=32, salt=None, info=b"pixelwarden sealing 1"
    ).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
