"""From the outbox to the deliveries: every event gets its position, then its rows.

Transactions commit in another order than the one in which they wrote their events. So
an event has no position when it is written. The publisher gives positions to what is
committed, holding the one row ``EventHead`` until its own commit: a position becomes
visible only after all lower ones are, and ``after=`` never skips any.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from moderation.models import Delivery, Event, EventHead, OrderKey, WebhookEndpoint
from moderation.webhook_states import WAITING, EventType

if TYPE_CHECKING:
    from collections.abc import Iterable

AT_ONCE = 200
PRUNE_AT_ONCE = 500


def publish_events(*, now: datetime | None = None) -> int:
    """Give positions to what may be told by now, and queue it; return how many."""
    now = now or timezone.now()
    ready = Event.objects.filter(position=None, available_at__lte=now)
    if not ready.exists():  # looking takes no lock
        return 0
    with transaction.atomic():
        head = EventHead.objects.select_for_update(skip_locked=True).first()
        if head is None:  # another worker does it
            return 0
        events = list(ready.order_by("available_at", "id")[:AT_ONCE])
        for event in events:
            head.position += 1
            event.position = head.position
        Event.objects.bulk_update(events, ["position"])
        head.save()
        queue_deliveries(events)
    return len(events)


def queue_deliveries(
    events: Iterable[Event], *, endpoint: WebhookEndpoint | None = None
) -> int:
    """Make the deliveries of events, of one endpoint or of all; return how many."""
    if endpoint is None:
        endpoints = list(WebhookEndpoint.objects.filter(is_enabled=True))
    else:
        endpoints = [endpoint]
    rows = [
        Delivery(
            endpoint=one,
            event=event,
            position=event.position,
            order_key=_order_key(one, event),
        )
        for event in events
        for one in endpoints
        if event.position is not None and wants(one, event)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def wants(endpoint: WebhookEndpoint, event: Event) -> bool:
    """Return whether an endpoint is told of an event.

    A filter speaks of events that have what it filters by: a change of a policy has no
    verdict, and passes a filter of verdicts.
    """
    if event.only_for_id is not None:
        return event.only_for_id == endpoint.pk
    if event.organization_id != endpoint.organization_id:
        return False
    if endpoint.event_types and event.type not in endpoint.event_types:
        return False
    for plural, facet in FACETS.items():
        wanted, has = endpoint.filters.get(plural), event.facets.get(facet)
        if wanted and has is not None and has not in wanted:
            return False
    return True


FACETS = {"verdicts": "verdict", "queues": "queue", "sources": "source"}


def _order_key(endpoint: WebhookEndpoint, event: Event) -> str:
    if event.type == EventType.WEBHOOK_TEST:
        return ""
    key = {OrderKey.IMAGE: event.image, OrderKey.CASE: event.case}.get(
        OrderKey(endpoint.order_by)
    )
    return str(key) if key else ""


def prune_events(*, now: datetime | None = None) -> int:
    """Delete events, with their deliveries, that are older than they are kept.

    An event stays while any delivery of it waits: a receiver that is away for long, or
    switched off, still gets it. A part at a time: whoever calls it comes again.
    """
    before = (now or timezone.now()) - timedelta(days=settings.EVENT_DAYS)
    waits = Exists(Delivery.objects.filter(event=OuterRef("pk"), state__in=WAITING))
    settled = Event.objects.filter(~waits, position__isnull=False)
    old = settled.filter(occurred_at__lt=before).order_by("occurred_at")
    keys = list(old.values_list("pk", flat=True)[:PRUNE_AT_ONCE])
    with transaction.atomic():
        # Whoever replays holds the event first: looked at again, it waits or it goes.
        held = Event.objects.select_for_update(skip_locked=True).filter(pk__in=keys)
        locked = [event.pk for event in held.order_by("pk").only("pk")]
        gone = list(settled.filter(pk__in=locked).values_list("pk", flat=True))
        Event.objects.filter(pk__in=gone).delete()
    return len(gone)
