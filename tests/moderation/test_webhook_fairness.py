"""Slow receivers hold a few hands; whoever is quick never waits for them."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.courier import HANDS, webhooks
from moderation.models import Delivery, Event, WebhookEndpoint
from moderation.services import deliveries, fairness
from moderation.services.deliveries import Outcome, lease_deliveries, settle
from moderation.services.endpoints import Wish, change_endpoint, create_endpoint
from moderation.services.fairness import MOST_AT_ONCE, MOST_TOGETHER, TRUST, Pace
from moderation.services.publishing import publish_events
from outbound.answers import Answer
from outbound.rules import Limits
from tests.factories import make_user
from tests.installation import wait_for
from tests.receivers import Request, answer, answering, receiving
from tests.webhooks import allow

if TYPE_CHECKING:
    from pytest_django import Settings

QUICK, SLOW = fairness.SLOW_MS, fairness.SLOW_MS + 1
SLOW_ONES = 8  # more than may hold a hand at once


def write(count: int, **fields: Any) -> None:
    for _ in range(count):
        Event.objects.create(
            type="analysis.completed", organization_id=1, data={}, **fields
        )
    publish_events()


def make_endpoint(url: str = "https://a.example/") -> WebhookEndpoint:
    return create_endpoint(wish=Wish(url=url), actor=make_user("lead"))[0]


def take(endpoint: WebhookEndpoint, duration_ms: int, *, status: int = 200) -> int:
    """Have all that can be leased answered; return how many of an endpoint it was."""
    letters = lease_deliveries(most=HANDS)
    mine = [letter for letter in letters if letter.url == endpoint.url]
    came = Answer(status, (), b"", is_cut=False, url="")
    for letter in mine:
        settle(letter, Outcome(timezone.now(), duration_ms, {}, came))
    return len(mine)


class Holding:
    """A receiver that keeps every request until it is told to answer."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.held: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_together = 0
        self._lock = threading.Lock()

    def __call__(self, stream: socket.socket, request: Request) -> None:
        path = request.line.split(" ")[1]
        with self._lock:
            self.held[path] += 1
            self.most |= self.held
            self.most_together = max(self.most_together, self.held.total())
        self.release.wait(50)
        with self._lock:
            self.held[path] -= 1
        stream.sendall(answer())


@pytest.mark.django_db(transaction=True)
def test_quick_and_new_receivers_do_not_wait_for_slow_ones_that_succeed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Limits(connect_seconds=5, read_seconds=55, total_seconds=55)
    monkeypatch.setattr(deliveries, "LIMITS", patient)
    monkeypatch.setattr(fairness, "SLOW_MS", -1)  # whoever is asked first is slow
    holding = Holding()
    holding.release.set()
    with receiving(holding) as slow, receiving(answering()) as quick:
        allow(settings, slow, quick)
        for number in range(SLOW_ONES):
            make_endpoint(slow.url(f"/{number}"))
        with webhooks():
            write(1)
            wait_for(
                lambda: not Delivery.objects.exclude(state="delivered").exists(),
                what=lambda: "all were asked once",
            )
            monkeypatch.setattr(fairness, "SLOW_MS", 30_000)
            holding.release.clear()
            holding.most.clear()
            holding.most_together = 0
            write(5)
            held = MOST_TOGETHER[Pace.SLOW]
            wait_for(lambda: holding.held.total() == held, what=lambda: "held")
            make_endpoint(quick.url())
            write(10)
            wait_for(lambda: len(quick.requests) == 10, what=lambda: "quick")
            assert holding.held.total() == held
            assert holding.most_together == held
            assert set(holding.most.values()) == {1}
            holding.release.set()


@pytest.mark.django_db(transaction=True)
def test_new_receivers_that_hang_leave_hands_for_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Limits(connect_seconds=5, read_seconds=55, total_seconds=55)
    monkeypatch.setattr(deliveries, "LIMITS", patient)
    holding = Holding()
    with receiving(holding) as slow, receiving(answering()) as quick:
        allow(settings, slow, quick)
        make_endpoint(quick.url())
        with webhooks():
            write(1)
            wait_for(lambda: len(quick.requests) == 1, what=lambda: "known")
            for number in range(SLOW_ONES):
                make_endpoint(slow.url(f"/{number}"))
            write(9)
            wait_for(lambda: len(quick.requests) == 10, what=lambda: "quick")
            wait_for(lambda: holding.held.total() > 0, what=lambda: "held")
            assert holding.most_together <= MOST_TOGETHER[Pace.NEW]
            holding.release.set()


@pytest.mark.django_db
def test_how_many_at_once_follows_the_latest_attempts() -> None:
    endpoint = make_endpoint()
    write(60)
    assert take(endpoint, QUICK) == 1  # nothing is known of it
    assert take(endpoint, SLOW) == MOST_AT_ONCE
    for _ in range(TRUST):
        assert take(endpoint, QUICK) == 1
    assert take(endpoint, QUICK) == MOST_AT_ONCE
    assert take(endpoint, QUICK, status=500) == MOST_AT_ONCE
    assert take(endpoint, QUICK) == 1  # it was failing
    assert take(endpoint, QUICK) == MOST_AT_ONCE


@pytest.mark.django_db
def test_a_changed_address_is_a_new_one() -> None:
    endpoint = make_endpoint()
    write(9)
    take(endpoint, SLOW)
    endpoint.refresh_from_db()
    assert endpoint.quick_in_a_row == 0
    changed = change_endpoint(
        endpoint_id=endpoint.pk,
        wish=Wish(url="https://b.example/"),
        actor=make_user("lead"),
    )
    assert take(changed, QUICK) == 1
    assert take(changed, QUICK) == MOST_AT_ONCE


def test_slow_and_new_endpoints_leave_hands_for_quick_ones() -> None:
    assert MOST_TOGETHER[Pace.SLOW] * 2 <= HANDS
    assert sum(MOST_TOGETHER.values()) + MOST_AT_ONCE <= HANDS


@pytest.mark.django_db
def test_choosing_what_to_send_reads_nothing_of_the_log() -> None:
    """So a log of any length costs nothing."""
    endpoint = make_endpoint()
    write(3)
    take(endpoint, SLOW)
    with CaptureQueriesContext(connection) as queries:
        assert len(lease_deliveries(most=HANDS)) == 1
    assert not [one for one in queries if "deliveryattempt" in one["sql"]]
