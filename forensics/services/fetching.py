"""Pictures at an address: a row says what is to be fetched, a worker's hands fetch it.

The rows are the queue, taken by lease: fetching waits for strangers, so it is done
beside the analyses (config/courier.py) and never in their place. Each sender has a line
of its own and at most ``MOST_AT_ONCE`` under way; a free hand goes to whoever has the
fewest, so that a long line of addresses that drip keeps nobody waiting behind it.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.idempotency import next_id
from accounts.keys.limits import refuse_spent, spend_image
from accounts.models import User
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import SendingError, StorageError
from forensics.models import Door, Fetch, FetchStatus
from forensics.sending import Said
from forensics.services.intake import Receipt, clean_name, submit_image
from outbound.client import check_url, fetch
from outbound.errors import OutboundError, StatusError, TooLargeError
from outbound.rules import Limits, Rules

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

TRIES = 3
PAUSE = timedelta(seconds=15)  # before the second try; twice as long before the third
# Longer than one try may take, waiting to be taken in by a slow storage included.
LEASE = timedelta(minutes=5)
SECONDS_IN_ALL = 30.0
MOST_REDIRECTS = 5
MOST_AT_ONCE = 3  # of one sender
PRUNED_AT_ONCE = 1000
KEPT_FOR = timedelta(days=7)
# What may be otherwise a moment later.
PASSING = frozenset({"connect_failed", "dns_failed", "timed_out", "bad_answer"})
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class _TakenMeanwhileError(Exception):
    """Another worker was at it, too, and was first."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be fetched, so that it can be done without the database."""

    fetch_id: UUID
    token: UUID
    url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it: a body, or the code and words of why there is none."""

    body: bytes = b""
    code: str = ""
    words: str = ""
    may_pass: bool = False


def request_fetch(*, url: str, original_name: str, said: Said, sent_by: User) -> Fetch:
    """Note what is to be fetched; a worker sees it within a second.

    Raises
    ------
    SendingError
        Fetching is switched off, or the address can never be reached.
    """
    if not settings.FETCH_URLS:
        raise SendingError("fetching_is_off", "")
    ident = next_id()
    earlier = Fetch.objects.filter(pk=ident).first() if ident else None
    if earlier is not None:
        return earlier
    refuse_spent()
    try:
        address = check_url(url, rules=_rules())
    except OutboundError as error:
        raise SendingError("url_refused", str(error)) from None
    row = Fetch(
        **({"id": ident} if ident else {}),
        organization=sent_by.organization,
        sent_by=sent_by,
        url=address,
        original_name=clean_name(original_name or _last_part(address)),
        external_id=said.external_id,
        context=dict(said.context),
    )
    row.full_clean()
    with transaction.atomic():
        spend_image()  # for the key: the worker that fetches it knows of none
        row.save()
    return row


def lease_fetches(*, most: int, now: datetime | None = None) -> list[Errand]:
    """Take what is due, first of those senders who have the fewest under way."""
    now = now or timezone.now()
    if most < 1:
        return []
    due = _due(now)
    # One look for each sender: a long line of one is not read through.
    waits = Exists(due.filter(sent_by=OuterRef("pk")))
    waiting = list(User.objects.filter(waits).values_list("pk", flat=True))
    if not waiting:
        return []
    under_way = Fetch.objects.filter(leased_until__gt=now).values_list("sent_by")
    held = Counter(dict(under_way.annotate(n=Count("pk")).order_by()))
    random.shuffle(waiting)
    errands: list[Errand] = []
    for count in range(MOST_AT_ONCE):
        for sender in waiting:
            if held[sender] == count and len(errands) < most:
                held[sender] += 1
                errands += _lease_of(due.filter(sent_by=sender), now)
    return errands


def is_fetching(*, now: datetime | None = None) -> bool:
    """Whether anything is due or under way."""
    now = now or timezone.now()
    under_way = Fetch.objects.filter(leased_until__gt=now)
    return under_way.exists() or _due(now).exists()


def get(errand: Errand) -> Fetched:
    """Fetch one file; nothing that goes wrong on the way raises."""
    try:
        return Fetched(body=fetch(errand.url, rules=_rules(), limits=_limits()).body)
    except OutboundError as error:
        code, words = _in_words(error)
        return Fetched(code=code, words=words, may_pass=_may_pass(error))
    except Exception:  # a bug must not end the courier, nor try for ever
        logger.exception("fetch %s", errand.fetch_id)
        words = "Something went wrong here while it was fetched."
        return Fetched(code="internal_error", words=words, may_pass=True)


def take_in(errand: Errand, fetched: Fetched) -> None:
    """Write down what came of an errand: an image, a next try, or the end.

    Nothing happens where its lease is another's by now.
    """
    row = _held(errand).select_related("sent_by").first()
    if row is None:
        logger.info("fetch %s was taken over", errand.fetch_id)
        return
    if fetched.code:
        settle = _put_off if fetched.may_pass else _fail
        settle(row, fetched.code, fetched.words)
        return
    try:
        _take_in(row, fetched.body)
    except ImageRejectedError as error:
        _fail(row, error.code.value, error.detail)
    except StorageError:
        logger.warning("fetch %s: the storage is out of reach", row.pk, exc_info=True)
        _put_off(row, "storage_unavailable", "The file storage is out of reach.")
    except _TakenMeanwhileError:
        logger.info("fetch %s was taken over", row.pk)


def give_back(errand: Errand) -> None:
    """Leave an errand to another worker, at no cost of a try."""
    _held(errand).update(
        lease_token=None, leased_until=None, attempts=F("attempts") - 1
    )


def prune_fetches(*, now: datetime) -> int:
    """Forget a part of what was settled long ago; return how many rows."""
    old = Fetch.objects.filter(created_at__lt=now - KEPT_FOR)
    old = old.exclude(status=FetchStatus.FETCHING)
    keys = list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    return Fetch.objects.filter(pk__in=keys).delete()[0]


def _due(now: datetime) -> QuerySet[Fetch]:
    rows = Fetch.objects.filter(status=FetchStatus.FETCHING, not_before__lte=now)
    return rows.filter(Q(leased_until=None) | Q(leased_until__lte=now))


def _lease_of(line: QuerySet[Fetch], now: datetime) -> list[Errand]:
    """Take the head of a sender's line, unless somebody was faster."""
    row = line.order_by("not_before", "pk").first()
    if row is None:
        return []
    head = line.filter(pk=row.pk, attempts=row.attempts)
    if row.attempts >= TRIES:  # it ended as many workers
        head.update(
            status=FetchStatus.FAILED,
            lease_token=None,
            leased_until=None,
            error_code="gave_up",
            error_detail=f"Fetching it was interrupted {TRIES} times.",
        )
        return []
    token = uuid4()
    taken = head.update(
        lease_token=token, leased_until=now + LEASE, attempts=F("attempts") + 1
    )
    return [Errand(row.pk, token, row.url)] if taken else []


