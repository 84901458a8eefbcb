"""PURE: draws that nobody can steer or foresee, the same each time they are made."""

import hashlib
import hmac

_SPAN = 1 << 64


def fraction(key: bytes, *parts: object) -> float:
    """Return a number in [0, 1) that only who knows ``key`` can foresee."""
    text = "\0".join(str(part) for part in parts)
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / _SPAN


def is_drawn(key: bytes, *parts: object, share: float) -> bool:
    """Return whether the draw named by ``parts`` falls into ``share``."""
    return fraction(key, *parts) < share
