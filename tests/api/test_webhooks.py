"""Webhooks and events over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from accounts.models import Organization, User
from moderation.models import Delivery, Event, WebhookEndpoint
from moderation.models.webhooks import MAX_URL
from moderation.services.completing import complete_analysis
from moderation.services.endpoints import MOST_SECRETS
from moderation.services.publishing import publish_events
from tests.api.helpers import assert_problem
from tests.factories import make_analysis, make_user
from tests.receivers import answering, receiving
from tests.webhooks import allow, run

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db
ENDPOINTS, DELIVERIES = "/api/v1/webhooks/endpoints/", "/api/v1/webhooks/deliveries/"
EVENTS = "/api/v1/events/"


@pytest.fixture
def client(api_of: ApiOf, lead: User) -> TestClient:
    return api_of(lead)


def made(client: TestClient, **wish: Any) -> dict[str, Any]:
    wish = {"url": "https://hooks.example.org/in"} | wish
    answer = client.post(ENDPOINTS, wish, format="json")
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == body["self_url"]
    return body


def happen(count: int = 1) -> None:
    for _ in range(count):
        complete_analysis(make_analysis(verdict="authentic", score=0.05))
    publish_events()


def test_the_life_of_an_endpoint(client: TestClient) -> None:
    body = made(
        client,
        event_types=["case.decided"],
        filters={"verdicts": ["fake"]},
        order_by="image",
    )
    assert body["secret"].startswith("whsec_")
    url = body["self_url"]
    read = client.get(url).json()
    assert "secret" not in read
    assert read["event_types"] == ["case.decided"]
    assert read["filters"] == {"verdicts": ["fake"]}
    assert client.get(ENDPOINTS).json()["results"] == [read]
    changed = client.put(
        url, {"url": "https://hooks.example.org/b", "is_enabled": False}, format="json"
    ).json()
    assert (changed["is_enabled"], changed["disabled_because"]) == (False, "by_hand")
    assert_problem(client.post(f"{url}test/"), 422, "invalid_webhook")
    secret = client.post(f"{url}rotate-secret/", {}, format="json").json()["secret"]
    assert secret != body["secret"]
    for _ in range(MOST_SECRETS - 2):
        assert client.post(f"{url}rotate-secret/", {}, format="json").status_code == 200
    refused = client.post(f"{url}rotate-secret/", {}, format="json")
    problem = assert_problem(refused, 422, "invalid_webhook")
    assert problem["errors"][0]["pointer"] == "#/overlap_hours"
    once = client.post(f"{url}rotate-secret/", {"overlap_hours": 0}, format="json")
    assert once.status_code == 200
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"url": "http://10.0.0.1/"}, 422, "invalid_webhook"),
        ({"url": "https://0x7f000001/"}, 422, "invalid_webhook"),
        ({"url": "https://e.org/\x00"}, 400, "invalid"),
        ({"url": "https://e.org/", "event_types": ["webhook.test"]}, 400, "invalid"),
        ({"url": "https://e.org/", "filters": {"verdicts": ["x"]}}, 400, "invalid"),
        (
            {"url": "https://e.org/", "filters": {"queues": ["nowhere"]}},
            422,
            "invalid_webhook",
        ),
    ],
)
def test_what_makes_no_sense_is_a_problem(
    client: TestClient, wish: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(client.post(ENDPOINTS, wish, format="json"), status, code)


def test_an_address_that_grows_too_long_when_it_is_spelled_out_is_refused(
    client: TestClient,
) -> None:
    fits = "https://e.org?" + "a" * (MAX_URL - 15)
    assert len(made(client, url=fits)["url"]) == MAX_URL
    for url in (f"{fits}a", "https://é.org/" + "a" * (MAX_URL - 14)):
        assert len(url) == MAX_URL
        answer = client.post(ENDPOINTS, {"url": url}, format="json")
        problem = assert_problem(answer, 422, "invalid_webhook")
        assert problem["errors"][0]["pointer"] == "#/url"
        assert str(MAX_URL) in problem["detail"]


def test_a_test_event_its_log_and_its_replay(
    client: TestClient, settings: Settings
) -> None:
    with receiving(answering(200, b"thanks")) as receiver:
        allow(settings, receiver)
        endpoint = made(client, url=receiver.url("/x"))
        queued = client.post(f"{endpoint['self_url']}test/")
        assert queued.status_code == 202
        run()
        request = receiver.requests[0]
        Webhook(endpoint["secret"]).verify(request.body, request.headers)
        listed = client.get(f"{DELIVERIES}?state=delivered").json()["results"]
        assert [row["event"] for row in listed] == [queued.json()["event"]]
        detail = client.get(listed[0]["url"]).json()
        assert detail["body"] == request.body.decode()
        assert detail["attempts"][0]["response_body"] == "thanks"
        again = client.post(f"{listed[0]['url']}replay/")
        assert (again.status_code, again.json()["state"]) == (202, "pending")
        run()
        span = {
            "endpoint": endpoint["id"],
            "since": (timezone.now() - timedelta(hours=1)).isoformat(),
            "until": timezone.now().isoformat(),
            "failed_only": False,
        }
        answer = client.post(f"{DELIVERIES}replay/", span, format="json")
        assert (answer.status_code, answer.json()) == (202, {"events": 1})
        run()
    assert len({r.headers["webhook-id"] for r in receiver.requests}) == 1
    assert len(receiver.requests) == 3
    span["endpoint"] = str(uuid4())
    assert_problem(
        client.post(f"{DELIVERIES}replay/", span, format="json"), 422, "unprocessable"
    )


def test_a_client_that_was_away_catches_up(client: TestClient) -> None:
    happen(5)
    first = client.get(f"{EVENTS}?limit=2").json()
    assert (len(first["results"]), first["has_more"]) == (2, True)
    rest = client.get(f"{EVENTS}?after={first['after']}").json()
    assert (len(rest["results"]), rest["has_more"]) == (3, False)
    end = client.get(f"{EVENTS}?after={rest['after']}").json()
    assert end == {"results": [], "has_more": False, "after": rest["after"]}
    ids = [row["id"] for row in first["results"] + rest["results"]]
    stored = Event.objects.order_by("position").values_list("pk", flat=True)
    assert ids == [str(key) for key in stored]


def test_whoever_wants_only_what_comes_asks_where_the_list_ends(
    client: TestClient,
) -> None:
    assert client.get(f"{EVENTS}?latest=true").json()["after"] is None
    happen(3)
    end = client.get(f"{EVENTS}?latest=true").json()
    assert (end["results"], end["has_more"]) == ([], False)
    assert client.get(f"{EVENTS}?after={end['after']}").json()["results"] == []
    happen()
    (new,) = client.get(f"{EVENTS}?after={end['after']}").json()["results"]
    # Of a type that does not happen, one reads on from the end as well.
    none = client.get(f"{EVENTS}?after={end['after']}&type=case.decided").json()
    assert (none["results"], none["after"]) == ([], new["id"])
    assert_problem(client.get(f"{EVENTS}?latest=1"), 400, "invalid")
    assert_problem(client.get(f"{EVENTS}?latest=true&limit=5"), 422, "unprocessable")


@pytest.mark.parametrize(
    "query", ["after=x", "limit=0", "limit=501", "limit=000000100999", "type=x", "a=b"]
)
def test_wrong_parameters_of_events_are_named(client: TestClient, query: str) -> None:
    assert_problem(client.get(f"{EVENTS}?{query}"), 400, "invalid")


def test_an_event_that_is_none_is_named(client: TestClient) -> None:
    answer = client.get(f"{EVENTS}?after={uuid4()}")
    problem = assert_problem(answer, 422, "unprocessable")
    assert problem["errors"][0]["parameter"] == "after"


def test_an_event_that_is_not_final_is_not_there(client: TestClient) -> None:
    happen()
    Event.objects.create(type="case.decided", organization_id=1, data={})
    assert len(client.get(EVENTS).json()["results"]) == 1
    Event.objects.update(available_at=timezone.now())
    publish_events()
    assert len(client.get(f"{EVENTS}?type=case.decided").json()["results"]) == 1


def test_who_may_what(api_of: ApiOf, client: TestClient) -> None:
    endpoint = made(client)
    happen()
    delivery = f"{DELIVERIES}{Delivery.objects.get().pk}/"
    writes = [
        ("POST", ENDPOINTS),
        ("PUT", endpoint["self_url"]),
        ("DELETE", endpoint["self_url"]),
        ("POST", f"{endpoint['self_url']}test/"),
        ("POST", f"{endpoint['self_url']}rotate-secret/"),
        ("POST", f"{delivery}replay/"),
        ("POST", f"{DELIVERIES}replay/"),
    ]
    reads = [ENDPOINTS, endpoint["self_url"], DELIVERIES, delivery, EVENTS]
    for group in ("moderator", "integrator", "auditor"):
        outsider = api_of(make_user(group))
        for method, path in writes:
            answer = outsider.generic(method, path, "{}", "application/json")
            assert_problem(answer, 403, "permission_denied")
        for path in reads:
            expected = 200 if group == "auditor" else 403
            assert outsider.get(path).status_code == expected, path
    assert api_of(None).get(EVENTS).status_code == 401


def test_a_neighbor_sees_nothing(api_of: ApiOf, client: TestClient) -> None:
    endpoint = made(client)
    happen()
    other = Organization.objects.create(name="Neighbor")
    neighbor = make_user("lead", organization=other)
    theirs = api_of(neighbor)
    delivery = Delivery.objects.get()
    for path in (ENDPOINTS, DELIVERIES, EVENTS):
        assert theirs.get(path).json()["results"] == []
    event = Event.objects.get()
    assert_problem(theirs.get(f"{EVENTS}?after={event.pk}"), 422, "unprocessable")
    for method, path in (
        ("GET", endpoint["self_url"]),
        ("PUT", endpoint["self_url"]),
        ("DELETE", endpoint["self_url"]),
        ("POST", f"{endpoint['self_url']}test/"),
        ("POST", f"{endpoint['self_url']}rotate-secret/"),
        ("GET", f"{DELIVERIES}{delivery.pk}/"),
        ("POST", f"{DELIVERIES}{delivery.pk}/replay/"),
    ):
        sent = '{"url": "https://e.org/"}' if method == "PUT" else "{}"
        answer = theirs.generic(method, path, sent, "application/json")
        assert_problem(answer, 404, "not_found")
    made(theirs)
    happen()
    mine = WebhookEndpoint.objects.get(organization=other)
    assert not mine.deliveries.exists()


@pytest.mark.parametrize("path", [ENDPOINTS, DELIVERIES, EVENTS])
def test_no_more_queries_with_more_rows(client: TestClient, path: str) -> None:
    made(client)
    happen()
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    made(client)
    made(client)
    happen(4)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) <= len(few)
