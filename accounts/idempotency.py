"""The same request twice does its work once: keys, leases and kept answers.

The lease is what a crash leaves behind: once it has run out, the same request may be
made again. An answer is kept for a day, encrypted under a key that is derived from the
sender's own: some answers show a secret once, and no copy of the database shall.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import zlib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from uuid import UUID, uuid4

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import KeyedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from accounts.models import User

KEPT_FOR = timedelta(hours=24)
# After a crash, so long a repetition is put off; who lives, renews it in time.
LEASE = timedelta(seconds=30)
RENEW_EVERY = timedelta(seconds=10)
MAX_KEY = 255
MAX_ANSWER = 4 * 1024 * 1024
PRUNED_AT_ONCE = 1000
# Set on an answer of which a part says nothing about the request itself.
MAY_BE_REDONE = "may_be_redone"


class KeyReusedError(Exception):
    """The key was sent with another request before."""


class StillRunningError(Exception):
    """The first request with this key is not answered yet.

    Attributes
    ----------
    seconds : int
        When to ask again.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__("The first request with this key is not answered yet.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Begun:
    """The right to do the work of one key, once."""

    row_id: int
    token: UUID
    created_at: datetime
    secret: bytes = field(repr=False)


@dataclass
class _Numbered:
    """A request under a key, and how many rows it has made so far."""

    begun: Begun
    part: int | None = None
    count: int = 0


_PASSING = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
_numbered: ContextVar[_Numbered | None] = ContextVar("numbered", default=None)


@contextmanager
def numbering(begun: Begun) -> Iterator[None]:
    """Give ids of its key to the rows that a request makes (:func:`next_id`)."""
    mark = _numbered.set(_Numbered(begun))
    try:
        yield
    finally:
        _numbered.reset(mark)


def number_part(part: int) -> None:
    """Count anew from here: an earlier part that is refused shifts no later id."""
    numbered = _numbered.get()
    if numbered is not None:
        numbered.part, numbered.count = part, 0


def next_id() -> UUID | None:
    """Return the id of the next row that a request under a key makes; else None.

    A request that was ended by a crash is made again. Its rows get the same ids in the
    same order, so what is stored already is found. They are of version 7, with the
    time at which the key was first seen.
    """
    numbered = _numbered.get()
    if numbered is None:
        return None
    numbered.count += 1
    begun = numbered.begun
    place = f"{numbered.count}"
    if numbered.part is not None:
        place = f"{numbered.part}.{numbered.count}"
    said = f"{begun.row_id} {place}".encode()
    chance = hmac.new(begun.secret, b"id" + said, hashlib.sha256).digest()
    milliseconds = int(begun.created_at.timestamp() * 1000)
    number = milliseconds << 80 | int.from_bytes(chance[:10])
    number = number & ~(0xF << 76) | 0x7 << 76  # the version
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)  # the variant


def begin(
    *, user: User, key: str, request_digest: str, through: UUID | None = None
) -> Begun | KeptAnswer:
    """Take a key for one request, or return what it was answered before.

    ``through`` is the API key that the request came with, if it came with one.

    Raises
    ------
    KeyReusedError
        The key stands for another request.
    StillRunningError
        The first one holds its lease.
    """
    said = _said(user, key, through)
    for old in settings.SECRET_KEY_FALLBACKS:
        found = _existing(user, _derived(old, said), request_digest)
        if found is not None:
            return found
    secret = _derived(settings.SECRET_KEY, said)
    for _ in range(3):  # a row can go between the two looks at it
        begun = _insert(user, secret, request_digest)
        found = begun or _existing(user, secret, request_digest)
        if found is not None:
            return found
    raise StillRunningError(1)


