"""No door lets one organization see, guess or change what is another's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.isolation.addresses import EVERYBODYS, Address, addresses, nobodys
from tests.isolation.worlds import NOBODYS, NOBODYS_NUMBER, World

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
OURS, THEIRS = "walrus", "zebra"
ROLES = ("lead", "administrator", "token", "secret")
# Leaving ends the walk.
NOT_POSTED = ("logout/", "api/v1/auth/")


def client_for(role: str, world: World, client_of: Callable[..., Client]) -> Client:
    if role in {"token", "secret"}:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {getattr(world, role)}")
    else:
        client = client_of(getattr(world, role))
    client.raise_request_exception = False
    return client


def test_every_part_of_every_address_is_known() -> None:
    for address in addresses():
        assert address.kinds is not None


def with_keys() -> list[Address]:
    return [
        one
        for one in addresses()
        if one.kinds and not EVERYBODYS & set(one.kinds.values())
    ]


def text_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode(errors="replace"))


def what_it_says(answer: Any, keys: dict[str, Any]) -> tuple[int, str]:
    """Return status and way, without the key that was asked for."""
    way = unquote(answer.headers.get("Location", ""))
    for key in sorted({str(key) for key in keys.values()}, key=len, reverse=True):
        way = re.sub(rf"(?<![0-9a-z]){re.escape(key)}(?![0-9a-z])", "KEY", way)
    return answer.status_code, way


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_a_neighbors_key_is_as_one_that_nobody_has(
    role: str,
    method: str,
    ours: World,
    theirs: World,
    client_of: Callable[..., Client],
) -> None:
    client, before, wrong = client_for(role, ours, client_of), theirs.state(), []
    nobody = nobodys(theirs.keys)
    for address in with_keys():
        answer = getattr(client, method)(address.filled(theirs.keys))
        absent = getattr(client, method)(address.filled(nobody))
        found = what_it_says(answer, dict(theirs.keys))
        expected = what_it_says(absent, nobody)
        if found != expected or found[0] < 300 or found[0] >= 500:
            wrong.append((address.pattern, found, expected))
        if THEIRS in text_of(answer).replace(f"{THEIRS}-queue", ""):
            wrong.append((address.pattern, "names them"))
    assert not wrong
    assert theirs.state() == before


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_pages_hold_no_trace_of_a_neighbor(
    role: str, ours: World, theirs: World, client_of: Callable[..., Client]
) -> None:
    client, wrong = client_for(role, ours, client_of), []
    for address in addresses():
        if address.kinds:
            continue
        for query in ("", "?status=all&state=all&page_size=100"):
            answer = client.get(address.filled(theirs.keys) + query)
            text = text_of(answer)
            if answer.status_code >= 500:
                wrong.append((address.pattern, answer.status_code))
            if THEIRS in text or any(key in text for key in theirs.ids):
                wrong.append((address.pattern, query, "a trace"))
    assert not wrong


def test_one_sees_ones_own(ours: World, client_of: Callable[..., Client]) -> None:
    client = client_for("lead", ours, client_of)
    for path in ("/cases/", "/images/", "/cases/policies/", "/cases/queues/"):
        assert OURS in text_of(client.get(path)), path
    assert client.get(f"/cases/{ours.keys['case']}/").status_code == 200
    assert NOBODYS not in ours.keys.values()
    assert NOBODYS_NUMBER not in ours.keys.values()
