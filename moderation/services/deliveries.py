"""Deliveries: taken by lease, sent outside any transaction, settled in one.

At least once: a worker that is lost between sending and settling leaves a lease that
ends, and the event is sent again under the same id. Each endpoint has its own line; how
many requests it may have under way is up to :mod:`moderation.services.fairness`.
"""

from __future__ import annotations

import json
import logging
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.sealing import SealBrokenError, unseal
from moderation.models import (
    Delivery,
    DeliveryAttempt,
    Event,
    Stopped,
    WebhookEndpoint,
)
from moderation.services.fairness import Shares, note_pace, pace_of
from moderation.services.stopping import stop_endpoint
from moderation.webhook_schedule import read_retry_after, wait_after
from moderation.webhook_signing import signed_headers
from moderation.webhook_states import NEXT, WAITING, DeliveryState
from outbound.client import post
from outbound.errors import OutboundError
from outbound.rules import Limits

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from outbound.answers import Answer

logger = logging.getLogger(__name__)

LIMITS = Limits(
    connect_seconds=5.0, read_seconds=10.0, total_seconds=15.0, max_bytes=2048
)
LEASE = timedelta(seconds=60)  # well over what one request can take
GONE = 410
FAILING_FOR = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Letter:
    """All that sending needs, so that it can be done without the database."""

    delivery_id: UUID
    token: UUID
    url: str
    message_id: str
    body: bytes
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending."""

    started_at: datetime
    duration_ms: int
    headers: dict[str, str] = field(default_factory=dict)
    answer: Answer | None = None
    error: str = ""
    words: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver has taken it."""
        return not self.error and self.answer is not None and self.answer.is_success


