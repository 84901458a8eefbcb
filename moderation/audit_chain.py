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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What the hash of a new row covers. Rows of before there were organizations are of
# format 1, which is said beside them and covered as well.
FORMAT = 2
WITHOUT_ORGANIZATION = 1
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
    organization: int | None = None
    format: int = WITHOUT_ORGANIZATION


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
        entry.format,
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
    if entry.format != WITHOUT_ORGANIZATION:
        covered.append(entry.organization)
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


@dataclass(frozen=True, slots=True)
class Row:
    """A stored row: what its hash covers, and the two hashes."""

    entry: Entry
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the record, as it is kept beside it or was noted elsewhere."""

    count: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold.

    ``kind`` is altered, missing, moved, surplus, cut or replaced.
    """

    position: int
    kind: str
    words: str


def breaks_of(
    rows: Iterable[Row],
    *,
    head: Callable[[], Head | None],
    after: Head = Head(0, START),
    noted: Head | None = None,
) -> Iterator[Break]:
    """Yield every place where a chain does not hold, in order.

    Each row is held to the hash that is stored with the row before it, so that one
    altered row is one break and not thousands.

    Parameters
    ----------
    rows : iterable of Row
        By position.
    head : callable
        Asked for the stored end once the rows are read; gives None where they are only
        a part of the record.
    after : Head, optional
        The row before the first one; by default the record's start.
    noted : Head or None
        A position with its hash that somebody has noted elsewhere.
    """
    position, last = after.count, after.hash
    for row in rows:
        found = row.entry.position
        if found != position + 1:
            yield _missing(position + 1, found)
        elif row.previous_hash != last:
            yield Break(found, "moved", "It does not follow the row before it.")
        if hash_of(row.entry, row.previous_hash) != row.hash:
            yield Break(found, "altered", "Its content is not what was recorded.")
        if noted is not None and noted.count == found and noted.hash != row.hash:
            yield Break(found, "replaced", "Its hash is not the one that was noted.")
        position, last = found, row.hash
    yield from _breaks_at_the_end(Head(position, last), head(), noted)


def _missing(expected: int, found: int) -> Break:
    if found < expected:
        return Break(found, "moved", f"It stands where row {expected:,} belongs.")
    if found == expected + 1:
        return Break(expected, "missing", "The row is gone.")
    return Break(expected, "missing", f"Rows {expected:,} to {found - 1:,} are gone.")


def _breaks_at_the_end(
    end: Head, head: Head | None, noted: Head | None
) -> Iterator[Break]:
    if head is not None and head.count > end.count:
        words = f"The record ended at row {head.count:,}; from here on it is gone."
        yield Break(end.count + 1, "cut", words)
    elif head is not None and head.count < end.count:
        words = f"The record ends at row {head.count:,}; what follows was not recorded."
        yield Break(head.count + 1, "surplus", words)
    elif head is not None and head.hash != end.hash:
        yield Break(end.count, "replaced", "Its hash is not that of the record's end.")
    if noted is not None and noted.count > end.count:
        words = f"Row {noted.count:,}, which was noted elsewhere, is gone."
        yield Break(end.count + 1, "cut", words)
