"""Pace and quotas of keys over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from accounts.key_models import KeyCount, KeyPace
from accounts.models import User
from tests.api.conftest import TestClient
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.api.keys import KEYS, client_with, make_key

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db


def test_a_burst_is_let_through_and_then_refused_until_there_is_room() -> None:
    _, secret = make_key("images:read", per_minute=60, burst=3)
    client = client_with(secret)

    answers = [client.get(IMAGES) for _ in range(3)]
    refused = client.get(IMAGES)

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.headers["RateLimit"] for one in answers] == [
        f'"requests";r={left};t=1' for left in (2, 1, 0)
    ]
    assert_problem(refused, 429, "throttled")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Policy"] == '"requests";q=3;w=3'
    assert refused.headers["RateLimit"] == '"requests";r=0;t=1'
    KeyPace.objects.update(free_at=0)
    assert client.get(IMAGES).status_code == 200


def test_refused_requests_count_too_but_move_nothing_on() -> None:
    _, secret = make_key("images:read", per_minute=1, burst=2)
    client = client_with(secret)

    found = [client.get("/api/v1/policies/").status_code for _ in range(4)]

    assert found == [403, 403, 429, 429]
    assert 55 <= int(client.get(IMAGES).headers["Retry-After"]) <= 60


def test_every_answer_to_a_key_says_what_is_left() -> None:
    client = client_with(make_key()[1])
    nobody = f"{IMAGES}01900000-0000-7000-8000-000000000000/"

    for answer in (
        client.get("/api/v1/"),
        client.get(IMAGES),
        client.get(nobody),
        client.delete(IMAGES),
        client.post(KEYS, {}, format="json"),
        upload(client, b"no picture"),
    ):
        assert answer.headers["RateLimit-Policy"] == '"requests";q=100;w=10'
        assert answer.headers["RateLimit"].startswith('"requests";r=9')


def test_a_quota_counts_pictures_that_were_stored() -> None:
    _, secret = make_key("images:write", images_per_day=2, images_per_month=5)
    client = client_with(secret)

    assert upload(client, b"no picture").status_code == 415
    first, second = upload(client, picture(1)), upload(client, picture(2))
    third = upload(client, picture(3))

    assert (first.status_code, second.status_code) == (202, 202)
    assert '"images-day";q=2;w=86400' in first.headers["RateLimit-Policy"]
    assert '"images-day";r=1;t=' in first.headers["RateLimit"]
    assert '"images-month";r=3;t=' in second.headers["RateLimit"]
    assert_problem(third, 429, "quota_exceeded")
    assert 0 < int(third.headers["Retry-After"]) <= 86_400
    assert set(KeyCount.objects.values_list("span", "images")) == {
        ("day", 2),
        ("month", 2),
    }
    mine = client.get(f"{KEYS}current/").json()
    assert mine["images_sent"] == {"day": 2, "month": 2}


def test_pictures_that_people_send_count_for_no_key(
    api_of: ApiOf, integrator: User
) -> None:
    assert upload(api_of(integrator), picture(4)).status_code == 202
    assert not KeyCount.objects.exists()


def test_paths_that_are_none_count_too_and_say_so() -> None:
    _, secret = make_key()
    client = client_with(secret)
    for method in ("get", "post", "put", "delete", "options"):
        answer = getattr(client, method)("/api/v1/nothing/")
        assert_problem(answer, 404, "not_found")
        assert "RateLimit" in answer.headers, method
    assert_problem(TestClient().post("/api/v1/nothing/"), 404, "not_found")


def test_a_method_that_is_none_is_no_matter_of_scopes() -> None:
    _, secret = make_key("images:read")
    assert_problem(client_with(secret).delete(IMAGES), 405, "method_not_allowed")
