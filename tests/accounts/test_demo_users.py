"""Somebody to sign in as on a trial installation."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import User

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db
NAMES = {"moderator", "lead", "administrator"}


def create() -> str:
    said = StringIO()
    call_command("create_demo_users", stdout=said)
    return said.getvalue()


def test_random_passwords_are_printed_once_and_work() -> None:
    said = create()

    printed = dict(line.split() for line in said.splitlines()[1:])
    assert set(printed) == NAMES
    assert len(set(printed.values())) == len(NAMES)
    for name, password in printed.items():
        user = authenticate(username=name, password=password)
        assert user is not None
        assert [group.name for group in user.groups.all()] == [name]
    again = create()
    assert not any(password in again for password in printed.values())
    assert User.objects.count() == len(NAMES)


def test_password_of_the_environment_is_taken_and_not_printed(
    settings: Settings,
) -> None:
    settings.DEMO_PASSWORD = "correct horse battery staple"

    said = create()

    assert settings.DEMO_PASSWORD not in said
    assert authenticate(username="lead", password=settings.DEMO_PASSWORD)


def test_weak_password_is_refused_and_makes_nobody(settings: Settings) -> None:
    settings.DEMO_PASSWORD = "password"

    with pytest.raises(CommandError, match="too weak"):
        create()

    assert not User.objects.exists()


def test_production_gets_no_demo_users(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    assert "createsuperuser" in create()
    assert not User.objects.exists()
