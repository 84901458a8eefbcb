"""Reads about webhooks: only ever the person's own organization's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from moderation import blinding
from moderation.models import Delivery, Event, WebhookEndpoint

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User

MANAGE = "moderation.manage_webhooks"
VIEW = "moderation.view_webhookendpoint"
READ_EVENTS = "moderation.view_event"


def endpoints_visible_to(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of somebody's organization."""
    if not user.has_perm(VIEW):
        return WebhookEndpoint.objects.none()
    return WebhookEndpoint.objects.filter(organization=user.organization_id)


def deliveries_visible_to(user: User) -> QuerySet[Delivery]:
    """Return the deliveries of somebody's organization, with event and endpoint."""
    if not user.has_perm(VIEW):
        return Delivery.objects.none()
    rows = Delivery.objects.filter(endpoint__organization=user.organization_id)
    shown = blinding.told_shown_to(rows, user, image="event__image")
    return shown.select_related("endpoint", "event")


def events_visible_to(user: User) -> QuerySet[Event]:
    """Return what somebody's organization can be told; tests of endpoints are not.

    None that is older than events are kept: it may be there still, as a receiver waits
    for it, while later ones are gone, and whoever read on from it would miss those.
    """
    if not user.has_perm(READ_EVENTS):
        return Event.objects.none()
    rows = Event.objects.filter(
        organization=user.organization_id,
        position__isnull=False,
        only_for=None,
        occurred_at__gte=timezone.now() - timedelta(days=settings.EVENT_DAYS),
    )
    return blinding.told_shown_to(rows, user)


def position_of(user: User, event_id: UUID) -> int | None:
    """Return where an event stands, for whoever has read up to it."""
    rows = events_visible_to(user).filter(pk=event_id)
    return rows.values_list("position", flat=True).first()
