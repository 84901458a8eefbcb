"""Switching an endpoint off, by whoever or whatever does it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from moderation.models import Notification, NotificationKind, Stopped
from moderation.services.audit import record

if TYPE_CHECKING:
    from moderation.models import WebhookEndpoint

MOST_TOLD = 50


def stop_endpoint(
    endpoint: WebhookEndpoint, why: Stopped, *, actor: User | None = None
) -> None:
    """Tell a locked endpoint nothing more; what waits for it waits.

    Whoever may switch it on again is notified when nobody has done it by hand. Runs in
    the caller's transaction, as its last step.
    """
    if not endpoint.is_enabled:
        return
    endpoint.is_enabled, endpoint.disabled_because = False, why
    endpoint.disabled_at = timezone.now()
    endpoint.save(update_fields=["is_enabled", "disabled_because", "disabled_at"])
    if why != Stopped.BY_HAND:
        _notify(endpoint)
    record(
        "webhook_stopped", actor=actor, webhook=named(endpoint), because=str(why.value)
    )


def named(endpoint: WebhookEndpoint) -> str:
    """Return what the record says of an endpoint: no path, it may hold a password."""
    return f"{urlsplit(endpoint.url).netloc}, {endpoint.pk}"


def _notify(endpoint: WebhookEndpoint) -> None:
    can = Q(
        user_permissions__codename="manage_webhooks",
    ) | Q(groups__permissions__codename="manage_webhooks")
    people = (
        User.objects.filter(can, is_active=True, organization=endpoint.organization_id)
        .distinct()
        .order_by("pk")[:MOST_TOLD]
    )
    Notification.objects.bulk_create(
        Notification(
            person=person,
            kind=NotificationKind.WEBHOOK,
            from_name=str(endpoint)[:150],
        )
        for person in people
    )
