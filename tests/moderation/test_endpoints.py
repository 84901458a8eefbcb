"""Endpoints: who may make them, which make sense, and how their secrets change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from accounts.models import User
from moderation.exceptions import NotAllowedError, WebhookError
from moderation.models import AuditEvent, WebhookEndpoint, WebhookSecret
from moderation.services.deliveries import lease_deliveries, send, settle
from moderation.services.endpoints import (
    MOST_SECRETS,
    Wish,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    rotate_secret,
    send_test,
    switch_endpoint,
)
from moderation.services.publishing import publish_events
from tests.factories import make_user
from tests.receivers import answering, receiving
from tests.webhooks import (
    allow,
    bodies,
    endpoint_at,
    happen,
    only_delivery,
    run,
)

pytestmark = pytest.mark.django_db


def test_a_rotated_secret_signs_beside_the_old_one_until_the_overlap_ends(
    settings: Settings,
) -> None:
    lead = make_user("lead")
    with receiving(answering()) as receiver:
        endpoint, old = endpoint_at(receiver, settings)
        new = rotate_secret(endpoint_id=endpoint.pk, overlap_hours=24, actor=lead)
        happen()
        run()
        request = receiver.requests[0]
        for secret in (old, new):
            Webhook(secret).verify(request.body, request.headers)
        WebhookSecret.objects.filter(expires_at__isnull=False).update(
            expires_at=timezone.now()
        )
        happen()
        run()
        signature = receiver.requests[1].headers["webhook-signature"]
        assert len(signature.split(" ")) == 1
        last = rotate_secret(endpoint_id=endpoint.pk, overlap_hours=0, actor=lead)
    assert last != new
    assert WebhookSecret.objects.count() == 1


def test_no_more_than_a_few_secrets_sign_at_once(lead: User) -> None:
    endpoint, _ = create_endpoint(wish=Wish(url="https://example.org/"), actor=lead)
    again = {"endpoint_id": endpoint.pk, "actor": lead}
    for _ in range(MOST_SECRETS - 1):
        rotate_secret(overlap_hours=24, **again)
    with pytest.raises(WebhookError, match="without an overlap") as refused:
        rotate_secret(overlap_hours=24, **again)
    assert refused.value.pointer == "/overlap_hours"
    assert WebhookSecret.objects.filter(expires_at=None).count() == 1
    assert WebhookSecret.objects.count() == MOST_SECRETS
    first = WebhookSecret.objects.order_by("pk").first()
    WebhookSecret.objects.filter(pk=first.pk).update(expires_at=timezone.now())  # type: ignore[union-attr]
    rotate_secret(overlap_hours=24, **again)
    assert WebhookSecret.objects.count() == MOST_SECRETS
    rotate_secret(overlap_hours=0, **again)
    assert WebhookSecret.objects.count() == 1


def test_a_changed_address_begins_without_the_failures_of_the_old_one(
    settings: Settings,
) -> None:
    lead = make_user("lead")
    with receiving(answering(500)) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        happen()
        run()
        endpoint.refresh_from_db()
        assert endpoint.failing_since is not None
        key = {"endpoint_id": endpoint.pk, "actor": lead}
        wish = Wish(url=receiver.url("/hook"), description="Shop")
        assert change_endpoint(wish=wish, **key).failing_since is not None
        wish = Wish(url=receiver.url("/other"))
        assert change_endpoint(wish=wish, **key).failing_since is None
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


@pytest.mark.parametrize("status", [500, 410])
def test_what_the_old_address_answers_late_says_nothing_of_the_new_one(
    settings: Settings, status: int
) -> None:
    lead = make_user("lead")
    with receiving(answering(status)) as old, receiving(answering()) as new:
        endpoint, _ = endpoint_at(old, settings)
        allow(settings, old, new)
        happen()
        publish_events()
        (letter,) = lease_deliveries(most=1)
        outcome = send(letter)
        wish = Wish(url=new.url("/hook"))
        change_endpoint(endpoint_id=endpoint.pk, wish=wish, actor=lead)
        settle(letter, outcome)
        endpoint.refresh_from_db()
        assert (endpoint.failing_since, endpoint.is_enabled) == (None, True)
        assert only_delivery().state == "retrying"
        assert run(timezone.now() + timedelta(hours=1)) == 1
    assert len(new.requests) == 1


def test_a_test_does_not_say_who_sent_it(settings: Settings) -> None:
    lead = make_user("lead", username="ada-the-lead")
    with receiving(answering()) as receiver:
        endpoint, _ = endpoint_at(receiver, settings)
        send_test(endpoint_id=endpoint.pk, actor=lead)
        run()
    assert bodies(receiver)[0]["data"] == {"endpoint_id": str(endpoint.pk)}
    assert b"ada-the-lead" not in receiver.requests[0].body


@pytest.mark.parametrize(
    "wish",
    [
        {"url": "http://127.0.0.1/"},
        {"url": "https://169.254.169.254/latest/meta-data/"},
        {"url": "ftp://example.org/"},
        {"url": "https://example.org/", "event_types": ["case.eaten"]},
        {"url": "https://example.org/", "event_types": ["webhook.test"]},
        {"url": "https://example.org/", "filters": {"colors": ["red"]}},
        {"url": "https://example.org/", "filters": {"queues": ["nowhere"]}},
        {"url": "https://example.org/", "order_by": "mood"},
    ],
)
def test_endpoints_that_make_no_sense_are_refused(
    lead: User, wish: dict[str, Any]
) -> None:
    with pytest.raises(WebhookError):
        create_endpoint(wish=Wish(**wish), actor=lead)
    assert not WebhookEndpoint.objects.exists()


def test_moderators_may_not(moderator: User, lead: User) -> None:
    wish = Wish(url="https://example.org/")
    endpoint, _ = create_endpoint(wish=wish, actor=lead)
    key = {"endpoint_id": endpoint.pk, "actor": moderator}
    for refused in (
        lambda: create_endpoint(wish=wish, actor=moderator),
        lambda: change_endpoint(wish=wish, **key),
        lambda: delete_endpoint(**key),
        lambda: switch_endpoint(on=False, **key),
        lambda: rotate_secret(overlap_hours=1, **key),
        lambda: send_test(**key),
    ):
        with pytest.raises(NotAllowedError):
            refused()
    delete_endpoint(endpoint_id=endpoint.pk, actor=lead)
    assert not WebhookEndpoint.objects.exists()


def test_the_record_says_the_host_and_never_the_path(lead: User) -> None:
    create_endpoint(wish=Wish(url="https://example.org/s3cret?k=v"), actor=lead)
    event = AuditEvent.objects.get(action="webhook_created")
    assert "example.org" in event.data["webhook"]
    assert "s3cret" not in str(event.data)
