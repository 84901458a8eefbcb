"""Webhooks on the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Organization, User
from moderation.models import (
    Delivery,
    Notification,
    NotificationKind,
    WebhookEndpoint,
    WebhookSecret,
)
from moderation.services.completing import complete_analysis
from moderation.services.endpoints import Wish, create_endpoint
from tests.factories import make_analysis, make_user
from tests.receivers import answering, receiving
from tests.webhooks import allow, run

pytestmark = pytest.mark.django_db
LIST = "/settings/webhooks/"


@pytest.fixture
def browser(client_of: Callable[[User], Client], lead: User) -> Client:
    return client_of(lead)


def test_the_whole_life_on_pages(browser: Client, settings: Settings) -> None:
    with receiving(answering(200, b"<b>thanks</b>")) as receiver:
        allow(settings, receiver)
        page = browser.post(
            f"{LIST}new/",
            {"url": receiver.url("/x"), "description": "<i>Shop</i>", "order_by": ""},
        )
        assert page.status_code == 200
        assert b"whsec_" in page.content
        assert "no-store" in page.headers["Cache-Control"]
        endpoint = WebhookEndpoint.objects.get()
        own = f"{LIST}{endpoint.pk}/"
        assert b"whsec_" not in browser.get(own).content
        assert b"&lt;i&gt;Shop" in browser.get(LIST).content
        sent = browser.post(f"{own}act/", {"do": "test"}, follow=True)
        assert b"on its way" in sent.content
        run()
        delivery = Delivery.objects.get()
        shown = browser.get(f"{LIST}deliveries/{delivery.pk}/").content
        assert b"&lt;b&gt;thanks" in shown
        assert b"webhook-signature" in shown
        browser.post(f"{LIST}deliveries/{delivery.pk}/replay/")
        run()
        assert len(receiver.requests) == 2
        span = {
            "since": (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
            "until": (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        }
        told = browser.post(f"{own}replay/", span, follow=True)
        assert b"1 event is sent again." in told.content
    assert b"whsec_" in browser.post(f"{own}secret/", {"overlap_hours": "24"}).content
    assert WebhookSecret.objects.count() == 2
    browser.post(f"{own}act/", {"do": "off"})
    assert b"Switch on" in browser.get(own).content
    browser.post(f"{own}act/", {"do": "on"})
    browser.post(f"{own}act/", {"do": "delete"})
    assert WebhookEndpoint.objects.exists()
    browser.post(f"{own}act/", {"do": "delete", "sure": "yes"})
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"url": ""},
        {"url": "http://10.0.0.1/"},
        {"url": "https://example.org/", "event_types": ["case.eaten"]},
        {"url": "https://example.org/\x00"},
        {"url": "https://example.org?" + "a" * 2028},  # and a / makes it too long
    ],
)
def test_a_form_that_makes_no_sense_comes_back(
    browser: Client, fields: dict[str, Any]
) -> None:
    assert browser.post(f"{LIST}new/", fields).status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_a_change_is_stored_and_shown(browser: Client, lead: User) -> None:
    endpoint, _ = create_endpoint(wish=Wish(url="https://a.example/"), actor=lead)
    edit = f"{LIST}{endpoint.pk}/edit/"
    assert b"https://a.example/" in browser.get(edit).content
    fields = {
        "url": "https://b.example/",
        "event_types": ["case.decided"],
        "verdicts": ["fake"],
        "order_by": "image",
    }
    assert browser.post(edit, fields).status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.filters == {"verdicts": ["fake"]}
    assert b"case.decided" in browser.get(LIST).content


def test_who_may_see_and_change(
    client_of: Callable[[User], Client], lead: User, auditor: User, moderator: User
) -> None:
    endpoint, _ = create_endpoint(wish=Wish(url="https://a.example/"), actor=lead)
    own = f"{LIST}{endpoint.pk}/"
    reads = client_of(auditor)
    assert b"a.example" in reads.get(own).content
    assert b"Send a test" not in reads.get(own).content
    for path in (f"{LIST}new/", f"{own}edit/", f"{own}act/", f"{own}secret/"):
        assert reads.post(path, {"do": "off"}).status_code == 403
    for path in (LIST, own):
        assert client_of(moderator).get(path).status_code == 403
    other = Organization.objects.create(name="Neighbor")
    neighbor = client_of(make_user("lead", organization=other))
    assert b"a.example" not in neighbor.get(LIST).content
    for path in (own, f"{own}edit/"):
        assert neighbor.get(path).status_code == 404
    for path in (f"{own}act/", f"{own}secret/", f"{own}replay/"):
        assert neighbor.post(path, {"do": "off"}).status_code == 404


def test_nothing_is_changed_by_reading(browser: Client, lead: User) -> None:
    endpoint, _ = create_endpoint(wish=Wish(url="https://a.example/"), actor=lead)
    for name in ("act", "rotate", "replay-span"):
        path = reverse(f"webhooks:{name}", args=[endpoint.pk])
        assert browser.get(path).status_code == 405


def test_no_more_queries_with_a_longer_log(browser: Client, lead: User) -> None:
    endpoint, _ = create_endpoint(wish=Wish(url="https://a.example/"), actor=lead)
    own = f"{LIST}{endpoint.pk}/"
    counts = []
    for _ in range(2):
        for _again in range(3):
            complete_analysis(make_analysis(verdict="authentic", score=0.05))
        from moderation.services.publishing import publish_events

        publish_events()
        browser.get(own)
        with CaptureQueriesContext(connection) as queries:
            browser.get(own)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_stopped_webhook_is_among_the_notifications(
    browser: Client, lead: User
) -> None:
    told = Notification.objects.create(
        person=lead, kind=NotificationKind.WEBHOOK, from_name="Shop"
    )
    page = browser.get("/cases/notifications/")
    assert "“Shop” was switched off" in page.content.decode()
    answer = browser.post("/cases/notifications/read/", {"notification": told.pk})
    assert answer.headers["Location"] == LIST


def test_the_admin_shows_events_and_endpoints_to_read(
    client_of: Callable[[User], Client], administrator: User
) -> None:
    create_endpoint(wish=Wish(url="https://a.example/"), actor=administrator)
    complete_analysis(make_analysis())
    staff = client_of(administrator)
    for model in ("webhookendpoint", "event"):
        path = f"/admin/moderation/{model}/"
        assert staff.get(path).status_code == 200
        assert staff.get(f"{path}add/").status_code == 403
    key = WebhookEndpoint.objects.get().pk
    page = staff.get(f"/admin/moderation/webhookendpoint/{key}/change/").content
    assert b"a.example" in page
    assert b"whsec_" not in page