def _held(held: Errand | Fetch) -> QuerySet[Fetch]:
    """Return the row, if the lease is still the one that is held."""
    key = held.fetch_id if isinstance(held, Errand) else held.pk
    token = held.token if isinstance(held, Errand) else held.lease_token
    rows = Fetch.objects.filter(pk=key, status=FetchStatus.FETCHING)
    return rows.filter(lease_token=token)


def _take_in(row: Fetch, data: bytes) -> None:
    submit_image(
        data=data,
        original_name=row.original_name,
        door=Door.API,
        submitted_by=row.sent_by,
        said=Said(row.external_id, row.context),
        on_received=partial(_mark_received, row),
    )


def _mark_received(row: Fetch, receipt: Receipt) -> None:
    taken = _held(row).update(
        status=FetchStatus.RECEIVED,
        lease_token=None,
        leased_until=None,
        submission=receipt.submission,
        analysis=receipt.analysis,
        error_code="",
        error_detail="",
    )
    if not taken:
        raise _TakenMeanwhileError


def _put_off(row: Fetch, code: str, detail: str) -> None:
    if row.attempts >= TRIES:
        _fail(row, code, detail)
        return
    later = timezone.now() + PAUSE * 2 ** (row.attempts - 1)
    _held(row).update(
        lease_token=None,
        leased_until=None,
        not_before=later,
        error_code=code,
        error_detail=detail,
    )


def _fail(row: Fetch, code: str, detail: str) -> None:
    _held(row).update(
        lease_token=None,
        leased_until=None,
        status=FetchStatus.FAILED,
        error_code=code,
        error_detail=detail,
    )


def _may_pass(error: OutboundError) -> bool:
    if isinstance(error, StatusError):
        return error.answer is not None and error.answer.status in PASSING_STATUS
    return error.code in PASSING


def _in_words(error: OutboundError) -> tuple[str, str]:
    if isinstance(error, TooLargeError):
        most = f"{settings.MAX_UPLOAD_BYTES:,}"
        return "too_many_bytes", f"The file is larger than the {most} bytes accepted."
    return error.code, str(error)


def _rules() -> Rules:
    rules: Rules = settings.OUTBOUND_RULES
    return rules


def _limits() -> Limits:
    return Limits(
        total_seconds=SECONDS_IN_ALL,
        max_bytes=settings.MAX_UPLOAD_BYTES,
        max_redirects=MOST_REDIRECTS,
    )


def _last_part(address: str) -> str:
    return unquote(urlsplit(address).path.rsplit("/", 1)[-1], errors="replace")
