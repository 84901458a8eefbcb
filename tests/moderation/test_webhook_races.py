"""Events and deliveries with many at once, in real threads on a real database."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from config.courier import webhooks
from moderation import webhook_selectors
from moderation.models import Delivery, DeliveryAttempt, Event, WebhookEndpoint
from moderation.services.deliveries import lease_deliveries
from moderation.services.endpoints import Wish, create_endpoint
from moderation.services.fairness import MOST_AT_ONCE, TRUST
from moderation.services.publishing import publish_events
from tests.factories import make_user
from tests.installation import wait_for
from tests.moderation.test_races import at_once
from tests.receivers import answering, receiving, silent
from tests.webhooks import allow

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 6, 8


def write(**fields: Any) -> Event:
    return Event.objects.create(
        type="analysis.completed", organization_id=1, data={}, **fields
    )


class Crowd:
    """Writers that commit late, publishers, and one reader."""

    def __init__(self) -> None:
        self.lead = make_user("lead")
        self.done = threading.Event()
        self.read: list[int] = []

    def write_slowly(self, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(EACH):
            with transaction.atomic():
                write()
                time.sleep(chance.random() * 0.02)

    def publish_on(self) -> None:
        while not self.done.is_set():
            publish_events()

    def read_on(self) -> None:
        while len(self.read) < WRITERS * EACH and not self.done.is_set():
            rows = webhook_selectors.events_visible_to(self.lead)
            after = self.read[-1] if self.read else 0
            rows = rows.filter(position__gt=after).order_by("position")
            self.read.extend(rows.values_list("position", flat=True)[:5])
            time.sleep(0.001)


def closing(act: Callable[..., None], *given: Any) -> None:
    try:
        act(*given)
    finally:
        connection.close()


def test_a_reader_misses_nothing_of_transactions_that_commit_late() -> None:
    crowd = Crowd()
    with ThreadPoolExecutor(WRITERS + 3) as pool:
        others = [pool.submit(closing, crowd.publish_on) for _ in range(2)]
        reader = pool.submit(closing, crowd.read_on)
        writers = [
            pool.submit(closing, crowd.write_slowly, seed) for seed in range(WRITERS)
        ]
        try:
            for future in (*writers, reader):
                future.result(timeout=60)
        finally:
            crowd.done.set()
        for other in others:
            other.result()
    assert crowd.read == list(range(1, WRITERS * EACH + 1))


def test_no_two_workers_take_the_same_delivery_nor_too_many_of_one_endpoint() -> None:
    lead = make_user("lead")
    for name in ("a", "b"):
        create_endpoint(wish=Wish(url=f"https://{name}.example/"), actor=lead)
    WebhookEndpoint.objects.update(quick_in_a_row=TRUST)
    for _ in range(12):
        write()
    publish_events()
    for _ in range(4):
        Delivery.objects.update(lease_token=None, leased_until=None)
        answers = at_once([lambda: lease_deliveries(most=12)] * 4)
        taken = [one.delivery_id for letters in answers for one in letters]
        assert len(taken) == len(set(taken))
        leased = Delivery.objects.filter(lease_token__isnull=False)
        assert leased.count() == len(taken)
        assert 0 < len(taken) <= 2 * MOST_AT_ONCE


def test_ordered_deliveries_are_never_under_way_together() -> None:
    lead = make_user("lead")
    wish = Wish(url="https://a.example/", order_by="image")
    create_endpoint(wish=wish, actor=lead)
    for _ in range(6):
        write(image="018f0000-0000-7000-8000-000000000001")
    publish_events()
    for _ in range(3):
        Delivery.objects.update(lease_token=None, leased_until=None)
        answers = at_once([lambda: lease_deliveries(most=12)] * 4)
        assert sum(len(letters) for letters in answers) == 1


def test_the_courier_serves_others_while_some_are_slow(settings: Settings) -> None:
    lead = make_user("lead")
    with receiving(silent) as slow, receiving(answering()) as quick:
        allow(settings, slow, quick)
        create_endpoint(wish=Wish(url=slow.url()), actor=lead)
        create_endpoint(wish=Wish(url=quick.url()), actor=lead)
        started = time.monotonic()
        with webhooks():
            for _ in range(10):
                write()
            wait_for(lambda: len(quick.requests) == 10, what=lambda: "quick", seconds=9)
            took = time.monotonic() - started
            assert len(slow.requests) <= MOST_AT_ONCE * 3
    assert took < 9
    delivered = Delivery.objects.filter(state="delivered")
    assert delivered.count() == 10  # also what was under way at the end is settled
    assert not Delivery.objects.filter(lease_token__isnull=False).exists()
    assert DeliveryAttempt.objects.filter(error="bad_answer").exists()
