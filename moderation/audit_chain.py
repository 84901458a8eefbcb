"""PURE: how a row of the record is hashed, and how a chain of rows is checked.

The chain is a hash list (Haber and Stornetta, "How to time-stamp a digital document",
1991): each hash covers the row and the hash before it, so that a row that was altered,
taken out or moved no longer fits. Whoever can write to the database could compute the
whole chain anew; noting the newest hash elsewhere shows that, too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FORMAT = 1
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What the hash of one row covers."""

    position: int
    at: datetime
    actor: int | None
    actor_name: str
    address: str | None
    action: str
    case: str | None
    policy: int | None
    image: str | None
    data: Any


def hash_of(entry: Entry, previous_hash: str) -> str:
    """Return the SHA-256, as 64 hexadecimal digits, of a row after ``previous_hash``.

    Parameters
    ----------
    entry : Entry
        ``at`` is aware; ``data`` is JSON as ``plain`` returns it.
    previous_hash : str
        The hash of the row before, or ``START``.
    """
    covered = [
        FORMAT,
        previous_hash,
        entry.position,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.actor_name,
        entry.address,
        entry.action,
        entry.case,
        entry.policy,
        entry.image,
        entry.data,
    ]
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return ``value`` as JSON that every database gives back the same.

    Floats keep six decimals, keys become text, NUL characters (PostgreSQL takes none)
    are dropped, and whatever is not JSON becomes its text.
    """
    if isinstance(value, dict):
        return {str(plain(str(key))): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 6) + 0.0 if abs(value) < 1e9 else str(value)
    if value is None or isinstance(value, bool | int):
        return value
    return str(value).replace("\0", "")
