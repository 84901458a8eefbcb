"""Webhook endpoints: made, changed, tested and switched by people who may."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.sealing import seal
from forensics.models import VERDICT_CHOICES, Door
from moderation.exceptions import WebhookError
from moderation.models import (
    Event,
    OrderKey,
    Queue,
    Stopped,
    WebhookEndpoint,
    WebhookSecret,
)
from moderation.services.audit import record
from moderation.services.permissions import require
from moderation.services.stopping import named, stop_endpoint
from moderation.webhook_selectors import MANAGE
from moderation.webhook_signing import new_secret
from moderation.webhook_states import EventType
from outbound.client import check_url
from outbound.errors import OutboundError

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

MOST_ENDPOINTS = 50
MOST_OVERLAP_HOURS = 168
MOST_SECRETS = 5  # at once: each lengthens a header of every request
FILTERS = ("verdicts", "queues", "sources")
SUBSCRIBABLE = tuple(t for t in EventType if t != EventType.WEBHOOK_TEST)
EVENT_CHOICES = [(t.value, str(t.label)) for t in SUBSCRIBABLE]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an endpoint shall be told, and where."""

    url: str
    description: str = ""
    event_types: list[str] = field(default_factory=list)
    filters: dict[str, list[str]] = field(default_factory=dict)
    order_by: str = OrderKey.NONE


def create_endpoint(*, wish: Wish, actor: User) -> tuple[WebhookEndpoint, str]:
    """Store an endpoint; return it with its secret, which nobody sees again.

    Raises
    ------
    WebhookError
        The address or a filter makes no sense, or there are too many endpoints.
    NotAllowedError
        The person may not manage webhooks.
    """
    require(actor, MANAGE, _("manage webhooks"))
    endpoint = WebhookEndpoint(
        organization_id=actor.organization_id,
        created_by=actor,
        created_by_name=str(actor),
    )
    _apply(endpoint, wish)
    secret = new_secret()
    with transaction.atomic():
        count = WebhookEndpoint.objects.filter(organization=actor.organization_id)
        if count.count() >= MOST_ENDPOINTS:
            raise WebhookError(
                _("There are %(most)d webhooks already; delete one that is not needed.")
                % {"most": MOST_ENDPOINTS}
            )
        endpoint.save(force_insert=True)
        WebhookSecret.objects.create(endpoint=endpoint, sealed=seal(secret))
        record(
            "webhook_created",
            actor=actor,
            webhook=named(endpoint),
            after=_as_dict(endpoint),
        )
    return endpoint, secret


def change_endpoint(*, endpoint_id: UUID, wish: Wish, actor: User) -> WebhookEndpoint:
    """Change where and of what an endpoint is told; deliveries that wait follow."""
    require(actor, MANAGE, _("manage webhooks"))
    with transaction.atomic():
        endpoint = _lock(endpoint_id, actor)
        before, url = _as_dict(endpoint), endpoint.url
        _apply(endpoint, wish)
        if endpoint.url != url:
            # How the old address did says nothing of this one.
            endpoint.failing_since = endpoint.quick_in_a_row = None
        endpoint.save()
        record(
            "webhook_changed",
            actor=actor,
            webhook=named(endpoint),
            before=before,
            after=_as_dict(endpoint),
        )
    return endpoint


def delete_endpoint(*, endpoint_id: UUID, actor: User) -> None:
    """Forget an endpoint, with its secrets and its log."""
    require(actor, MANAGE, _("manage webhooks"))
    with transaction.atomic():
        endpoint = _lock(endpoint_id, actor)
        said = named(endpoint)
        endpoint.delete()
        record("webhook_deleted", actor=actor, webhook=said)


def switch_endpoint(*, endpoint_id: UUID, on: bool, actor: User) -> WebhookEndpoint:
    """Switch an endpoint on or off; on again, what waited is sent."""
    require(actor, MANAGE, _("manage webhooks"))
    with transaction.atomic():
        endpoint = _lock(endpoint_id, actor)
        if not on:
            stop_endpoint(endpoint, Stopped.BY_HAND, actor=actor)
        elif not endpoint.is_enabled:
            endpoint.is_enabled, endpoint.disabled_because = True, ""
            endpoint.disabled_at = endpoint.failing_since = None
            endpoint.save()
            record("webhook_started", actor=actor, webhook=named(endpoint))
    return endpoint


