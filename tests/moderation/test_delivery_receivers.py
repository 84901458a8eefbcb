"""Receivers that misbehave by turns: nothing is lost, nothing else is reached."""

from __future__ import annotations

import json
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from moderation.models import Delivery, Event
from moderation.services import deliveries
from outbound.rules import Limits
from tests.receivers import (
    Behaviour,
    Request,
    answer,
    answering,
    dripping,
    hanging_up,
    receiving,
)
from tests.webhooks import allow, endpoint_at, happen, only_delivery, run

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.receivers import Receiver

pytestmark = pytest.mark.django_db
QUICK = Limits(connect_seconds=1, read_seconds=0.3, total_seconds=0.5, max_bytes=2048)


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "LIMITS", QUICK)


def slow(connection: socket.socket, _: Request) -> None:
    time.sleep(0.7)


def breaking_off(connection: socket.socket, _: Request) -> None:
    connection.sendall(b"HTTP/1.1 20")


def leading_to(target: Receiver, status: int) -> Behaviour:
    return answering(status, headers=(f"Location: {target.url('/inside')}",))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_this_machine_leads_nowhere(
    settings: Settings, status: int
) -> None:
    with (
        receiving(answering()) as inside,
        receiving(leading_to(inside, status)) as receiver,
    ):
        endpoint_at(receiver, settings)
        allow(settings, receiver, inside)  # so that no other rule saves us
        happen()
        run()
    assert only_delivery().last_error == "redirect_refused"
    assert only_delivery().state == "retrying"
    assert len(receiver.requests) == 1
    assert inside.connections == 0


def test_whatever_a_receiver_does_each_event_arrives_in_the_end(
    settings: Settings,
) -> None:
    """Each event meets each kind of trouble before its receiver comes to its senses."""
    met: dict[str, int] = {}

    with receiving(answering()) as inside:
        troubles: tuple[Behaviour, ...] = (
            slow,
            hanging_up,
            leading_to(inside, 307),
            answering(500),
            breaking_off,
            answering(503, headers=("Retry-After: 1",)),
            dripping(answer(), pause=0.2),
        )

        def by_turns(connection: socket.socket, request: Request) -> None:
            key = request.headers["webhook-id"]
            met[key] = met.get(key, 0) + 1
            if met[key] <= len(troubles):
                troubles[met[key] - 1](connection, request)
            else:
                connection.sendall(answer(204, b""))

        with receiving(by_turns) as receiver:
            _, secret = endpoint_at(receiver, settings)
            allow(settings, receiver, inside)
            for _ in range(3):
                happen()
            now = timezone.now()
            for _ in range(60):
                run(now)
                now += timedelta(hours=2)
                if not Delivery.objects.exclude(state="delivered").exists():
                    break
    assert inside.connections == 0
    events = {str(key) for key in Event.objects.values_list("pk", flat=True)}
    delivered = Delivery.objects.filter(state="delivered")
    assert {str(one.event_id) for one in delivered} == events
    assert met == dict.fromkeys(events, len(troubles) + 1)
    bodies: dict[str, set[bytes]] = {}
    for request in receiver.requests:
        said: Any = Webhook(secret).verify(request.body, request.headers)
        bodies.setdefault(said["id"], set()).add(request.body)
    assert bodies.keys() == events
    assert all(len(each) == 1 for each in bodies.values())
    assert all(json.loads(b)["id"] == key for key, (b,) in bodies.items())
