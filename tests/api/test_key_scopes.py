"""Every scope of a key against every address of the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from accounts.api.permissions import HoldsScope
from accounts.keys.scopes import ANY_KEY, PEOPLE, PUBLIC, Scope
from accounts.models import User
from config.api_scopes import SCOPES_OF, scopes_for
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.api.keys import addresses, client_with, make_key, methods_of
from tests.factories import make_case

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db

ADDRESSES = [
    (path, name, method)
    for path, name, pattern in addresses()
    for method in methods_of(pattern)
]


def test_every_address_declares_the_scope_that_each_method_needs() -> None:
    undeclared = {
        (name, method)
        for _, name, method in ADDRESSES
        if method not in (rules := SCOPES_OF.get(name, {})) and "*" not in rules
    }

    assert undeclared == set()


def test_the_table_names_no_address_that_is_not_there() -> None:
    assert set(SCOPES_OF) == {name for _, name, _ in ADDRESSES}


def test_every_address_that_is_not_public_asks_for_scopes() -> None:
    open_ones = {
        name
        for _, name, pattern in addresses()
        if not any(
            issubclass(one, HoldsScope)
            for one in pattern.callback.cls.permission_classes  # type: ignore[attr-defined]
        )
    }

    assert {rule for name in open_ones for rule in SCOPES_OF[name].values()} == {PUBLIC}


def test_every_scope_opens_something() -> None:
    used = {scope for rules in SCOPES_OF.values() for scope in rules.values()}

    assert used == {*Scope.values, ANY_KEY, PEOPLE, PUBLIC}


def _filled(path: str) -> str:
    """Put an id of the right kind, of nothing, into a path."""
    nobody = "01900000-0000-7000-8000-000000000000"
    kinds = {"uuid:": nobody, "int:": "999999", "slug:": "invalid", "str:": "none"}
    parts = []
    for part in path.split("/"):
        kind = next((k for k in kinds if part.startswith(f"<{k}")), "")
        parts.append(kinds[kind] if kind else part)
    return "/" + "/".join(parts)


def test_each_scope_opens_exactly_the_addresses_of_the_table() -> None:
    """Every scope against every address: the key's account may do everything."""
    keys = {s: make_key(s, burst=60_000, per_minute=60_000)[1] for s in Scope.values}
    wrong = []
    for path, name, method in ADDRESSES:
        needed = scopes_for(name, method)
        for scope, secret in keys.items():
            client = client_with(secret)
            answer = client.generic(method, _filled(path), "{}", "application/json")
            is_shut = (
                answer.status_code == 403 and b"insufficient_scope" in answer.content
            )
            if is_shut != (not needed & {scope, ANY_KEY, PUBLIC}):
                if name in {"token-list"} and answer.status_code == 401:
                    continue  # takes names and passwords only
                wrong.append((method, path, scope, answer.status_code))

    assert wrong == []


def test_a_scope_gives_nothing_that_the_account_may_not() -> None:
    secret = make_key(group="integrator")[1]

    answer = client_with(secret).get("/api/v1/policies/")

    assert_problem(answer, 403, "permission_denied")


def test_tokens_of_people_are_not_bound_by_scopes(api_of: ApiOf, lead: User) -> None:
    answer = api_of(lead).get("/api/v1/policies/")

    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


def test_what_a_key_may_see_of_an_address_follows_the_method() -> None:
    client = client_with(make_key("images:read")[1])

    assert client.get(IMAGES).status_code == 200
    assert client.head(IMAGES).status_code == 200
    assert client.options(IMAGES).status_code == 200
    assert_problem(upload(client, picture()), 403, "insufficient_scope")


def test_a_report_tells_a_key_no_more_than_its_scopes() -> None:
    case = make_case()
    path = f"/api/v1/reports/{case.analysis_id}/"
    for scopes, sees in (
        (("analyses:read",), False),
        (("analyses:read", "cases:read"), True),
    ):
        _, secret = make_key(*scopes)
        body = json.loads(client_with(secret).get(path).content)
        assert (body["cases"] is not None) is sees
