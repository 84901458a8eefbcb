"""Signing in with the organization's own provider (OpenID Connect)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from accounts.models import User
from config.env import Environment
from config.signing_in import PROVIDER, provider_address, providers
from moderation.models import AuditEvent
from tests.factories import make_user
from tests.oidc import CLIENT_ID, CLIENT_SECRET, Provider, providing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

pytestmark = pytest.mark.django_db
EMAIL = "ada@example.org"
VERIFIED = {"sub": "17", "email": EMAIL, "email_verified": True}


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with providing(**VERIFIED, preferred_username="ada") as running:
        given = {
            "PIXELWARDEN_OIDC_SERVER_URL": running.url,
            "PIXELWARDEN_OIDC_CLIENT_ID": CLIENT_ID,
            "PIXELWARDEN_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        environment = Environment(source=given, is_production=False)
        settings.OIDC_SERVER_URL = provider_address(environment)
        settings.SOCIALACCOUNT_PROVIDERS = providers(
            environment, settings.OIDC_SERVER_URL, "Single sign-on"
        )
        yield running


def come(**more: str) -> tuple[Client, Any]:
    """Press the button, sign in at the provider, come back."""
    client = Client()
    start = client.post(
        reverse("openid_connect_login", kwargs={"provider_id": PROVIDER}), more
    )
    assert start.status_code == 302
    there = httpx.get(start.headers["Location"])
    back = urlsplit(there.headers["Location"])
    return client, client.get(f"{back.path}?{back.query}")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def said(client: Client, answer: Any) -> str:
    assert answer.headers["Location"] == reverse("login")
    return client.get(reverse("login")).content.decode()


def actions() -> list[str]:
    return list(
        AuditEvent.objects.order_by("position").values_list("action", flat=True)
    )


def test_the_button_is_there_where_there_is_a_provider(
    provider: Provider, settings: Settings
) -> None:
    assert "Single sign-on" in Client().get(reverse("login")).content.decode()
    settings.OIDC_SERVER_URL = ""
    assert "Single sign-on" not in Client().get(reverse("login")).content.decode()


def test_who_has_an_account_with_that_verified_address_enters(
    provider: Provider,
) -> None:
    person = make_user("moderator", username="ada", email=EMAIL.upper())

    for number in (1, 2):  # the second time by the provider's id alone
        client, answer = come(next="/images/")
        assert is_in(client), number
        assert answer.headers["Location"] == "/images/"
        provider.claims["email"] = "changed@example.org"

    assert actions() == ["provider_connected", "signed_in", "signed_in"]
    assert AuditEvent.objects.latest("position").data == {"how": [PROVIDER]}
    assert AuditEvent.objects.latest("position").actor == person


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email_verified": False}, "does not say that your e-mail is verified"),
        ({"email": ""}, "does not say that your e-mail is verified"),
        ({"email": "eve@example.org"}, "Nobody here has this e-mail address"),
    ],
)
def test_nobody_else_does(
    provider: Provider, claims: dict[str, Any], words: str
) -> None:
    make_user("moderator", username="ada", email=EMAIL)
    provider.claims |= claims
    before = User.objects.count()

    client, answer = come()

    assert words in said(client, answer)
    assert not is_in(client)
    assert User.objects.count() == before


def test_only_addresses_of_the_named_domains_do(
    provider: Provider, settings: Settings
) -> None:
    make_user("moderator", username="ada", email=EMAIL)
    settings.OIDC_DOMAINS = frozenset({"example.com"})
    client, answer = come()
    assert "may not enter" in said(client, answer)
    assert not is_in(client)

    settings.OIDC_DOMAINS = frozenset()
    assert is_in(come()[0])
    settings.OIDC_DOMAINS = frozenset({"example.com"})  # nor who entered before
    assert not is_in(come()[0])


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_service": True}])
def test_who_is_switched_off_or_a_program_does_not(
    provider: Provider, change: dict[str, bool]
) -> None:
    person = make_user("moderator", username="ada", email=EMAIL)
    client, _ = come()
    assert is_in(client)
    User.objects.filter(pk=person.pk).update(**change)
    client, _ = come()
    assert not is_in(client)


def test_two_accounts_of_one_address_are_nobodys(provider: Provider) -> None:
    for name in ("ada", "ada2"):
        make_user("moderator", username=name, email=EMAIL)
    client, answer = come()
    assert "Several accounts" in said(client, answer)


def test_where_it_is_wished_an_account_is_made(
    provider: Provider, settings: Settings
) -> None:
    settings.OIDC_GROUP = "moderator"
    client, _ = come()

    made = User.objects.get(email=EMAIL)
    assert is_in(client)
    assert made.username == "ada"
    assert [group.name for group in made.groups.all()] == ["moderator"]
    assert not made.has_usable_password()
    assert not made.is_staff
    assert "person_provided" in actions()
    # There is no password to confirm with: said, and no error of ours.
    assert client.get(reverse("mfa_activate_totp")).status_code < 500


@pytest.mark.parametrize(
    "wrong", [{"issuer": "https://evil.example"}, {"audience": "x"}]
)
def test_tokens_for_or_from_somebody_else_are_refused(
    provider: Provider, wrong: dict[str, str]
) -> None:
    make_user("moderator", username="ada", email=EMAIL)
    for name, value in wrong.items():
        setattr(provider, name, value)
    client, answer = come()
    assert answer.status_code < 500
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_is_refused(provider: Provider) -> None:
    make_user("moderator", username="ada", email=EMAIL)
    client = Client()
    start = client.post(
        reverse("openid_connect_login", kwargs={"provider_id": PROVIDER})
    )
    there = httpx.get(start.headers["Location"])
    back = urlsplit(there.headers["Location"])
    stranger = Client()
    answer = stranger.get(f"{back.path}?{back.query}")
    assert answer.status_code < 500
    assert not is_in(stranger)


def test_a_provider_that_is_away_is_no_error_of_ours(
    settings: Settings, provider: Provider
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"] = {
        "server_url": "http://127.0.0.1:9"
    }
    answer = Client().post(
        reverse("openid_connect_login", kwargs={"provider_id": PROVIDER})
    )
    assert answer.status_code < 500


def test_settings_that_make_no_sense_refuse_to_start() -> None:
    for given, is_production in (
        ({"OIDC_SERVER_URL": "http://idp.example.org"}, True),
        ({"OIDC_SERVER_URL": "idp.example.org"}, False),
        ({"OIDC_SERVER_URL": "https://idp.example.org"}, False),  # and nothing else
    ):
        source = {f"PIXELWARDEN_{name}": value for name, value in given.items()}
        with pytest.raises(ImproperlyConfigured):
            provider_address(Environment(source=source, is_production=is_production))
