"""Making, rotating and revoking keys over HTTP: by whom, and no more than they have."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission

from accounts.key_models import ApiKey
from accounts.keys.services import (
    KeyPlan,
    create_key,
    create_service_account,
    rotate_key,
)
from accounts.models import User
from moderation.models import AuditEvent
from tests.api.helpers import assert_problem, picture, upload
from tests.api.keys import KEYS, client_with, make_key
from tests.factories import make_user

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(lead: User) -> User:
    return create_service_account(actor=lead, username="shop", groups=["integrator"])


def test_a_lead_makes_rotates_and_revokes_a_key_all_on_record(
    api_of: ApiOf, lead: User, program: User
) -> None:
    client = api_of(lead)

    made = client.post(
        KEYS,
        {"account": "shop", "name": "Uploads", "scopes": ["images:write"], "days": 30},
        format="json",
    )

    assert made.status_code == 201, made.content
    assert made.headers["Cache-Control"] == "no-store"
    body = made.json()
    assert body["scopes"] == ["images:write"]
    assert upload(client_with(body["secret"]), picture()).status_code == 202
    listed = client.get(KEYS).json()["results"]
    assert [one["prefix"] for one in listed] == [body["prefix"]]
    assert body["secret"] not in str(listed)
    rotated = client.post(f"{body['url']}rotate/", {"overlap_hours": 0}, format="json")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != body["secret"]
    revoked = client.post(f"{body['url']}revoke/")
    assert revoked.json()["status"] == "revoked"
    ended = client.post(f"{body['url']}rotate/", {}, format="json")
    assert_problem(ended, 422, "unprocessable")
    actions = AuditEvent.objects.filter(actor=lead).values_list("action", flat=True)
    assert {
        "service_account_created",
        "key_created",
        "key_rotated",
        "key_revoked",
    } <= set(actions)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["images:destroy"]},
        {"scopes": "images:read"},
        {"name": ""},
        {"name": "a\0b"},
        {"name": "a" * 101},
        {"days": 0},
        {"days": 1096},
        {"per_minute": 0},
        {"burst": 60_001},
        {"images_per_day": 0},
        {"images_per_month": 10**12},
        {"account": "a\0"},
    ],
)
def test_values_that_cannot_be_are_named(
    api_of: ApiOf, lead: User, program: User, wrong: dict[str, Any]
) -> None:
    asked = {"account": "shop", "name": "Uploads", "scopes": ["images:write"]}

    answer = api_of(lead).post(KEYS, asked | wrong, format="json")

    problem = assert_problem(answer, 400, "invalid")
    assert problem["errors"][0]["pointer"].startswith(f"#/{next(iter(wrong))}")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("name", ["moderator", "nobody-here"])
def test_only_a_service_account_gets_a_key(
    api_of: ApiOf, lead: User, moderator: User, name: str
) -> None:
    asked = {"account": name, "name": "x", "scopes": ["images:write"]}

    problem = assert_problem(
        api_of(lead).post(KEYS, asked, format="json"), 422, "unprocessable"
    )
    assert problem["errors"][0]["pointer"] == "#/account"


def test_a_lead_makes_no_key_for_an_account_that_may_more(
    api_of: ApiOf, lead: User
) -> None:
    create_service_account(actor=None, username="root", groups=["administrator"])
    asked = {"account": "root", "name": "x", "scopes": ["images:read"]}

    answer = api_of(lead).post(KEYS, asked, format="json")

    assert_problem(answer, 403, "permission_denied")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 201),
        ({"scopes": ["keys:manage", "images:read"]}, 201),
        ({"scopes": ["images:write"]}, 403),
        ({"days": 31}, 403),
        ({"days": None}, 403),
        ({"per_minute": 61}, 403),
        ({"burst": 6}, 403),
        ({"images_per_day": 8}, 403),
        ({"images_per_day": None}, 403),
    ],
)
def test_a_key_makes_no_key_with_more_than_itself(
    program: User, more: dict[str, Any], status: int
) -> None:
    _, secret = make_key(
        "keys:manage",
        "images:read",
        days=30,
        per_minute=60,
        burst=5,
        images_per_day=7,
    )
    asked = {
        "account": "shop",
        "name": "child",
        "scopes": ["images:read"],
        "days": 29,
        "per_minute": 60,
        "burst": 5,
        "images_per_day": 7,
    }

    answer = client_with(secret).post(KEYS, asked | more, format="json")

    assert answer.status_code == status, answer.content
    assert ApiKey.objects.count() == (2 if status == 201 else 1)


@pytest.mark.parametrize(("days", "expected"), [(30, 30), (None, 365), (500, 365)])
def test_a_key_whose_end_nobody_asked_for_ends_no_later_than_its_maker(
    program: User, days: int | None, expected: int
) -> None:
    maker, secret = make_key("keys:manage", "images:read", days=days)
    asked = {"account": "shop", "name": "child", "scopes": ["images:read"]}

    answer = client_with(secret).post(KEYS, asked, format="json")

    assert answer.status_code == 201, answer.content
    made = ApiKey.objects.get(name="child")
    assert made.expires_at is not None
    if expected == days:
        assert made.expires_at == maker.expires_at
    else:
        assert made.expires_at == made.created_at + timedelta(days=expected)


def test_an_account_that_a_key_makes_names_the_key_on_record() -> None:
    key, secret = make_key("keys:manage")

    answer = client_with(secret).post(
        "/api/v1/service-accounts/", {"username": "shop"}, format="json"
    )

    assert answer.status_code == 201, answer.content
    made = AuditEvent.objects.filter(action="service_account_created")
    assert made.get(data__person="shop").data["through"] == key.prefix
    assert not made.exclude(data__person="shop").filter(data__has_key="through")


def test_a_key_rotates_and_revokes_no_key_with_more_than_itself() -> None:
    big, _ = make_key()
    _, secret = make_key("keys:manage")
    client = client_with(secret)

    for name in ("rotate", "revoke"):
        answer = client.post(f"{KEYS}{big.pk}/{name}/", {}, format="json")
        assert_problem(answer, 403, "permission_denied")
    big.refresh_from_db()
    assert big.revoked_at is None


@pytest.mark.parametrize("group", ["moderator", "integrator", "auditor"])
def test_others_do_not_manage_keys(api_of: ApiOf, group: str) -> None:
    client = api_of(make_user(group))

    for path in (KEYS, "/api/v1/service-accounts/"):
        assert_problem(client.get(path), 403, "permission_denied")
        answer = client.post(path, {}, format="json")
        assert_problem(answer, 403, "permission_denied")


def test_a_request_without_a_key_has_no_current_one(api_of: ApiOf, lead: User) -> None:
    assert_problem(api_of(lead).get(f"{KEYS}current/"), 404, "not_found")


def test_the_list_asks_as_much_for_many_as_for_one(
    api_of: ApiOf, lead: User, program: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        create_key(
            actor=lead, account=program, plan=KeyPlan(name="n", scopes=["images:read"])
        )

    client = api_of(lead)

    with django_assert_max_num_queries(7):
        assert len(client.get(KEYS).json()["results"]) == 8


def test_the_secret_before_the_last_changes_no_keys(api_of: ApiOf, lead: User) -> None:
    key, old = make_key("keys:manage")
    new = rotate_key(actor=None, key=key).secret
    path = f"{KEYS}{key.pk}/rotate/"
    assert client_with(old).get(f"{KEYS}current/").status_code == 200
    refused = client_with(old).post(path, {"overlap_hours": 0}, format="json")
    assert_problem(refused, 403, "permission_denied")
    assert client_with(new).post(path, {}, format="json").status_code == 200


def test_a_key_opens_no_pictures_that_its_maker_cannot_see(
    api_of: ApiOf, lead: User
) -> None:
    key, secret = make_key("keys:manage", "images:read", group="integrator")
    managing = Permission.objects.get(codename="manage_apikey")
    key.account.user_permissions.add(managing)
    create_service_account(actor=None, username="other", groups=["integrator"])
    asked = {"name": "x", "scopes": ["images:read"], "days": 1}
    own, others = (
        client_with(secret).post(KEYS, asked | {"account": name}, format="json")
        for name in (key.account.username, "other")
    )
    assert own.status_code == 201
    assert_problem(others, 403, "permission_denied")
