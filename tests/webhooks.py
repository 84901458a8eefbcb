"""What tests of webhooks have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moderation.models import Delivery, WebhookEndpoint
from moderation.services.completing import complete_analysis
from moderation.services.deliveries import deliver_due
from moderation.services.endpoints import Wish, create_endpoint
from moderation.services.publishing import publish_events
from tests.factories import make_analysis, make_user

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_django import Settings

    from tests.receivers import Receiver


def endpoint_at(
    receiver: Receiver, settings: Settings, **wish: Any
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint for a receiver on this machine, and let it be reached."""
    allow(settings, receiver)
    lead = make_user("lead")
    return create_endpoint(wish=Wish(url=receiver.url("/hook"), **wish), actor=lead)


def allow(settings: Settings, *receivers: Receiver) -> None:
    ports = frozenset(one.port for one in receivers)
    settings.OUTBOUND_RULES = receivers[0].rules(ports=ports)


def happen(**fields: Any) -> None:
    """Let an analysis be completed; by default no policy opens a case of it."""
    values = {"verdict": "authentic", "score": 0.05} | fields
    complete_analysis(make_analysis(**values))


def run(now: datetime | None = None) -> int:
    """Publish and deliver what is due."""
    publish_events(now=now)
    return deliver_due(now=now)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in receiver.requests]


def types(receiver: Receiver) -> list[str]:
    return [body["type"] for body in bodies(receiver)]


def only_delivery() -> Delivery:
    return Delivery.objects.get()
