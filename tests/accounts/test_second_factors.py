"""Second factors: adding, signing in with them, losing them; all on record."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from knox.models import get_token_model
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import issue_token
from moderation.models import AuditEvent
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_failures_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def code_of(secret: str, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def sign_in(user: User, **more: str) -> tuple[Client, Any]:
    client = Client()
    given = {"username": user.username, "password": PASSWORD} | more
    return client, client.post(reverse("login"), given)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def confirm_password(client: Client) -> None:
    """Whoever found a screen unlocked adds no factor of theirs."""
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(asked.headers["Location"], {"password": PASSWORD})


def add_app(user: User) -> str:
    """Add an authenticator app as a person does; return its secret."""
    client, _ = sign_in(user)
    confirm_password(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = str(page.context["form"].secret)
    assert secret in page.content.decode()
    assert b"data:image/svg+xml" in page.content
    added = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret, -1)})
    assert added.status_code == 302, added.context["form"].errors
    return secret


def actions() -> list[str]:
    rows = AuditEvent.objects.order_by("position")
    return [row.action for row in rows if row.action != "signed_out"]


@pytest.mark.django_db(transaction=True)
def test_an_app_is_added_and_asked_for_from_then_on(moderator: User) -> None:
    secret = add_app(moderator)

    client, answer = sign_in(moderator, next="/images/")
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert not is_in(client)
    assert client.get("/images/").headers["Location"].startswith("/login/")
    entered = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert is_in(client)
    assert entered.headers["Location"] == "/images/"
    added = ["factor_added", "factor_added"]  # the app, and codes for its loss
    assert actions() == ["signed_in", *added, "signed_in"]
    last = AuditEvent.objects.latest("position")
    assert last.data == {"how": ["password", "totp"]}


def test_its_secret_lies_encrypted(moderator: User) -> None:
    secret = add_app(moderator)
    row = Authenticator.objects.get(user=moderator, type="totp")
    assert secret not in str(row.data)


def test_a_code_is_good_once(moderator: User) -> None:
    secret = add_app(moderator)
    code = code_of(secret)
    for expected in (True, False):
        client, _ = sign_in(moderator)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(client) is expected


def test_whoever_guesses_codes_is_stopped_and_on_record(moderator: User) -> None:
    secret = add_app(moderator)
    client, _ = sign_in(moderator)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert actions().count("second_factor_failed") == 5
    assert AuditEvent.objects.latest("position").actor is None

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert not is_in(client)


def test_a_recovery_code_is_good_once_and_its_use_on_record(moderator: User) -> None:
    add_app(moderator)
    row = Authenticator.objects.get(user=moderator, type="recovery_codes")
    code = row.wrap().get_unused_codes()[0]
    for expected in (True, False):
        client, _ = sign_in(moderator)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(client) is expected
    assert "recovery_code_used" in actions()


def test_a_password_alone_buys_no_token_any_more(moderator: User) -> None:
    basic = b64encode(f"{moderator.username}:{PASSWORD}".encode()).decode()
    headers = {"authorization": f"Basic {basic}"}
    path = reverse("api:token-list")
    assert APIClient().post(path, headers=headers).status_code == 201

    add_app(moderator)
    refused = APIClient().post(path, headers=headers)

    assert refused.status_code == 401
    assert "password alone" in refused.json()["detail"]


def test_the_admin_has_no_door_of_its_own(administrator: User) -> None:
    add_app(administrator)
    given = {"username": administrator.username, "password": PASSWORD}
    client = Client()
    client.post(reverse("admin:login"), given | {"next": "/admin/"})
    assert not is_in(client)
    sign_in_page = client.post(reverse("login"), given | {"next": "/admin/"})
    assert sign_in_page.headers["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get("/admin/").status_code == 302


def test_an_administrator_takes_away_what_was_lost(
    administrator: User, moderator: User, client_of: Callable[[User], Client]
) -> None:
    add_app(moderator)
    lost = client_of(moderator)
    assert is_in(lost)
    issue_token(user=moderator)
    kept = issue_token(user=administrator).key
    chosen = {"action": "take_factors_away", "_selected_action": [moderator.pk]}
    signed_in = client_of(administrator)

    signed_in.post("/admin/accounts/user/", chosen)

    assert not is_in(lost)
    assert is_in(signed_in)
    assert [token.token_key for token in get_token_model().objects.all()] == [kept]
    assert AuditEvent.objects.get(action="token_revoked").actor == administrator
    assert not Authenticator.objects.filter(user=moderator).exists()
    client, _ = sign_in(moderator)
    assert is_in(client)
    event = AuditEvent.objects.get(action="factors_reset")
    assert event.actor == administrator
    assert event.data == {"person": moderator.username, "count": 2}


def test_nobody_takes_away_the_factors_of_somebody_above_them(
    administrator: User, client_of: Callable[[User], Client]
) -> None:
    boss = make_user("administrator", username="boss", is_superuser=True)
    add_app(boss)
    chosen = {"action": "take_factors_away", "_selected_action": [boss.pk]}

    client_of(administrator).post("/admin/accounts/user/", chosen)

    assert Authenticator.objects.filter(user=boss).exists()


@pytest.mark.parametrize(
    ("asked", "is_staff", "needs"),
    [
        ("none", True, False),
        ("staff", False, False),
        ("staff", True, True),
        ("all", False, True),
    ],
)
def test_who_needs_one_gets_nowhere_without(
    settings: Settings, *, asked: str, is_staff: bool, needs: bool
) -> None:
    settings.REQUIRE_MFA = asked
    person = make_user("moderator", username="p", is_staff=is_staff)
    client, _ = sign_in(person)

    answer = client.get("/images/")
    api = client.get("/api/v1/images/")

    expected = (302, 403) if needs else (200, 200)
    assert (answer.status_code, api.status_code) == expected
    if needs:
        assert answer.headers["Location"] == reverse("mfa_index")
        assert api.headers["Content-Type"] == "application/problem+json"
        page = client.get(answer.headers["Location"])
        assert "needs a second factor" in page.content.decode()
        confirm_password(client)
        secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
        assert client.get("/images/").status_code == 200
        Authenticator.objects.filter(user=person).delete()
        assert client.get("/images/").status_code == 302


def test_nobody_makes_an_account_of_their_own(db: None) -> None:
    before = User.objects.count()
    for path in (
        "/accounts/signup/",
        "/login/with/signup/",
        "/settings/sign-in/signup/",
    ):
        Client().post(path, {"username": "x", "password1": "y", "password2": "y"})
    assert User.objects.count() == before
