"""Deliveries to receivers that take, refuse, hang up, lead elsewhere, or are gone."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from accounts.models import User
from moderation.models import (
    AuditEvent,
    Delivery,
    DeliveryAttempt,
    Event,
    Notification,
    WebhookEndpoint,
    WebhookSecret,
)
from moderation.services.deliveries import (
    FAILING_FOR,
    LEASE,
    deliver_due,
    lease_deliveries,
    send,
    settle,
)
from moderation.services.endpoints import (
    Wish,
    change_endpoint,
    create_endpoint,
    send_test,
    switch_endpoint,
)
from moderation.services.publishing import publish_events
from moderation.services.replaying import replay_delivery, replay_range
from moderation.webhook_schedule import WAITS
from tests.factories import make_image, make_policy, make_user
from tests.receivers import (
    Request,
    answer,
    answering,
    endless,
    hanging_up,
    receiving,
)
from tests.webhooks import allow, endpoint_at, happen, only_delivery, run, types

pytestmark = pytest.mark.django_db


def test_a_receiver_gets_what_its_library_verifies(settings: Settings) -> None:
    with receiving(answering(204, b"")) as receiver:
        _, secret = endpoint_at(receiver, settings)
        happen()
        assert run() == 1
        assert run() == 0
    request = receiver.requests[0]
    said = Webhook(secret).verify(request.body, request.headers)
    assert said["type"] == "analysis.completed"
    assert said["id"] == request.headers["webhook-id"] == str(Event.objects.get().pk)
    assert said["timestamp"].endswith("Z")
    assert request.headers["content-type"] == "application/json"
    delivery = only_delivery()
    assert (delivery.state, delivery.last_status) == ("delivered", 204)
    attempt = DeliveryAttempt.objects.get()
    assert attempt.request_headers["webhook-id"] == said["id"]
    assert secret not in str(WebhookSecret.objects.values())


def test_a_receiver_that_fails_five_times_gets_it_in_the_end(
    settings: Settings,
) -> None:
    replies = [500, 503, 429, 400, 404]

    def five_times(connection: socket.socket, _: Request) -> None:
        status = replies.pop(0) if replies else 200
        connection.sendall(answer(status, b"no"))

    now = timezone.now()
    with receiving(five_times) as receiver:
        endpoint_at(receiver, settings)
        happen()
        for wait in WAITS:
            run(now)
            now += wait * 1.3 + timedelta(seconds=1)
    delivery = only_delivery()
    assert (delivery.state, delivery.attempts_made) == ("delivered", 6)
    assert len({r.headers["webhook-id"] for r in receiver.requests}) == 1
    assert len({r.body for r in receiver.requests}) == 1
    assert WebhookEndpoint.objects.get().failing_since is None
    statuses = delivery.attempts.values_list("status", flat=True)
    assert list(statuses) == [500, 503, 429, 400, 404, 200]


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (hanging_up, "bad_answer"),
        (answering(302, headers=("Location: http://127.0.0.1/",)), "redirect_refused"),
        (answering(500, b"\0\xff" * 9999), "status"),
    ],
)
def test_what_fails_is_logged_and_tried_again(
    settings: Settings, behave: Any, error: str
) -> None:
    with receiving(behave) as receiver:
        endpoint_at(receiver, settings)
        happen()
        run()
    delivery = only_delivery()
    assert (delivery.state, delivery.last_error) == ("retrying", error)
    assert timedelta(seconds=4) < delivery.next_at - timezone.now()
    assert len(receiver.requests) == 1
    assert "\0" not in delivery.attempts.get().response_body


def test_an_answer_without_end_is_cut(settings: Settings) -> None:
    with receiving(endless) as receiver:
        endpoint_at(receiver, settings)
        happen()
        run()
    assert only_delivery().state == "delivered"
    assert len(only_delivery().attempts.get().response_body) == 2048


def test_a_name_that_leads_inside_later_is_refused_when_sending(
    settings: Settings,
) -> None:
    with receiving(answering()) as receiver:
        endpoint_at(receiver, settings)
        settings.OUTBOUND_RULES = receiver.rules(networks=())
        happen()
        run()
    assert only_delivery().last_error == "address_refused"
    assert receiver.connections == 0


def test_after_the_last_try_it_is_dead_and_can_be_replayed(settings: Settings) -> None:
    with receiving(answering(500)) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        happen()
        publish_events()
        Delivery.objects.update(tries=len(WAITS))
        deliver_due()
        assert only_delivery().state == "dead"
        assert deliver_due(now=timezone.now() + timedelta(days=9)) == 0
    lead = make_user("lead")
    with receiving(answering()) as receiver:
        allow(settings, receiver)
        wish = Wish(url=receiver.url("/new"))
        change_endpoint(endpoint_id=endpoint.pk, wish=wish, actor=lead)
        replay_delivery(delivery_id=only_delivery().pk, actor=lead)
        assert deliver_due() == 1
    assert only_delivery().state == "delivered"
    assert only_delivery().attempts.count() == 2


def test_retry_after_is_honored(settings: Settings) -> None:
    with receiving(answering(429, headers=("Retry-After: 7200",))) as receiver:
        endpoint_at(receiver, settings)
        happen()
        run()
    wait = only_delivery().next_at - timezone.now()
    assert timedelta(minutes=119) < wait <= timedelta(hours=2)


def test_gone_switches_the_endpoint_off_and_tells_who_may_switch_it_on(
    settings: Settings, lead: User, moderator: User
) -> None:
    with receiving(answering(410)) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        happen()
        run()
        happen()
        run()
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_because) == (False, "gone")
    assert only_delivery().state == "dead"  # the second was never queued
    told = Notification.objects.values_list("person", flat=True)
    assert lead.pk in told
    assert moderator.pk not in told
    assert AuditEvent.objects.filter(action="webhook_stopped").exists()


def test_days_of_failure_switch_the_endpoint_off(settings: Settings) -> None:
    with receiving(answering(500)) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        happen()
        run()
        long_ago = timezone.now() - FAILING_FOR
        WebhookEndpoint.objects.update(failing_since=long_ago)
        run(timezone.now() + timedelta(hours=1))
    endpoint.refresh_from_db()
    assert endpoint.disabled_because == "failing"
    assert only_delivery().state == "retrying"  # and waits to be switched on again


def test_what_happened_meanwhile_is_sent_by_replaying_the_span(
    settings: Settings,
) -> None:
    lead = make_user("lead")
    with receiving(answering()) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        begin = timezone.now()
        happen()
        run()
        switch_endpoint(endpoint_id=endpoint.pk, on=False, actor=lead)
        happen()
        assert run() == 0
        switch_endpoint(endpoint_id=endpoint.pk, on=True, actor=lead)
        span = {"since": begin, "until": timezone.now(), "actor": lead}
        assert replay_range(endpoint_id=endpoint.pk, failed_only=True, **span) == 0
        assert replay_range(endpoint_id=endpoint.pk, failed_only=False, **span) == 2
        assert run() == 2
    assert Delivery.objects.count() == 2


def test_a_worker_killed_between_sending_and_settling_sends_again(
    settings: Settings,
) -> None:
    with receiving(answering()) as receiver:
        endpoint_at(receiver, settings)
        happen()
        publish_events()
        letter = lease_deliveries(most=9)[0]
        outcome = send(letter)  # and here the worker dies
        assert deliver_due() == 0
        assert deliver_due(now=timezone.now() + LEASE) == 1
        assert settle(letter, outcome) is None  # it was only slow: nothing is written
    assert len({r.headers["webhook-id"] for r in receiver.requests}) == 1
    assert len(receiver.requests) == 2
    delivery = only_delivery()
    assert (delivery.state, delivery.attempts.count()) == ("delivered", 1)


def test_events_of_one_image_keep_their_order_while_others_pass(
    settings: Settings,
) -> None:
    slow, quick = make_image(), make_image()
    replies = [500]

    def first_fails(connection: socket.socket, _: Request) -> None:
        connection.sendall(answer(replies.pop() if replies else 200))

    with receiving(first_fails) as receiver:
        endpoint_at(receiver, settings, order_by="image")
        for image in (slow, slow, quick):
            happen(image=image)
            publish_events()
        first = lease_deliveries(most=1)
        assert len(first) == 1
        Delivery.objects.update(lease_token=None, leased_until=None)
        now = timezone.now()
        WebhookEndpoint.objects.update(failing_since=None)
        rows = list(Delivery.objects.order_by("position"))
        Delivery.objects.filter(pk=rows[2].pk).update(next_at=now + timedelta(hours=9))
        deliver_due(now=now)
        assert deliver_due(now=now) == 0  # the second waits for the first
        later = now + timedelta(hours=10)
        deliver_due(now=later)
        deliver_due(now=later)
        deliver_due(now=later)
    order = [r.headers["webhook-id"] for r in receiver.requests]
    ids = [str(row.event_id) for row in rows]
    assert [one for one in order if one in ids[:2]] == [ids[0], ids[0], ids[1]]
    assert ids[2] in order


def test_a_slow_endpoint_takes_a_few_places_and_another_is_served(
    settings: Settings,
) -> None:
    with receiving(answering()) as slow, receiving(answering()) as quick:
        first, _ = endpoint_at(slow, settings, event_types=["analysis.completed"])
        allow(settings, slow, quick)
        lead = make_user("lead")
        second, _ = create_endpoint(wish=Wish(url=quick.url()), actor=lead)
        happen()
        run()  # both are known to be quick now
        for _ in range(10):
            happen()
        publish_events()
        letters = lease_deliveries(most=12)
        assert {one.url for one in letters} == {first.url, second.url}
        assert len(letters) == 6
        for letter in letters:
            if letter.url == second.url:
                settle(letter, send(letter))
        again = lease_deliveries(most=12)
        assert {one.url for one in again} == {second.url}


def test_filters_choose_and_pass_what_they_do_not_speak_of(
    settings: Settings, administrator: User
) -> None:
    from moderation.services.policies import publish

    with receiving(answering()) as receiver:
        endpoint_at(receiver, settings, filters={"verdicts": ["suspicious"]})
        happen()
        happen(verdict="suspicious", score=0.7)
        publish(version=make_policy(state="draft"), state="live", actor=administrator)
        run()
        run()
    assert sorted(types(receiver)) == [
        "analysis.completed",
        "case.opened",
        "policy.changed",
    ]


def test_a_test_event_goes_to_its_endpoint_alone(settings: Settings) -> None:
    with receiving(answering()) as one, receiving(answering()) as other:
        endpoint, _ = endpoint_at(one, settings, event_types=["case.opened"])
        lead = make_user("lead")
        allow(settings, one, other)
        create_endpoint(wish=Wish(url=other.url()), actor=lead)
        send_test(endpoint_id=endpoint.pk, actor=lead)
        run()
    assert types(one) == ["webhook.test"]
    assert types(other) == []


def test_a_lost_signing_key_is_said_and_nothing_is_sent_unsigned(
    settings: Settings,
) -> None:
    with receiving(answering()) as receiver:
        endpoint_at(receiver, settings)
        happen()
        publish_events()
        settings.SECRET_KEY = "another-" + "z" * 60
        deliver_due()
    assert only_delivery().last_error == "secret_unreadable"
    assert receiver.connections == 0


def test_a_slow_receiver_is_given_up_in_time(settings: Settings) -> None:
    from moderation.services import deliveries
    from outbound.rules import Limits

    quick = Limits(connect_seconds=1, read_seconds=0.3, total_seconds=0.6)

    def slow(connection: socket.socket, _: Request) -> None:
        time.sleep(2)

    before, deliveries.LIMITS = deliveries.LIMITS, quick
    try:
        with receiving(slow) as receiver:
            endpoint_at(receiver, settings)
            happen()
            started = time.monotonic()
            run()
            assert time.monotonic() - started < 1.5
    finally:
        deliveries.LIMITS = before
    assert only_delivery().last_error == "timed_out"
