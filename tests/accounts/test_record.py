"""Who may what, who signs in, and with which token: all of it is on record."""

from __future__ import annotations

from base64 import b64encode
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.backends import MAX_FAILURES
from accounts.models import User
from accounts.services import create_demo_users
from accounts.tokens import issue_token
from moderation.models import AuditEvent, AuditHead
from tests.factories import PASSWORD, make_user
from tests.moderation.chain import assert_chain_is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "entirely different words"


@pytest.fixture(autouse=True)
def _no_failures_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def boss() -> User:
    return make_user(username="boss", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in(client_of: ClientOf, boss: User) -> Client:
    return client_of(boss)


def recorded(*actions: str) -> list[AuditEvent]:
    events = AuditEvent.objects.order_by("position")
    return list(events.filter(action__in=actions) if actions else events)


def actions() -> list[str]:
    return [event.action for event in recorded()]


def sign_in(client: Client, name: str, password: str) -> Any:
    return client.post(reverse("login"), {"username": name, "password": password})


def change(client: Client, user: User, **changed: Any) -> Any:
    joined = user.date_joined
    fields = {
        "username": user.username,
        "is_active": "on",
        "date_joined_0": joined.strftime("%Y-%m-%d"),
        "date_joined_1": joined.strftime("%H:%M:%S"),
        "organization": user.organization_id,
    }
    url = reverse("admin:accounts_user_change", args=[user.pk])
    return client.post(url, fields | changed)


def test_signing_in_and_out_is_recorded_and_failures_without_a_person(
    moderator: User,
) -> None:
    client = Client()
    sign_in(client, moderator.username, "wrong")
    sign_in(client, moderator.username, PASSWORD)
    client.post(reverse("logout"))

    assert actions() == ["sign_in_failed", "signed_in", "signed_out"]
    failed, entered, left = recorded()
    assert failed.actor is None
    assert failed.data == {"person": moderator.username}
    assert entered.actor == left.actor == moderator
    assert entered.address == "127.0.0.1"
    assert PASSWORD not in str([event.data for event in recorded()])
    assert_chain_is_whole()


def test_signing_in_at_the_admin_is_recorded_alike(boss: User) -> None:
    client = Client()
    door = client.get(reverse("admin:login"), {"next": "/admin/"})
    assert door.headers["Location"] == "/login/?next=%2Fadmin%2F"

    entered = client.post(
        door.headers["Location"],
        {"username": boss.username, "password": PASSWORD, "next": "/admin/"},
    )

    assert entered.headers["Location"] == "/admin/"
    assert actions() == ["signed_in"]


def test_of_a_guesser_the_record_keeps_ten_failures_and_that_they_were_stopped(
    moderator: User,
) -> None:
    client = Client()
    for _ in range(MAX_FAILURES + 3):
        sign_in(client, moderator.username, "wrong")

    assert actions() == ["sign_in_failed"] * (MAX_FAILURES - 1) + ["sign_in_locked"]


def test_hostile_names_are_cut_and_harmless(db: None) -> None:
    sign_in(Client(), "x" * 1000 + "\0", "wrong")
    sign_in(Client(), "=cmd|'\u202e<b>", "wrong")

    assert all(len(event.data["person"]) <= 150 for event in recorded())
    assert_chain_is_whole()


def test_nobody_signs_in_without_a_record(moderator: User) -> None:
    AuditHead.objects.all().delete()
    client = Client(raise_request_exception=False)

    answer = sign_in(client, moderator.username, PASSWORD)

    assert answer.status_code == 500
    assert client.get(reverse("moderation:queue")).status_code == 302


def test_tokens_are_recorded_by_their_key_never_by_their_secret(
    moderator: User, signed_in: Client, boss: User
) -> None:
    basic = b64encode(f"{moderator.username}:{PASSWORD}".encode()).decode()
    api = APIClient()
    made = api.post("/api/v1/auth/tokens/", headers={"authorization": f"Basic {basic}"})
    secret = made.json()["token"]
    api.delete(
        "/api/v1/auth/tokens/current/", headers={"authorization": f"Bearer {secret}"}
    )
    other = issue_token(user=moderator)
    signed_in.post(
        reverse("admin:knox_authtoken_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [str(row.pk) for row in moderator.auth_token_set.all()],
            "post": "yes",
        },
    )

    events = recorded("token_made", "token_revoked")
    assert [(event.action, event.actor) for event in events] == [
        ("token_made", moderator),
        ("token_revoked", moderator),
        ("token_made", None),
        ("token_revoked", boss),
    ]
    assert events[-1].data == {"person": moderator.username, "token": other.key}
    assert secret not in str([event.data for event in events])


def test_changes_of_a_person_are_recorded_with_before_and_after(
    signed_in: Client, boss: User, moderator: User
) -> None:
    lead = Group.objects.get(name="lead")
    permission = Permission.objects.get(codename="view_worker")
    change(
        signed_in,
        moderator,
        groups=[lead.pk],
        user_permissions=[permission.pk],
        is_superuser="on",
        is_staff="on",
        is_active="",
    )

    (event,) = recorded("person_changed")
    assert event.actor == boss
    assert event.data["person"] == moderator.username
    assert event.data["before"] == {
        "groups": ["moderator"],
        "permissions": [],
        "is_active": True,
        "is_staff": False,
        "is_superuser": False,
    }
    assert event.data["after"] == {
        "groups": ["lead"],
        "permissions": ["forensics.view_worker"],
        "is_active": False,
        "is_staff": True,
        "is_superuser": True,
    }


def test_what_was_saved_unchanged_is_not_recorded(
    signed_in: Client, moderator: User
) -> None:
    change(
        signed_in, moderator, groups=list(moderator.groups.values_list("pk", flat=True))
    )

    assert actions() == []


def test_people_made_and_deleted_and_passwords_set_are_recorded(
    signed_in: Client, boss: User
) -> None:
    both = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    signed_in.post(
        reverse("admin:accounts_user_add"),
        {"username": "anna", "usable_password": "true", **both},
    )
    anna = User.objects.get(username="anna")
    signed_in.post(
        reverse("admin:auth_user_password_change", args=[anna.pk]),
        {"set_usable_password": "true", "password1": "other words", "password2": "no"},
    )
    signed_in.post(
        reverse("admin:auth_user_password_change", args=[anna.pk]),
        {
            "set_usable_password": "true",
            "password1": "quite other words",
            "password2": "quite other words",
        },
    )
    signed_in.post(
        reverse("admin:accounts_user_delete", args=[anna.pk]), {"post": "yes"}
    )

    assert actions() == ["person_created", "password_set", "person_deleted"]
    assert {event.actor for event in recorded()} == {boss}
    assert {event.data["person"] for event in recorded()} == {"anna"}
    assert "pbkdf2" not in str([event.data for event in recorded()])
    assert_chain_is_whole()


def test_ones_own_password_is_recorded(signed_in: Client, boss: User) -> None:
    page = reverse("admin:password_change")
    assert signed_in.get(page).status_code == 200

    signed_in.post(
        page,
        {
            "old_password": PASSWORD,
            "new_password1": NEW_PASSWORD,
            "new_password2": NEW_PASSWORD,
        },
    )

    (event,) = recorded("password_set")
    assert event.actor == boss
    boss.refresh_from_db()
    assert boss.check_password(NEW_PASSWORD)


def test_what_groups_may_is_recorded(signed_in: Client) -> None:
    permission = Permission.objects.get(codename="decide_case")
    signed_in.post(
        reverse("admin:auth_group_add"),
        {"name": "night shift", "permissions": [permission.pk]},
    )
    group = Group.objects.get(name="night shift")
    page = reverse("admin:auth_group_change", args=[group.pk])
    signed_in.post(page, {"name": "night shift"})
    signed_in.post(reverse("admin:auth_group_delete", args=[group.pk]), {"post": "yes"})

    assert actions() == ["group_created", "group_changed", "group_deleted"]
    created, changed, _deleted = recorded()
    assert created.data["after"]["permissions"] == ["moderation.decide_case"]
    assert changed.data["before"]["permissions"] == ["moderation.decide_case"]
    assert changed.data["after"]["permissions"] == []


def test_a_role_that_cannot_be_recorded_is_not_given(
    client_of: ClientOf, boss: User, moderator: User
) -> None:
    AuditHead.objects.all().delete()
    client = client_of(boss)
    client.raise_request_exception = False

    answer = change(client, moderator, groups=[], is_superuser="on")

    assert answer.status_code == 500
    moderator.refresh_from_db()
    assert not moderator.is_superuser
    assert moderator.groups.exists()


def test_the_command_line_leaves_a_record_without_an_actor(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", NEW_PASSWORD)
    create_demo_users()
    call_command(
        "createsuperuser", "--noinput", "--username=root", "--email=", stdout=StringIO()
    )

    events = recorded("person_created")
    assert [event.data["person"] for event in events] == [
        "moderator",
        "lead",
        "administrator",
        "root",
    ]
    assert {event.actor for event in events} == {None}
    assert events[-1].data["after"]["is_superuser"] is True
