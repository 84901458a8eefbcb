"""Guessing passwords behind a proxy: whoever guesses is stopped, nobody else."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.backends import MAX_FAILURES
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db
GUESSER, COLLEAGUE = "198.51.100.9", "192.0.2.7"


@pytest.fixture(autouse=True)
def _no_failures_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def signs_in(user: User, password: str, *, forwarded: str) -> bool:
    client = Client()
    client.post(
        reverse("login"),
        {"username": user.username, "password": password},
        headers={"x-forwarded-for": forwarded},
    )
    return "_auth_user_id" in client.session


def status_of_a_new_token(user: User, *, forwarded: str) -> int:
    basic = b64encode(f"{user.username}:{PASSWORD}".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "x-forwarded-for": forwarded}
    return APIClient().post(reverse("api:token-list"), headers=headers).status_code


def guess(user: User, *forwarded: str) -> None:
    for number in range(MAX_FAILURES):
        entry = forwarded[number % len(forwarded)]
        assert not signs_in(user, f"guess {number}", forwarded=entry)


def test_a_guesser_behind_the_proxy_does_not_lock_a_colleague_out(
    settings: Settings, lead: User
) -> None:
    settings.BEHIND_PROXY = True

    guess(lead, GUESSER)

    assert not signs_in(lead, PASSWORD, forwarded=GUESSER)
    assert signs_in(lead, PASSWORD, forwarded=COLLEAGUE)


def test_the_way_into_the_api_counts_by_the_same_address(
    settings: Settings, lead: User
) -> None:
    settings.BEHIND_PROXY = True
    guess(lead, GUESSER)

    assert status_of_a_new_token(lead, forwarded=GUESSER) == 429
    assert status_of_a_new_token(lead, forwarded=COLLEAGUE) == 201


def test_what_the_guesser_claims_before_the_proxys_entry_changes_nothing(
    settings: Settings, lead: User
) -> None:
    settings.BEHIND_PROXY = True

    guess(lead, f"10.0.0.1, {GUESSER}", f"{COLLEAGUE},{GUESSER}", f"{GUESSER}:4711")

    assert not signs_in(lead, PASSWORD, forwarded=GUESSER)
    assert not signs_in(lead, PASSWORD, forwarded=f"{COLLEAGUE}, {GUESSER}:99")


def test_without_a_proxy_the_header_is_not_believed(
    settings: Settings, lead: User
) -> None:
    settings.BEHIND_PROXY = False

    guess(lead, "10.0.0.1", "10.0.0.2", "10.0.0.3")

    assert not signs_in(lead, PASSWORD, forwarded="10.0.0.4")


@pytest.mark.parametrize("entry", ["", "unknown", "999.1.1.1", "[::g]:80", "a:b:c"])
def test_an_entry_that_is_no_address_counts_for_the_proxy(
    settings: Settings, lead: User, entry: str
) -> None:
    settings.BEHIND_PROXY = True

    guess(lead, entry)

    assert not signs_in(lead, PASSWORD, forwarded="also nonsense")
