"""Pictures at an address: a row says what is to be fetched, a worker fetches it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.idempotency import next_id
from accounts.keys.limits import refuse_spent, spend_image
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import SendingError, StorageError
from forensics.models import Door, Fetch, FetchStatus
from forensics.sending import Said
from forensics.services.intake import Receipt, clean_name, submit_image
from outbound.client import check_url, fetch
from outbound.errors import OutboundError, StatusError, TooLargeError
from outbound.rules import Limits, Rules

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

logger = logging.getLogger(__name__)

TRIES = 3
PAUSE = timedelta(seconds=15)  # before the second try; twice as long before the third
LEASE = timedelta(minutes=2)  # longer than one try may take
SECONDS_IN_ALL = 30.0
MOST_REDIRECTS = 5
AT_ONCE = 100
KEPT_FOR = timedelta(days=7)
# What may be otherwise a moment later.
PASSING = frozenset({"connect_failed", "dns_failed", "timed_out", "bad_answer"})
PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})


class _TakenMeanwhileError(Exception):
    """Another worker was at it, too, and was first."""


def request_fetch(*, url: str, original_name: str, said: Said, sent_by: User) -> Fetch:
    """Note what is to be fetched, and hand it to a worker.

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
        transaction.on_commit(partial(_enqueue, row.pk))
    return row


def run_fetch(*, fetch_id: UUID) -> None:
    """Fetch one file and take it in. Does nothing if it is not to be had."""
    now = timezone.now()
    taken = Fetch.objects.filter(
        pk=fetch_id, status=FetchStatus.FETCHING, not_before__lte=now
    ).update(not_before=now + LEASE, attempts=F("attempts") + 1)
    if not taken:
        return
    row = Fetch.objects.select_related("sent_by").get(pk=fetch_id)
    try:
        answer = fetch(row.url, rules=_rules(), limits=_limits())
        _take_in(row, answer.body)
    except ImageRejectedError as error:
        _fail(row, error.code.value, error.detail)
    except StorageError:
        logger.warning("fetch %s: the storage is out of reach", row.pk, exc_info=True)
        _put_off(row, "storage_unavailable", "The file storage is out of reach.")
    except OutboundError as error:
        code, words = _in_words(error)
        (_put_off if _may_pass(error) else _fail)(row, code, words)
    except _TakenMeanwhileError:
        logger.info("fetch %s was done by another worker", row.pk)


def recover_fetches(*, now: datetime | None = None) -> int:
    """Hand on again what a lost worker or a lost job left behind; return how many."""
    now = now or timezone.now()
    lost = Fetch.objects.filter(
        status=FetchStatus.FETCHING, not_before__lt=now - timedelta(minutes=2)
    )
    count = 0
    for key in list(lost.values_list("pk", flat=True)[:AT_ONCE]):
        # Of several workers that see the same row, the one whose update counts acts.
        if lost.filter(pk=key).update(not_before=now):
            _enqueue(key)
            count += 1
    return count


def prune_fetches(*, now: datetime) -> int:
    """Forget what was settled long ago; return how many rows."""
    old = Fetch.objects.filter(created_at__lt=now - KEPT_FOR)
    old = old.exclude(status=FetchStatus.FETCHING)
    keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
    return Fetch.objects.filter(pk__in=keys).delete()[0]


def _take_in(row: Fetch, data: bytes) -> None:
    submit_image(
        data=data,
        original_name=row.original_name,
        door=Door.API,
        submitted_by=row.sent_by,
        said=Said(row.external_id, row.context),
        on_received=partial(_mark_received, row.pk),
    )


def _mark_received(key: UUID, receipt: Receipt) -> None:
    taken = Fetch.objects.filter(pk=key, status=FetchStatus.FETCHING).update(
        status=FetchStatus.RECEIVED,
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
    Fetch.objects.filter(pk=row.pk, status=FetchStatus.FETCHING).update(
        not_before=later, error_code=code, error_detail=detail
    )
    _enqueue(row.pk, after=later)


def _fail(row: Fetch, code: str, detail: str) -> None:
    Fetch.objects.filter(pk=row.pk, status=FetchStatus.FETCHING).update(
        status=FetchStatus.FAILED, error_code=code, error_detail=detail
    )


def _enqueue(key: UUID, *, after: datetime | None = None) -> None:
    """Hand a row to the task engine; a failure leaves it for the next sweep."""
    try:
        job = import_string(settings.FETCH_TASK)
        (job.using(run_after=after) if after else job).enqueue(str(key))
    except Exception:  # any engine's error: the row waits, recover_fetches() retries
        logger.exception("fetch %s could not be handed to the queue", key)


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
