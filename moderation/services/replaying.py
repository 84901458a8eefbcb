"""Sending again what was sent, given up, or never queued: one delivery or a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from moderation.exceptions import WebhookError
from moderation.models import Delivery, Event, WebhookEndpoint
from moderation.services.audit import record
from moderation.services.deliveries import requeue
from moderation.services.permissions import require
from moderation.services.publishing import queue_deliveries
from moderation.services.stopping import named
from moderation.webhook_selectors import MANAGE
from moderation.webhook_states import WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User

MOST_REPLAYED = 10_000
LOOK_AT = MOST_REPLAYED + 1


def replay_delivery(*, delivery_id: UUID, actor: User) -> Delivery:
    """Send one delivery again, at once; one that waits, ahead of its time."""
    require(actor, MANAGE, _("manage webhooks"))
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(
            deliveries=delivery_id, organization=actor.organization_id
        )
        _hold([delivery_id])
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        if delivery.lease_token is not None:
            raise WebhookError(_("This event is being sent right now."))
        requeue(delivery)
        record(
            "webhook_replayed",
            actor=actor,
            webhook=named(endpoint),
            event=str(delivery.event_id),
        )
    return delivery


def replay_range(
    *,
    endpoint_id: UUID,
    since: datetime,
    until: datetime,
    failed_only: bool,
    actor: User,
) -> int:
    """Send again what happened in a span of time; return how many events.

    Without ``failed_only`` also what was delivered, and what happened while the
    endpoint was switched off. What waits by itself is left to wait.
    """
    require(actor, MANAGE, _("manage webhooks"))
    if since >= until:
        raise WebhookError(_("The span ends before it begins."), pointer="/until")
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().get(
            pk=endpoint_id, organization=actor.organization_id
        )
        count = _again(endpoint, since, until, failed_only=failed_only)
        if not failed_only:
            count += _missed(endpoint, since, until)
        record(
            "webhook_range_replayed",
            actor=actor,
            webhook=named(endpoint),
            since=since.isoformat(),
            until=until.isoformat(),
            events=count,
        )
    return count


def _again(
    endpoint: WebhookEndpoint, since: datetime, until: datetime, *, failed_only: bool
) -> int:
    ended = endpoint.deliveries.filter(
        event__occurred_at__gte=since, event__occurred_at__lt=until
    ).exclude(state__in=WAITING)
    if failed_only:
        ended = ended.filter(state="dead")
    keys = list(ended.order_by("position").values_list("pk", flat=True)[:LOOK_AT])
    _refuse_many(len(keys))
    _hold(keys)
    rows = list(
        Delivery.objects.select_for_update()
        .filter(pk__in=keys)
        .exclude(state__in=WAITING)
        .order_by("position")
    )
    for delivery in rows:
        requeue(delivery)
    return len(rows)


def _missed(endpoint: WebhookEndpoint, since: datetime, until: datetime) -> int:
    events = Event.objects.filter(
        organization=endpoint.organization_id,
        occurred_at__gte=since,
        occurred_at__lt=until,
        position__isnull=False,
        only_for=None,
    ).exclude(deliveries__endpoint=endpoint)
    keys = list(events.order_by("position").values_list("pk", flat=True)[:LOOK_AT])
    _refuse_many(len(keys))
    held = Event.objects.select_for_update().filter(pk__in=keys)
    missed = sorted(held.order_by("pk"), key=lambda event: event.position or 0)
    return queue_deliveries(missed, endpoint=endpoint)


def _hold(deliveries: Sequence[UUID]) -> None:
    """Lock their events first, as whoever prunes does: none goes in the middle."""
    events = Event.objects.select_for_update().filter(
        pk__in=Delivery.objects.filter(pk__in=deliveries).values("event")
    )
    list(events.order_by("pk").only("pk"))


def _refuse_many(count: int) -> None:
    if count > MOST_REPLAYED:
        raise WebhookError(
            _("More than %(most)d events lie in this span. Choose a shorter one.")
            % {"most": MOST_REPLAYED}
        )
