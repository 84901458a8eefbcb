"""What a key looks like: ``pw_live_<id>_<secret>``. Only the secret's hash is kept.

The secret has 256 bits from the system's generator, so that a plain SHA-256 is enough:
there is nothing to guess that a slow hash would slow down.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field

PREFIX = "pw_live_"
ID_LENGTH = 8
SECRET_LENGTH = 43  # 62 ** 43 > 2 ** 256
_ALPHABET = string.ascii_letters + string.digits
_SHAPE = re.compile(
    rf"{PREFIX}(?P<id>[A-Za-z0-9]{{{ID_LENGTH}}})_"
    rf"(?P<secret>[A-Za-z0-9]{{{SECRET_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class Presented:
    """A key as somebody sent it: its id, and the hash of its secret."""

    public_id: str
    digest: str = field(repr=False)


def new_id() -> str:
    """Return an id; the database keeps it unique."""
    return _random(ID_LENGTH)


def new_secret() -> str:
    """Return a secret of 256 bits."""
    return _random(SECRET_LENGTH)


def written(public_id: str, secret: str) -> str:
    """Return the key as it is handed out, once."""
    return f"{PREFIX}{public_id}_{secret}"


def digest_of(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read(text: str) -> Presented | None:
    """Take a key apart; None where it has not the shape of one."""
    found = _SHAPE.fullmatch(text)
    return Presented(found["id"], digest_of(found["secret"])) if found else None


def matches(given: str, *stored: str) -> bool:
    """Compare with every stored digest, in a time that tells nothing of which, or if.

    An empty one stands for *none* and never matches.
    """
    found = [hmac.compare_digest(given, one) and bool(one) for one in stored]
    return any(found)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
