"""Getting, using and ending tokens, and guessing passwords in vain."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.backends import MAX_FAILURES
from tests.api.helpers import assert_problem
from tests.factories import PASSWORD, make_user

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/auth/tokens/"
IMAGES = "/api/v1/images/"


def basic(username: str, password: str) -> dict[str, str]:
    credentials = b64encode(f"{username}:{password}".encode()).decode()
    return {"HTTP_AUTHORIZATION": f"Basic {credentials}"}


def test_a_password_buys_a_token_that_works_until_it_is_ended(
    integrator: User,
) -> None:
    client = APIClient()

    issued = client.post(TOKENS, **basic(integrator.username, PASSWORD))

    assert issued.status_code == 201
    assert issued.headers["Cache-Control"] == "no-store"
    token = issued.json()["token"]
    assert token.startswith("pw_")
    assert token.startswith(issued.json()["key"])
    assert token not in str(list(AuthToken.objects.values()))
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    assert client.get(IMAGES, **bearer).status_code == 200
    assert client.delete(f"{TOKENS}current/", **bearer).status_code == 204
    assert_problem(client.get(IMAGES, **bearer), 401, "authentication_failed")


def test_the_lifetime_is_asked_for_within_bounds(integrator: User) -> None:
    client, login = APIClient(), basic(integrator.username, PASSWORD)

    short = client.post(TOKENS, {"days": 2}, format="json", **login).json()

    AuthToken.objects.get(
        token_key=short["key"], expiry__lt=timezone.now() + timedelta(3)
    )
    for days in (0, 366, "long"):
        answer = client.post(TOKENS, {"days": days}, format="json", **login)
        problem = assert_problem(answer, 400, "invalid")
        assert problem["errors"][0]["pointer"] == "#/days"


def test_an_expired_token_is_wrong(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    assert_problem(client.get(IMAGES), 401, "authentication_failed")


def test_a_token_of_a_person_switched_off_is_wrong(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    integrator.is_active = False
    integrator.save()

    assert_problem(client.get(IMAGES), 401, "authentication_failed")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer a b",
        "Bearer pw_0",
        "Bearer \xff\xfe",
        "Bearer pw_%00",
        "Bearer ''",
    ],
)
def test_a_malformed_token_is_simply_wrong(db: None, header: str) -> None:
    answer = APIClient().get(IMAGES, HTTP_AUTHORIZATION=header)

    assert_problem(answer, 401, "authentication_failed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic AA==", "Digest x"])
def test_a_malformed_password_is_simply_wrong(db: None, header: str) -> None:
    answer = APIClient().post(TOKENS, HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="pixelwarden"'


def test_a_password_is_no_way_into_the_rest_of_the_api(integrator: User) -> None:
    login = basic(integrator.username, PASSWORD)

    assert_problem(APIClient().get(IMAGES, **login), 401, "not_authenticated")


def test_guessing_ends_after_some_failures_even_with_the_right_password(
    integrator: User,
) -> None:
    client = APIClient()
    for number in range(MAX_FAILURES):
        wrong = client.post(TOKENS, **basic(integrator.username, f"guess {number}"))
        assert_problem(wrong, 401, "authentication_failed")

    refused = client.post(TOKENS, **basic(integrator.username, PASSWORD))

    assert_problem(refused, 429, "throttled")
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    assert not AuthToken.objects.exists()
    elsewhere = basic(integrator.username, PASSWORD) | {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post(TOKENS, **elsewhere).status_code == 201


def test_guessing_at_the_sign_in_page_counts_alike(moderator: User) -> None:
    client, page = Client(), reverse("login")
    for number in range(MAX_FAILURES):
        client.post(page, {"username": moderator.username, "password": str(number)})

    client.post(page, {"username": moderator.username, "password": PASSWORD})

    assert "_auth_user_id" not in client.session


def test_a_session_reads_but_writes_only_with_a_csrf_token(moderator: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(moderator)

    assert client.get(IMAGES).status_code == 200
    assert_problem(client.post(IMAGES), 403, "permission_denied")
    assert_problem(client.delete(f"{TOKENS}current/"), 403, "permission_denied")


def test_a_session_has_no_current_token(moderator: User) -> None:
    client = APIClient()
    client.force_login(moderator)

    assert_problem(client.delete(f"{TOKENS}current/"), 404, "not_found")


def test_the_command_prints_a_token_that_works(integrator: User) -> None:
    out, told = StringIO(), StringIO()

    call_command("create_token", integrator.username, days=3, stdout=out, stderr=told)

    token = out.getvalue().strip()
    answer = APIClient().get(IMAGES, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert answer.status_code == 200
    assert token not in told.getvalue()


@pytest.mark.parametrize(
    ("name", "days"), [("nobody-here", 3), ("somebody", 0), ("left", 3)]
)
def test_the_command_refuses_in_words(db: None, name: str, days: int) -> None:
    make_user("integrator", username="somebody")
    make_user("integrator", username="left", is_active=False)

    with pytest.raises(
        CommandError, match=r"There is no user|Expected 1 to|switched off"
    ):
        call_command("create_token", name, days=days)
