"""Whatever happens to deliveries, in whatever order: none is lost, doubled or stuck."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from moderation.models import Delivery, Event, Stopped, WebhookEndpoint
from moderation.services import deliveries
from moderation.services.deliveries import (
    LEASE,
    Letter,
    Outcome,
    lease_deliveries,
    settle,
)
from moderation.services.endpoints import Wish, create_endpoint, switch_endpoint
from moderation.services.fairness import MOST_AT_ONCE
from moderation.services.publishing import publish_events
from moderation.services.replaying import replay_delivery
from moderation.services.stopping import stop_endpoint
from moderation.webhook_states import NEXT, WAITING, DeliveryState
from outbound.answers import Answer
from tests.factories import make_user

IMAGES = [
    "018f0000-0000-7000-8000-000000000001",
    "018f0000-0000-7000-8000-000000000002",
]


@pytest.mark.parametrize(
    ("start", "end"), list(product(DeliveryState, DeliveryState)), ids=str
)
def test_the_table_is_kept(start: DeliveryState, end: DeliveryState) -> None:
    delivery = Delivery(state=start)
    if end in NEXT[start]:
        deliveries._move(delivery, end)
        assert (delivery.ended_at is None) == (end in WAITING)
    else:
        with pytest.raises(ValueError, match="cannot become"):
            deliveries._move(delivery, end)


class Deliveries(RuleBasedStateMachine):
    """One ordered endpoint, a receiver that answers anything, workers that die."""

    def __init__(self) -> None:
        super().__init__()
        User.objects.filter(username="hypothesis-lead").delete()
        self.lead = make_user("lead", username="hypothesis-lead")
        self.endpoint, _ = create_endpoint(
            wish=Wish(url="https://example.org/", order_by="image"), actor=self.lead
        )
        self.now = timezone.now()
        self.held: list[Letter] = []
        self.accepted: list[str] = []

    def row(self) -> WebhookEndpoint:
        return WebhookEndpoint.objects.get(pk=self.endpoint.pk)

    @rule(image=st.sampled_from(IMAGES))
    def happen(self, image: str) -> None:
        Event.objects.create(
            type="analysis.completed", organization_id=1, data={}, image=image
        )
        publish_events()

    @rule(most=st.integers(1, 5))
    def lease(self, most: int) -> None:
        self.held += lease_deliveries(most=most, now=self.now)

    @precondition(lambda self: self.held)
    @rule(status=st.sampled_from([200, 204, 400, 410, 500, 503, 0]), data=st.data())
    def answer(self, status: int, data: Any) -> None:
        letter = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        came = Answer(status, (), b"", is_cut=False, url="") if status else None
        error = "" if status in {200, 204} else "status" if status else "timed_out"
        settled = settle(letter, Outcome(self.now, 1, {}, came, error))
        if settled is not None and not error:
            self.accepted.append(letter.message_id)
            assert settled.state == DeliveryState.DELIVERED

    @precondition(lambda self: self.held)
    @rule()
    def worker_dies(self) -> None:
        self.held.clear()

    @rule(hours=st.sampled_from([0.02, 1, 14]))
    def time_goes_on(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @rule(on=st.booleans())
    def switch(self, on: bool) -> None:  # noqa: FBT001 - hypothesis names it
        if on:
            switch_endpoint(endpoint_id=self.endpoint.pk, on=True, actor=self.lead)
        else:
            stop_endpoint(self.row(), Stopped.GONE)

    @precondition(lambda self: self.endpoint.deliveries.filter(lease_token=None))
    @rule(data=st.data())
    def replay(self, data: Any) -> None:
        free = list(self.endpoint.deliveries.filter(lease_token=None))
        chosen = data.draw(st.integers(0, len(free) - 1))
        replay_delivery(delivery_id=free[chosen].pk, actor=self.lead)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        rows = list(self.endpoint.deliveries.all())
        assert len({row.event_id for row in rows}) == len(rows)
        ended = {str(r.event_id) for r in rows if r.state == DeliveryState.DELIVERED}
        assert ended <= set(self.accepted)

    @invariant()
    def no_more_than_allowed_is_under_way_and_one_of_each_key(self) -> None:
        leased = list(self.endpoint.deliveries.filter(leased_until__gt=self.now))
        assert len(leased) <= MOST_AT_ONCE
        if not any(row.tries == 0 and row.attempts_made for row in leased):
            keys = [row.order_key for row in leased]
            assert len(keys) == len(set(keys))

    def teardown(self) -> None:
        """From wherever we are: a receiver that works gets all that waits."""
        switch_endpoint(endpoint_id=self.endpoint.pk, on=True, actor=self.lead)
        for _ in range(200):
            self.now += LEASE + timedelta(days=1)
            letters = lease_deliveries(most=9, now=self.now)
            if not letters:
                break
            for letter in letters:
                came = Answer(200, (), b"", is_cut=False, url="")
                assert settle(letter, Outcome(self.now, 1, {}, came)) is not None
        assert not self.endpoint.deliveries.filter(state__in=WAITING).exists()
        self.endpoint.delete()
        Event.objects.all().delete()


class TestDeliveries(TestCase):
    """Runs each sequence in a transaction of its own."""

    def test_any_sequence(self) -> None:
        run_state_machine_as_test(
            Deliveries,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
