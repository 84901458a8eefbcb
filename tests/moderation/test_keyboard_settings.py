"""Which keys a person uses: stored on the server, refused in words, on the record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Preferences, User
from moderation.models import AuditEvent
from moderation.shortcuts import (
    ACTIONS,
    UnusableKeyError,
    conflicts,
    effective,
    read_key,
)

ClientOf = Callable[[User], Client]
ADDRESS = "/settings/keyboard/"


def send(client: Client, body: object) -> Any:
    return client.post(
        ADDRESS,
        body if isinstance(body, (str, bytes)) else json.dumps(body),
        content_type="application/json",
        headers={"accept": "application/json"},
    )


def test_the_first_keys_are_usable_and_nobody_shares_one() -> None:
    keys = effective({})
    assert conflicts(keys) == {}
    assert {name: read_key(key) for name, key in keys.items()} == keys
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", ""),
        (" K ", "k"),
        ("ctrl + K", "Ctrl+k"),
        ("cmd+enter", "Ctrl+Enter"),
        ("shift+l", "Shift+l"),
        ("Ctrl+Shift+L", "Ctrl+Shift+l"),
        ("+", "+"),
        ("Ctrl++", "Ctrl++"),
        ("?", "?"),
        ("ß", "ß"),
        ("ä", "ä"),
        ("up", "ArrowUp"),
        ("page down", "PageDown"),
        ("f2", "F2"),
    ],
)
def test_keys_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert read_key(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        *("ab", "Tab", "Escape", "F5", "Alt+x", "Ctrl+", "Ctrl+Ctrl+x", "Ctrl+w"),
        *("shift+!", "a" * 25, "\x00", "\u202e", "a\nb", "Shift", "+++", "Ctrl+k+"),
    ],
)
def test_what_is_no_usable_key_is_refused(typed: str) -> None:
    with pytest.raises(UnusableKeyError):
        read_key(typed)


def test_keys_are_stored_where_they_differ_and_recorded(
    moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    assert "Keys are on" in client.get(ADDRESS).content.decode()
    fields = {f"key-{name}": key for name, key in effective({}).items()}
    answer = client.post(
        ADDRESS, fields | {"key-skip": "X", "key-viewer-actual-size": ""}
    )
    assert (answer.status_code, answer["Location"]) == (302, ADDRESS)
    stored = Preferences.objects.get(user=moderator)
    assert stored.shortcuts == {"skip": "x", "viewer-actual-size": ""}
    assert not stored.shortcuts_enabled
    event = AuditEvent.objects.get(action="settings_changed")
    assert (event.actor, event.data) == (
        moderator,
        {"changed": ["shortcuts", "shortcuts_enabled"]},
    )
    page = client.get("/images/").content.decode()
    assert '"name": "skip", "words": "Skip", "key": "x"' in page
    assert '"on": false' in page
    # Nothing changes, nothing is recorded.
    client.post(ADDRESS, fields | {"key-skip": "x", "key-viewer-actual-size": ""})
    assert AuditEvent.objects.filter(action="settings_changed").count() == 1
    client.post(ADDRESS, fields | {"reset": "1"})
    stored.refresh_from_db()
    assert (stored.shortcuts, stored.shortcuts_enabled) == ({}, True)


def test_a_key_of_another_action_is_refused_in_words_and_kept_on_the_page(
    moderator: User, client_of: ClientOf
) -> None:
    fields = {f"key-{name}": key for name, key in effective({}).items()}
    answer = client_of(moderator).post(
        ADDRESS, fields | {"key-skip": "a", "key-note": "<b>", "enabled": "1"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“a” is already the key of “It is authentic”." in page
    assert "“&lt;b&gt;” is no key." in page
    assert 'value="&lt;b&gt;"' in page
    assert not Preferences.objects.filter(user=moderator).exists()


def test_scripts_store_keys_as_json(moderator: User, client_of: ClientOf) -> None:
    client = client_of(moderator)
    answer = send(client, {"keys": {"skip": "Shift+S"}, "enabled": True})
    assert answer.status_code == 200
    keys = {action["name"]: action["key"] for action in answer.json()["actions"]}
    assert (keys["skip"], keys["note"]) == ("Shift+s", "n")
    refused = send(client, {"keys": {"skip": "n"}})
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"skip"} or set(
        refused.json()["errors"]
    ) == {"note"}
    assert Preferences.objects.get(user=moderator).shortcuts == {"skip": "Shift+s"}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"null", b"[]", b"\xff", b"[" * 10_000, b'"x"', b"NaN"),
        *({}, {"keys": None}, {"keys": []}, {"keys": "a"}, {"keys": {"skip": 1}}),
        {"keys": {"skip": None}},
        {"keys": {"skip": ["a"]}},
        {"keys": {"skip": {"a": "b"}}},
        {"keys": {"nothing-such": "a"}},
        {"keys": {"__proto__": "a"}},
        {"keys": {"skip\0": "a"}},
        {"keys": {"skip": "a\0"}},
        {"keys": {"skip": "\ud800"}},
        {"keys": {"skip": "x" * 20_000}},
        {"keys": {}, "enabled": "yes"},
        {"keys": {}, "enabled": None},
        {"keys": {}, "enabled": 1},
    ],
)
def test_hostile_json_is_refused_in_words(
    body: object, moderator: User, client_of: ClientOf
) -> None:
    answer = send(client_of(moderator), body)
    assert answer.status_code == 422
    assert answer.json()["problem"]
    assert not Preferences.objects.filter(user=moderator).exists()


def test_what_the_database_holds_cannot_break_a_page(
    moderator: User, client_of: ClientOf
) -> None:
    own = Preferences.objects.create(user=moderator)
    for stored in ([], "x", {"gone": "a", "skip": 3, "note": "<script>"}):
        own.shortcuts = stored
        own.save()
        answer = client_of(moderator).get("/images/")
        assert answer.status_code == 200
        assert '<script>"' not in answer.content.decode()


def test_strangers_are_sent_to_sign_in_and_get_no_keys(
    client: Client, db: None
) -> None:
    assert client.get(ADDRESS).status_code == 302
    assert "keyboard-actions" not in client.get("/login/").content.decode()