def body_of(event: Event) -> bytes:
    """Return what is sent of an event: the same bytes at every attempt."""
    said = {
        "id": str(event.pk),
        "type": event.type,
        "timestamp": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "data": event.data,
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def lease_deliveries(*, most: int, now: datetime | None = None) -> list[Letter]:
    """Take what is due, a few of each endpoint in turn."""
    now = now or timezone.now()
    if most < 1:
        return []
    due = _due(now)
    # One look for each endpoint: a long line of one is not read through.
    waits = Exists(due.filter(endpoint=OuterRef("pk")))
    enabled = WebhookEndpoint.objects.filter(waits, is_enabled=True)
    waiting = list(enabled.values_list("pk", "quick_in_a_row"))
    random.shuffle(waiting)
    shares = Shares(now)
    letters: list[Letter] = []
    for endpoint_id, quick_in_a_row in waiting:
        if len(letters) >= most:
            break
        if shares.has_any(pace_of(quick_in_a_row)):  # spares a lock
            letters += _lease_of(endpoint_id, due, shares, most - len(letters), now)
    return letters


def send(letter: Letter) -> Outcome:
    """Send one letter; nothing that goes wrong on the way raises."""
    started_at, clock = timezone.now(), time.monotonic()
    if not letter.secrets:
        words = "No secret can be read: the signing key was changed. Rotate it."
        return Outcome(started_at, 0, error="secret_unreadable", words=words)
    headers = {"content-type": "application/json"}
    answer, error, words = None, "", ""
    try:
        headers |= signed_headers(
            message_id=letter.message_id,
            at=started_at,
            body=letter.body,
            secrets_=letter.secrets,
        )
        answer = post(
            letter.url,
            body=letter.body,
            headers=headers,
            rules=settings.OUTBOUND_RULES,
            limits=LIMITS,
        )
    except OutboundError as problem:
        answer, error, words = problem.answer, problem.code, str(problem)
    except Exception:  # any other bug must not end the courier, nor leave the row be
        logger.exception("webhook %s", letter.delivery_id)
        error, words = "internal_error", "Something went wrong on our side."
    if answer is not None and not error and not answer.is_success:
        error, words = "status", f"The receiver answered {answer.status}."
    took = int((time.monotonic() - clock) * 1000)
    return Outcome(started_at, took, headers, answer, error, words)


@transaction.atomic
def settle(letter: Letter, outcome: Outcome) -> Delivery | None:
    """Write down what came of it; None when the lease was lost to another worker."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(
        deliveries=letter.delivery_id
    )
    locked = endpoint.first()
    delivery = (
        Delivery.objects.select_for_update()
        .filter(pk=letter.delivery_id, lease_token=letter.token)
        .first()
    )
    if locked is None or delivery is None:
        logger.warning("delivery %s was taken over", letter.delivery_id)
        return None
    _log(delivery, outcome)
    # The address may be another by now, of which this answer says nothing.
    speaks = letter.url == locked.url
    delivery.lease_token = delivery.leased_until = None
    delivery.last_status = outcome.answer.status if outcome.answer else None
    delivery.last_error = outcome.error
    if outcome.is_success:
        _move(delivery, DeliveryState.DELIVERED)
    else:
        _failed(delivery, outcome, is_gone=speaks and _is_gone(outcome))
    delivery.save()
    if speaks:
        note_pace(locked, outcome.duration_ms)
        _note_health(locked, outcome)
    return delivery


def deliver_due(*, most: int = 50, now: datetime | None = None) -> int:
    """Send what is due, one after the other; return how many were sent."""
    letters = lease_deliveries(most=most, now=now)
    for letter in letters:
        settle(letter, send(letter))
    return len(letters)


def requeue(delivery: Delivery) -> None:
    """Let a locked delivery be sent at once, and retried from the beginning."""
    if delivery.state != DeliveryState.PENDING:
        _move(delivery, DeliveryState.PENDING)
    delivery.tries, delivery.next_at = 0, timezone.now()
    delivery.lease_token = delivery.leased_until = None
    delivery.save()


def _due(now: datetime) -> QuerySet[Delivery]:
    """Return what can be taken: due, not with a worker, and first of its order."""
    earlier = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        order_key=OuterRef("order_key"),
        position__lt=OuterRef("position"),
        state__in=WAITING,
    )
    return Delivery.objects.filter(
        Q(leased_until=None) | Q(leased_until__lte=now),
        Q(order_key="") | ~Exists(earlier),
        state__in=WAITING,
        next_at__lte=now,
        endpoint__is_enabled=True,
    )


def _lease_of(
    endpoint_id: UUID,
    due: QuerySet[Delivery],
    shares: Shares,
    most: int,
    now: datetime,
) -> list[Letter]:
    with transaction.atomic():
        endpoint = (
            WebhookEndpoint.objects.select_for_update(skip_locked=True)
            .filter(pk=endpoint_id, is_enabled=True)
            .first()
        )
        if endpoint is None:
            return []
        free = min(shares.free_for(endpoint), most)
        if free < 1:
            return []
        mine = due.filter(endpoint=endpoint).select_related("event")
        mine = mine.select_for_update(skip_locked=True, of=("self",))
        taken = list(mine.order_by("next_at", "position")[:free])
        token = uuid4()
        Delivery.objects.filter(pk__in=[one.pk for one in taken]).update(
            lease_token=token, leased_until=now + LEASE
        )
        shares.take(pace_of(endpoint.quick_in_a_row), len(taken))
        secrets = active_secrets(endpoint, now) if taken else ()
    return [
        Letter(
            delivery_id=one.pk,
            token=token,
            url=endpoint.url,
            message_id=str(one.event_id),
            body=body_of(one.event),
            secrets=secrets,
        )
        for one in taken
    ]


def active_secrets(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """Return the secrets in use, newest first; those that cannot be read are left."""
    rows = endpoint.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    secrets = []
    for row in rows:
        try:
            secrets.append(unseal(row.sealed))
        except SealBrokenError:
            logger.exception("the secret of webhook %s", endpoint.pk)
    return tuple(secrets)


def _log(delivery: Delivery, outcome: Outcome) -> None:
    delivery.attempts_made += 1
    answer = outcome.answer
    body = answer.body.decode("utf-8", "replace") if answer else ""
    DeliveryAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempts_made,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        request_headers=outcome.headers,
        status=answer.status if answer else None,
        response_headers=[
            [_storable(name), _storable(value)] for name, value in answer.headers[:40]
        ]
        if answer
        else [],
        response_body=_storable(body),
        error=outcome.error,
        error_words=outcome.words[:255],
    )


def _storable(text: str) -> str:
    """Return a stranger's text as a database takes it."""
    return text.replace("\0", "\ufffd")[:2048]


def _is_gone(outcome: Outcome) -> bool:
    return outcome.answer is not None and outcome.answer.status == GONE


def _failed(delivery: Delivery, outcome: Outcome, *, is_gone: bool) -> None:
    delivery.tries += 1
    now, answer = timezone.now(), outcome.answer
    wish = read_retry_after(answer.header("retry-after"), now=now) if answer else None
    # Chance that spreads load keeps no secret.
    wait = wait_after(delivery.tries, chance=random.random(), wish=wish)  # noqa: S311
    if wait is None or is_gone:
        _move(delivery, DeliveryState.DEAD)
        return
    _move(delivery, DeliveryState.RETRYING)
    delivery.next_at = now + wait


def _move(delivery: Delivery, to: DeliveryState) -> None:
    start = DeliveryState(delivery.state)
    if to not in NEXT[start]:
        raise ValueError(f"a delivery that is {start} cannot become {to}")
    delivery.state = to
    delivery.ended_at = None if to in WAITING else timezone.now()


def _note_health(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    """Keep in mind since when all fails; switch off what is gone or fails for days."""
    if outcome.is_success:
        if endpoint.failing_since is not None:
            endpoint.failing_since = None
            endpoint.save(update_fields=["failing_since"])
        return
    if _is_gone(outcome):
        stop_endpoint(endpoint, Stopped.GONE)
        return
    now = timezone.now()
    if endpoint.failing_since is None:
        endpoint.failing_since = now
        endpoint.save(update_fields=["failing_since"])
    elif now - endpoint.failing_since >= FAILING_FOR:
        stop_endpoint(endpoint, Stopped.FAILING)