def rotate_secret(*, endpoint_id: UUID, overlap_hours: int, actor: User) -> str:
    """Return a new secret; earlier ones sign along until the overlap is over.

    Raises
    ------
    WebhookError
        The overlap makes no sense, or as many secrets as may be sign already.
    NotAllowedError
        The person may not manage webhooks.
    """
    require(actor, MANAGE, _("manage webhooks"))
    if not 0 <= overlap_hours <= MOST_OVERLAP_HOURS:
        raise WebhookError(
            _("Choose an overlap from 0 to %(most)d hours.")
            % {"most": MOST_OVERLAP_HOURS}
        )
    secret = new_secret()
    with transaction.atomic():
        endpoint = _lock(endpoint_id, actor)
        now = timezone.now()
        ends = now + timedelta(hours=overlap_hours)
        endpoint.secrets.filter(expires_at__lte=now).delete()
        if overlap_hours:
            _refuse_many_secrets(endpoint)
            endpoint.secrets.filter(expires_at=None).update(expires_at=ends)
        else:
            endpoint.secrets.all().delete()
        WebhookSecret.objects.create(endpoint=endpoint, sealed=seal(secret))
        record(
            "webhook_secret_rotated",
            actor=actor,
            webhook=named(endpoint),
            overlap_hours=overlap_hours,
        )
    return secret


def send_test(*, endpoint_id: UUID, actor: User) -> Event:
    """Have a test event sent to one endpoint, like any other."""
    require(actor, MANAGE, _("manage webhooks"))
    with transaction.atomic():
        endpoint = _lock(endpoint_id, actor)
        if not endpoint.is_enabled:
            raise WebhookError(_("This webhook is switched off. Switch it on first."))
        event = Event.objects.create(
            type=EventType.WEBHOOK_TEST,
            organization=endpoint.organization,
            only_for=endpoint,
            data={"endpoint_id": str(endpoint.pk)},
        )
        record(
            "webhook_tested", actor=actor, webhook=named(endpoint), event=str(event.pk)
        )
    return event


def _refuse_many_secrets(endpoint: WebhookEndpoint) -> None:
    if endpoint.secrets.count() >= MOST_SECRETS:
        raise WebhookError(
            _(
                "%(most)d secrets of this webhook sign already. Wait until one of them "
                "ends, or rotate without an overlap, which ends all of them at once."
            )
            % {"most": MOST_SECRETS},
            pointer="/overlap_hours",
        )


def _lock(endpoint_id: UUID, actor: User) -> WebhookEndpoint:
    return WebhookEndpoint.objects.select_for_update().get(
        pk=endpoint_id, organization=actor.organization_id
    )


def _apply(endpoint: WebhookEndpoint, wish: Wish) -> None:
    try:
        endpoint.url = check_url(wish.url.strip(), rules=settings.OUTBOUND_RULES)
    except OutboundError as error:
        raise WebhookError(str(error), pointer="/url") from error
    endpoint.description = wish.description.replace("\0", "").strip()
    endpoint.event_types = _known(
        wish.event_types, [t.value for t in SUBSCRIBABLE], "/event_types"
    )
    endpoint.filters = _filters(wish.filters, endpoint.organization_id)
    if wish.order_by not in OrderKey.values:
        raise WebhookError(
            _("Order by 'image', 'case' or nothing."), pointer="/order_by"
        )
    endpoint.order_by = wish.order_by
    endpoint.full_clean(exclude=["organization", "created_by"])


def _filters(
    given: dict[str, list[str]], organization_id: int | None
) -> dict[str, list[str]]:
    unknown = sorted(set(given) - set(FILTERS))
    if unknown:
        raise WebhookError(
            _("Filters are: %(known)s.") % {"known": ", ".join(FILTERS)},
            pointer="/filters",
        )
    choices: dict[str, list[str]] = {
        "verdicts": [value for value, _words in VERDICT_CHOICES],
        "queues": [],
        "sources": list(Door.values),
    }
    if given.get("queues"):
        own = Queue.objects.filter(organization=organization_id)
        choices["queues"] = list(own.values_list("slug", flat=True))
    known = {
        name: _known(values, choices[name], f"/filters/{name}")
        for name, values in given.items()
    }
    return {name: values for name, values in known.items() if values}


def _known(values: list[str], choices: list[str], pointer: str) -> list[str]:
    if not set(values) <= set(choices):
        raise WebhookError(
            _("Use any of: %(known)s.") % {"known": ", ".join(choices)},
            pointer=pointer,
        )
    return [choice for choice in choices if choice in values]


def _as_dict(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "filters": endpoint.filters,
        "order_by": endpoint.order_by,
    }
