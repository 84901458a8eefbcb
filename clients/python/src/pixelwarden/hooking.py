"""Webhook endpoints: made, changed, tested, and what was sent to them sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pixelwarden import resources as r
from pixelwarden.calls import Filter, Listing, act, delete, get, parameters, part
from pixelwarden.protocol import Answer, Request, Steps, post

if TYPE_CHECKING:
    from datetime import datetime

    from pixelwarden.words import EventType, OrderKey

Types: TypeAlias = "Iterable[EventType | str]"
Narrowing: TypeAlias = Mapping[str, Iterable[str]]
_ENDPOINTS, _DELIVERIES = "webhooks/endpoints/", "webhooks/deliveries/"
# What an endpoint is told and where: what PUT takes, of what GET answers.
_WISHES = ("url", "description", "event_types", "filters", "order_by", "is_enabled")


def endpoints(**filters: Filter) -> Listing[r.Endpoint]:
    """List webhook endpoints."""
    return Listing(_ENDPOINTS, parameters(filters), r.Endpoint)


def endpoint(endpoint: str) -> Steps[r.Endpoint]:
    """Read a webhook endpoint."""
    return get(f"{_ENDPOINTS}{part(endpoint)}/", r.Endpoint)


def create_endpoint(  # noqa: PLR0913  # what an endpoint has
    url: str,
    *,
    description: str | None = None,
    event_types: Types | None = None,
    filters: Narrowing | None = None,
    order_by: OrderKey | str | None = None,
    is_enabled: bool | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.NewEndpoint]:
    """Have an address told of events. The ``secret`` is shown this once.

    Parameters
    ----------
    event_types : iterable of str, optional
        By default all.
    filters : mapping, optional
        ``verdicts``, ``queues`` and ``sources``, each with what is let through.
    order_by : str, optional
        ``image`` or ``case``: their events keep their order.
    """
    wish = _wish(
        url=url,
        description=description,
        event_types=event_types,
        filters=filters,
        order_by=order_by,
        is_enabled=is_enabled,
    )
    return act(_ENDPOINTS, r.NewEndpoint, wish, idempotency_key=idempotency_key)


def update_endpoint(  # noqa: PLR0913  # what an endpoint has
    endpoint: str,
    *,
    url: str | None = None,
    description: str | None = None,
    event_types: Types | None = None,
    filters: Narrowing | None = None,
    order_by: OrderKey | str | None = None,
    is_enabled: bool | None = None,
) -> Steps[r.Endpoint]:
    """Change what is named of an endpoint, and leave the rest.

    An empty list or text takes a wish back: ``event_types=[]`` means all of them.
    """
    path = f"{_ENDPOINTS}{part(endpoint)}/"
    answer: Answer = yield Request(path=path)
    known = answer.object()
    whole = {name: known[name] for name in _WISHES if known.get(name) is not None}
    given = _wish(
        url=url,
        description=description,
        event_types=event_types,
        filters=filters,
        order_by=order_by,
        is_enabled=is_enabled,
    )
    whole |= {name: value for name, value in given.items() if value is not None}
    answer = yield Request(method="PUT", path=path, json=whole)
    return r.Endpoint(answer.object())


def _wish(  # noqa: PLR0913  # what an endpoint has
    *,
    url: str | None,
    description: str | None,
    event_types: Types | None,
    filters: Narrowing | None,
    order_by: OrderKey | str | None,
    is_enabled: bool | None,
) -> dict[str, Any]:
    chosen = {name: _words(words) for name, words in (filters or {}).items()}
    return {
        "url": url,
        "description": description,
        "event_types": None if event_types is None else _words(event_types),
        "filters": None if filters is None else chosen,
        "order_by": None if order_by is None else str(order_by),
        "is_enabled": is_enabled,
    }


def _words(words: Iterable[str]) -> list[str]:
    given = (words,) if isinstance(words, str) else words
    return [str(word) for word in given]


def delete_endpoint(endpoint: str) -> Steps[None]:
    """Forget an endpoint, with its secrets and its log."""
    return delete(f"{_ENDPOINTS}{part(endpoint)}/")


def rotate_endpoint_secret(
    endpoint: str,
    *,
    overlap_hours: int | None = None,
    idempotency_key: str | None = None,
) -> Steps[str]:
    """Make a new secret and return it. Deliveries carry both signatures meanwhile."""
    answer: Answer = yield post(
        f"{_ENDPOINTS}{part(endpoint)}/rotate-secret/",
        json={} if overlap_hours is None else {"overlap_hours": overlap_hours},
        idempotency_key=idempotency_key,
    )
    return str(answer.object()["secret"])


def send_test_event(endpoint: str, *, idempotency_key: str | None = None) -> Steps[str]:
    """Have a ``webhook.test`` sent, and return the id of this event."""
    answer: Answer = yield post(
        f"{_ENDPOINTS}{part(endpoint)}/test/", idempotency_key=idempotency_key
    )
    return str(answer.object()["event"])


def deliveries(**filters: Filter) -> Listing[r.Delivery]:
    """List what was sent, such as ``endpoint=..., state="dead"``."""
    return Listing(_DELIVERIES, parameters(filters), r.Delivery)


def delivery(delivery: str) -> Steps[r.Delivery]:
    """Read a delivery with its body and the log of its attempts."""
    return get(f"{_DELIVERIES}{part(delivery)}/", r.Delivery)


def replay_delivery(
    delivery: str, *, idempotency_key: str | None = None
) -> Steps[r.Delivery]:
    """Send one delivery again, at once."""
    path = f"{_DELIVERIES}{part(delivery)}/replay/"
    return act(path, r.Delivery, idempotency_key=idempotency_key)


def replay_deliveries(
    endpoint: str,
    *,
    since: datetime,
    until: datetime,
    failed_only: bool = True,
    idempotency_key: str | None = None,
) -> Steps[int]:
    """Send again what happened in a span of time; return how many events.

    With ``failed_only=False`` also what was delivered, and what happened while the
    endpoint was switched off.
    """
    body = {"endpoint": endpoint, "failed_only": failed_only}
    body |= {"since": since.isoformat(), "until": until.isoformat()}
    answer: Answer = yield post(
        f"{_DELIVERIES}replay/", json=body, idempotency_key=idempotency_key
    )
    return int(answer.object()["events"])
