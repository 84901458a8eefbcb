"""Webhook endpoints, and what was sent to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pixelwarden.decoding import Resource
from pixelwarden.words import (
    DeliveryState,
    DisabledBecause,
    Door,
    EventType,
    OrderKey,
    Verdict,
)


class Filters(Resource):
    """Which events an endpoint is told of, of those that have such a thing."""

    verdicts: tuple[Verdict, ...] = ()
    queues: tuple[str, ...] = ()
    sources: tuple[Door, ...] = ()


class Endpoint(Resource):
    """An address that is told of events. Its ``self_url`` is its place in the API."""

    id: str
    self_url: str
    url: str
    description: str
    event_types: tuple[EventType, ...]
    filters: Filters
    order_by: OrderKey | None
    is_enabled: bool
    disabled_because: DisabledBecause | None
    disabled_at: datetime | None
    failing_since: datetime | None
    created_at: datetime


class NewEndpoint(Endpoint):
    """An endpoint with its secret, which is shown this once."""

    secret: str


class Attempt(Resource):
    """One request of a delivery, and what came back."""

    number: int
    started_at: datetime
    duration_ms: int
    request_headers: Mapping[str, str]
    status: int | None
    response_headers: tuple[tuple[str, ...], ...]
    response_body: str
    error: str
    error_words: str


class Delivery(Resource):
    """One event on its way to one endpoint.

    ``body`` and ``attempts`` come where it is read by itself.
    """

    id: str
    url: str
    endpoint: str
    event: str
    event_type: EventType
    state: DeliveryState
    attempts_made: int
    next_at: datetime
    last_status: int | None
    last_error: str
    created_at: datetime
    ended_at: datetime | None
    body: str
    attempts: tuple[Attempt, ...] = ()
