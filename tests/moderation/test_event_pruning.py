"""Old events go, and none of them before everybody has it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from moderation.models import Delivery, Event
from moderation.services.endpoints import Wish, change_endpoint, switch_endpoint
from moderation.services.publishing import prune_events, publish_events
from tests.factories import make_user
from tests.receivers import answering, receiving
from tests.webhooks import allow, endpoint_at, happen, only_delivery, run

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_what_still_waits_is_kept_however_old_it_is(settings: Settings) -> None:
    """Also over a receiver's long absence, and while its endpoint is switched off."""
    lead = make_user("lead")
    with receiving(answering(500)) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        happen()
        run()
        assert only_delivery().state == "retrying"
        switch_endpoint(endpoint_id=endpoint.pk, on=False, actor=lead)
        happen()  # of this one nothing is queued
        publish_events()
    later = timezone.now() + timedelta(days=settings.EVENT_DAYS, hours=1)
    assert prune_events(now=later) == 1
    with receiving(answering()) as receiver:
        allow(settings, receiver)
        switch_endpoint(endpoint_id=endpoint.pk, on=True, actor=lead)
        wish = Wish(url=receiver.url("/new"))
        change_endpoint(endpoint_id=endpoint.pk, wish=wish, actor=lead)
        run(later)
    assert len(receiver.requests) == 1
    assert prune_events(now=later) == 1
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_what_is_kept_for_a_receiver_is_no_place_to_read_on_from(
    settings: Settings,
) -> None:
    """Later events are gone: whoever read on from it would miss them unawares."""
    lead, old = make_user("lead"), timedelta(days=settings.EVENT_DAYS, hours=1)
    with receiving(answering(500)) as receiver:
        endpoint_at(receiver, settings)
        happen()
        run()
    waits = Event.objects.get()
    Event.objects.update(occurred_at=timezone.now() - old)
    assert prune_events() == 0
    client = APIClient()
    client.force_authenticate(lead)
    answer = client.get("/api/v1/events/", {"after": str(waits.pk)})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "after"
    assert client.get("/api/v1/events/").json()["results"] == []
    assert client.get("/api/v1/events/?latest=true").json()["after"] is None


def test_what_was_given_up_is_not_kept(settings: Settings) -> None:
    with receiving(answering(410)) as receiver:
        endpoint_at(receiver, settings)
        happen()
        run()
    later = timezone.now() + timedelta(days=settings.EVENT_DAYS, hours=1)
    assert prune_events(now=later) == 1


def test_one_receiver_that_waits_keeps_the_event_for_itself_and_the_others(
    settings: Settings,
) -> None:
    with receiving(answering()) as quick, receiving(answering(500)) as failing:
        endpoint_at(quick, settings)
        endpoint_at(failing, settings)
        allow(settings, quick, failing)
        happen()
        run()
    states = Delivery.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == ["delivered", "retrying"]
    later = timezone.now() + timedelta(days=settings.EVENT_DAYS, hours=1)
    assert prune_events(now=later) == 0