def is_passing(status: int) -> bool:
    """Whether it says nothing about the request itself: later it may succeed."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING


def renew(begun: Begun) -> bool:
    """Prolong the lease of a request that takes its time; False if it was lost."""
    own = KeyedRequest.objects.filter(pk=begun.row_id, lease_token=begun.token)
    return bool(own.update(lease_expires_at=timezone.now() + LEASE))


def keep(begun: Begun, answer: KeptAnswer) -> None:
    """Keep the answer of a request; nothing happens if its lease was lost."""
    packed = zlib.compress(
        json.dumps([dict(answer.headers), answer.body.decode("latin-1")]).encode()
    )
    KeyedRequest.objects.filter(pk=begun.row_id, lease_token=begun.token).update(
        status=answer.status,
        answer=_cipher(begun.secret).encrypt(packed),
        lease_token=None,
        lease_expires_at=None,
    )


def release(begun: Begun) -> None:
    """Forget a request whose answer is not to be repeated: it may be made again."""
    KeyedRequest.objects.filter(pk=begun.row_id, lease_token=begun.token).delete()


def give_way(begun: Begun) -> None:
    """End the lease of a request of which something may be done, and keep no answer.

    It may be made again, and finds by :func:`next_id` what it stored the first time.
    """
    KeyedRequest.objects.filter(pk=begun.row_id, lease_token=begun.token).update(
        lease_expires_at=timezone.now()
    )


def prune_keys(*, now: datetime) -> int:
    """Delete a part of what is older than a day; return how many rows."""
    old = KeyedRequest.objects.filter(created_at__lt=now - KEPT_FOR)
    keys = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return KeyedRequest.objects.filter(pk__in=keys).delete()[0]


def _insert(user: User, secret: bytes, request_digest: str) -> Begun | None:
    now, token = timezone.now(), uuid4()
    try:
        with transaction.atomic():
            row = KeyedRequest(
                user=user,
                key_digest=_digest(secret),
                request_digest=request_digest,
                created_at=now,
                lease_token=token,
                lease_expires_at=now + LEASE,
            )
            # By its key: the organization itself is not looked up for this.
            row.organization_id = cast("int", user.organization_id)
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return Begun(row.pk, token, now, secret)


@transaction.atomic
def _existing(
    user: User, secret: bytes, request_digest: str
) -> Begun | KeptAnswer | None:
    row = (
        KeyedRequest.objects.select_for_update()
        .filter(user=user, key_digest=_digest(secret))
        .first()
    )
    if row is None:
        return None
    now = timezone.now()
    if row.created_at < now - KEPT_FOR:
        row.delete()
        return None
    if not hmac.compare_digest(row.request_digest, request_digest):
        raise KeyReusedError
    if row.status:
        answer = _opened(row, secret)
        if answer is None:
            row.delete()
        return answer
    if row.lease_expires_at is not None and row.lease_expires_at > now:
        left = (row.lease_expires_at - now).total_seconds()
        raise StillRunningError(max(1, min(5, math.ceil(left))))
    row.lease_token, row.lease_expires_at = uuid4(), now + LEASE
    row.save(update_fields=["lease_token", "lease_expires_at"])
    return Begun(row.pk, row.lease_token, row.created_at, secret)


def _opened(row: KeyedRequest, secret: bytes) -> KeptAnswer | None:
    """Decrypt an answer; None where the installation's secret has changed since."""
    try:
        packed = _cipher(secret).decrypt(bytes(row.answer))
    except InvalidToken:
        return None
    headers, body = json.loads(zlib.decompress(packed))
    return KeptAnswer(row.status, headers, body.encode("latin-1"))


def _said(user: User, key: str, through: UUID | None) -> bytes:
    sender = f"{user.pk}" if through is None else f"{user.pk}/{through}"
    return f"idempotency:{sender}:{key}".encode()


def _derived(signing_key: str, said: bytes) -> bytes:
    return hmac.digest(signing_key.encode(), said, "sha256")


def _digest(secret: bytes) -> str:
    return hashlib.sha256(b"row" + secret).hexdigest()


def _cipher(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"answer" + secret).digest()))
