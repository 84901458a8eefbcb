"""Every address of the project, asked for with the neighbour's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from tests.isolation import addresses
from tests.isolation.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from accounts.models import User

    ClientOf = Callable[[User], Client]

ADDRESSES = dict(addresses.every_address())
WITH_IDS = {
    name: arguments
    for name, arguments in ADDRESSES.items()
    if arguments
    and name not in addresses.OF_THE_INSTALLATION | addresses.NAMELESS
    and name != "admin:view_on_site"
}
WITHOUT_IDS = sorted(
    name
    for name, arguments in ADDRESSES.items()
    if not arguments and name not in addresses.NAMELESS
)
FIELDS = {
    "outcome": "fake",
    "reason": "ai_generated",
    "because": "x",
    "text": "x",
    "name": "x",
    "person": "x",
    "note": "x",
    "size": "10",
    "post": "yes",
    "password1": "a new pass phrase",
    "password2": "a new pass phrase",
}
SIGNED_IN_AS = ("lead", "administrator", "keeper")


@pytest.fixture
def worlds(db: None) -> tuple[World, World]:
    """Return one's own organization and the neighbour's."""
    own = make_world("aurora", organization=Organization.objects.get(pk=1))
    return own, make_world("zephyr")


def test_every_address_with_ids_is_covered(worlds: tuple[World, World]) -> None:
    missing = [
        name
        for name, arguments in WITH_IDS.items()
        if addresses.ids_of(name, arguments, _with_token(worlds[1])) is None
    ]
    assert not missing, "say in tests/isolation/addresses.py whose ids these take"


def test_every_address_gives_nothing_away(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    """What is answered is what an id of nobody is answered, word for word."""
    own, other = worlds[0], _with_token(worlds[1])
    before = _everything_of(other)
    for client in _clients(own, client_of):
        for name, arguments in WITH_IDS.items():
            _compare(client, name, arguments, other)
    assert _everything_of(other) == before


def test_ones_own_ids_are_known(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    """The test before must not pass because nothing is ever found."""
    own = _with_token(worlds[0])
    client = client_of(own.people["keeper"])
    found = 0
    for name, arguments in WITH_IDS.items():
        ids = addresses.ids_of(name, arguments, own)
        answer = client.get(reverse(name, kwargs=ids))
        _text(answer)  # a file is read to its end
        found += answer.status_code in {200, 405}
    assert found > len(WITH_IDS) * 0.8


def test_lists_hold_nothing_of_the_neighbour(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds[0], _with_token(worlds[1])
    for client in _clients(own, client_of):
        for name in WITHOUT_IDS:
            if name in addresses.NEVER_ABOUT_ROWS:
                continue
            answer = client.get(reverse(name))
            assert answer.status_code < 500, name
            assert not other.shown_in(_text(answer)), name


def test_exports_and_filters_hold_nothing_of_the_neighbour(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    client = client_of(own.people["keeper"])
    for list_name in ("cases", "images", "decisions"):
        address = reverse("moderation:export", args=[list_name])
        assert not other.shown_in(_text(client.post(f"{address}?status=all")))
    image = other.rows["image"]
    for query in ("zephyr", image.sha256, str(image.pk), str(other.rows["case"].pk)):
        for name in ("moderation:queue", "forensics:image-list", "moderation:find"):
            answer = client.get(reverse(name), {"q": query, "status": "all"})
            assert not other.shown_in(_text(answer), but=f"zephyr {query}"), name
    statuses = client.get(reverse("forensics:image-status"), {"id": str(image.pk)})
    assert statuses.json()["images"] == []


def _clients(own: World, client_of: ClientOf) -> Iterator[Client]:
    for name in SIGNED_IN_AS:
        yield client_of(own.people[name])
    yield Client(headers={"Authorization": f"Bearer {own.token}"})


def _compare(
    client: Client, name: str, arguments: frozenset[str], other: World
) -> None:
    theirs = reverse(name, kwargs=addresses.ids_of(name, arguments, other))
    nobodys = reverse(name, kwargs=addresses.ids_of_nobody(name, arguments, other))
    for method in ("get", "post", "put", "patch", "delete"):
        data = FIELDS if method == "post" else None
        client.cookies.pop("messages", None)  # they tell of the request before
        answer = getattr(client, method)(theirs, data)
        client.cookies.pop("messages", None)
        expected = getattr(client, method)(nobodys, data)
        said = (name, method, answer.status_code)
        assert answer.status_code == expected.status_code, said
        # Refused before anything is looked up, or an admin's way of saying 404.
        assert answer.status_code in {302, 401, 403, 404, 405}, said
        assert answer.get("Location") == expected.get("Location") or (
            answer.status_code == 302 and "login" in answer["Location"]
        ), said
        assert not other.shown_in(_text(answer), but=theirs), said


def _text(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


def _with_token(world: World) -> World:
    lead = world.people["lead"]
    tokens = apps.get_model("knox", "AuthToken").objects.filter(user=lead)
    world.rows = dict(world.rows) | {
        "token": tokens.get(),
        "organization": world.organization,
    }
    return world


def _everything_of(world: World) -> dict[str, Any]:
    """Return the stored columns of every row of an organization."""
    return {
        name: type(row)._default_manager.filter(pk=row.pk).values().get()
        for name, row in world.rows.items()
    }
