"""The settings pages of keys: made, shown once, rotated, revoked, for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.key_models import ApiKey
from accounts.keys.selectors import key_of
from accounts.keys.services import KeyPlan, create_key, create_service_account
from accounts.models import Organization, User
from moderation.models import AuditEvent
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
LIST = "/settings/keys/"
SECRET = re.compile(r"pw_live_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}")


@pytest.fixture
def program(lead: User) -> User:
    return create_service_account(actor=lead, username="shop")


def fields(account: User, **other: Any) -> dict[str, Any]:
    return {
        "account": account.pk,
        "name": "Uploads",
        "scopes": ["images:write", "images:read"],
        "days": "90",
        "per_minute": 60,
        "burst": 10,
        **other,
    }


def make_key(account: User, **plan: Any) -> ApiKey:
    wanted = KeyPlan(name="Uploads", scopes=["images:write"], **plan)
    return create_key(actor=None, account=account, plan=wanted).key


def shown_secret(answer: Any) -> str:
    found = SECRET.search(answer.content.decode())
    assert found is not None
    return found.group()


def test_a_lead_makes_an_account_and_a_key_whose_secret_is_shown_once(
    client_of: ClientOf, lead: User
) -> None:
    client = client_of(lead)
    made = client.post(
        f"{LIST}accounts/new/", {"username": "shop", "groups": ["integrator"]}
    )
    assert made.status_code == 302
    account = User.objects.get(username="shop")
    assert account.is_service
    assert not account.has_usable_password()

    issued = client.post(f"{LIST}new/", fields(account))

    assert issued.status_code == 200
    assert "no-store" in issued.headers["Cache-Control"]
    key = key_of(shown_secret(issued))
    assert key is not None
    assert key.scopes == ["images:read", "images:write"]
    assert key.created_by == lead
    for page in (LIST, f"{LIST}{key.pk}/"):
        html = client.get(page).content.decode()
        assert key.prefix in html
        assert SECRET.search(html) is None


def test_a_key_is_rotated_and_revoked_on_its_page(
    client_of: ClientOf, lead: User, program: User
) -> None:
    client, key = client_of(lead), make_key(program)

    rotated = client.post(f"{LIST}{key.pk}/", {"overlap_hours": "24"})
    secret = shown_secret(rotated)
    assert key_of(secret) is not None
    assert "is good until" in rotated.content.decode()
    ended = client.post(f"{LIST}{key.pk}/revoke/")

    assert ended.status_code == 302
    assert key_of(secret) is None
    page = client.get(f"{LIST}{key.pk}/").content.decode()
    assert "revoked" in page
    assert "Make a new secret" not in page
    assert client.post(f"{LIST}{key.pk}/", {"overlap_hours": "0"}).status_code == 422
    recorded = AuditEvent.objects.filter(actor=lead).values_list("action", flat=True)
    assert list(recorded.order_by("position"))[-2:] == ["key_rotated", "key_revoked"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\0b"},
        {"name": "<b>" * 50},
        {"scopes": []},
        {"scopes": ["all"]},
        {"days": "9999"},
        {"days": "x"},
        {"per_minute": "0"},
        {"burst": "1e9"},
        {"images_per_day": "-1"},
        {"account": "0"},
        {"account": "\0"},
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    client_of: ClientOf, lead: User, program: User, wrong: dict[str, Any]
) -> None:
    answer = client_of(lead).post(f"{LIST}new/", fields(program) | wrong)

    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert "<b><b>" not in answer.content.decode()
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"username": "shop"}, {"username": "a b"}, {"username": ""}]
)
def test_an_account_name_that_cannot_be_is_refused(
    client_of: ClientOf, lead: User, program: User, wrong: dict[str, str]
) -> None:
    answer = client_of(lead).post(f"{LIST}accounts/new/", wrong)

    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    assert User.objects.filter(is_service=True).count() == 1


def test_a_lead_gives_no_group_that_may_more(client_of: ClientOf, lead: User) -> None:
    sent = {"username": "root", "groups": ["administrator"]}

    answer = client_of(lead).post(f"{LIST}accounts/new/", sent)

    assert answer.status_code == 422
    assert not User.objects.filter(username="root").exists()


def test_a_key_of_an_account_that_may_more_is_seen_and_not_touched(
    client_of: ClientOf, lead: User
) -> None:
    account = create_service_account(
        actor=None, username="root", groups=["administrator"]
    )
    key, client = make_key(account), client_of(lead)

    page = client.get(f"{LIST}{key.pk}/")

    assert page.status_code == 200
    assert "Revoke the key" not in page.content.decode()
    assert client.post(f"{LIST}{key.pk}/revoke/").status_code == 403
    assert client.post(f"{LIST}{key.pk}/", {"overlap_hours": "0"}).status_code == 403
    assert client.post(f"{LIST}new/", fields(account)).status_code == 422


def test_keys_and_accounts_of_another_organization_are_not_there(
    client_of: ClientOf, lead: User, program: User
) -> None:
    key = make_key(program)
    other = Organization.objects.create(name="Neighbors")
    client = client_of(make_user("lead", organization=other))

    assert "Uploads" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}{key.pk}/").status_code == 404
    assert client.post(f"{LIST}{key.pk}/", {"overlap_hours": "0"}).status_code == 404
    assert client.post(f"{LIST}{key.pk}/revoke/").status_code == 404
    assert client.post(f"{LIST}new/", fields(program)).status_code == 422


@pytest.mark.parametrize("group", ["moderator", "integrator", "auditor"])
def test_others_see_none_of_the_pages(
    client_of: ClientOf, program: User, group: str
) -> None:
    client = client_of(make_user(group))

    for page in (LIST, f"{LIST}new/", f"{LIST}accounts/new/", f"{LIST}{uuid4()}/"):
        assert client.get(page).status_code == 403
    assert client.post(f"{LIST}{uuid4()}/revoke/").status_code == 403
    assert LIST not in client.get("/settings/").content.decode()


def test_nothing_changes_by_reading(
    client_of: ClientOf, lead: User, program: User
) -> None:
    key, client = make_key(program), client_of(lead)

    assert client.get(f"{LIST}{key.pk}/revoke/").status_code == 405
    for page in (LIST, f"{LIST}new/", f"{LIST}{key.pk}/", f"{LIST}accounts/new/"):
        assert client.get(page).status_code == 200
    assert ApiKey.objects.get().secret_hash == key.secret_hash


def test_the_list_asks_as_much_for_many_as_for_one(
    client_of: ClientOf,
    lead: User,
    program: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(9):
        make_key(program)
    client = client_of(lead)

    with django_assert_max_num_queries(12):
        client.get(LIST)


def test_a_service_account_does_not_sign_in_even_with_a_password(
    client: Client, program: User
) -> None:
    program.set_password(PASSWORD)
    program.save()

    sent = {"username": program.username, "password": PASSWORD}
    client.post(reverse("login"), sent)

    assert "_auth_user_id" not in client.session


def test_a_session_of_an_account_that_became_a_program_ends(
    client_of: ClientOf, lead: User
) -> None:
    client = client_of(lead)
    assert client.get(LIST).status_code == 200
    User.objects.filter(pk=lead.pk).update(is_service=True)

    assert client.get(LIST).status_code == 302
