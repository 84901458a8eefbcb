"""What every test gets: a folder of its own for files, people of each group."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import translation
from pytest_django.plugin import blocking_manager_key

from tests.factories import make_user
from tests.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_django import Settings

    from accounts.models import User

LONG = ("processes", "browser", "slow")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the long ones first; keep the rows that migrations made.

    With DATABASE_TESTS=1 only what asks a database is left, for a second one.
    """
    # Begun last, a test that starts servers would keep one process and idle the others.
    items.sort(key=lambda item: not any(map(item.get_closest_marker, LONG)))
    if os.environ.get("DATABASE_TESTS") == "1":
        dropped = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if asks_database(item)]
    for item in items:
        # Given back after tests that empty the tables.
        if empties_tables(item):
            restored = pytest.mark.django_db(transaction=True, serialized_rollback=True)
            item.add_marker(restored, append=False)


def asks_database(item: pytest.Item) -> bool:
    """Return whether a test reads or writes rows, itself or in processes it starts."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(
        item.get_closest_marker("django_db")
        or item.get_closest_marker("processes")
        or {"db", "transactional_db", "live_server", "prepared"} & fixtures
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Iterator[None]:
    """Give the rows back at once: in a process of several, any test may come next."""
    yield
    # After the last test the database is gone.
    if nextitem is not None and empties_tables(item):
        with item.config.stash[blocking_manager_key].unblock():
            rows = connection._test_serialized_contents
            connection.creation.deserialize_db_from_string(rows)


def empties_tables(item: pytest.Item) -> bool:
    """Return whether a test's end deletes every row."""
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    return bool(marker and marker.kwargs.get("transaction")) or bool(
        {"transactional_db", "live_server"} & set(fixtures)
    )


# How long examples take is no property of the code: machines are busy now and then.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """End each test in English: a request leaves its reader's language behind."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def files_folder(settings: Settings, tmp_path: Path) -> Path:
    """Keep this test's originals and evidence apart from every other test's."""
    folder = tmp_path / "files"
    storages = deepcopy(settings.STORAGES)
    storages["default"]["OPTIONS"]["location"] = folder
    settings.STORAGES = storages
    return folder


@pytest.fixture
def moderator(db: None) -> User:
    return make_user("moderator")


@pytest.fixture
def lead(db: None) -> User:
    return make_user("lead")


@pytest.fixture
def administrator(db: None) -> User:
    return make_user("administrator", is_staff=True)


@pytest.fixture
def auditor(db: None) -> User:
    return make_user("auditor")


@pytest.fixture
def integrator(db: None) -> User:
    return make_user("integrator")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Return a browser-like client that is signed in as somebody."""

    def signed_in(user: User) -> Client:
        """Make the session that a sign-in leaves; signing in itself is on record."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        return client

    return signed_in


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation with tables and users, to be copied and never started."""
    template = Installation(tmp_path_factory.mktemp("prepared"))
    template.prepare()
    yield template
    template.remove()


@pytest.fixture
def installation(prepared: Installation, tmp_path: Path) -> Iterator[Installation]:
    """Return a prepared installation that is not started yet."""
    installed = Installation(tmp_path / "installation")
    installed.prepare(like=prepared)
    yield installed
    installed.remove()
