"""People, groups and tokens in the admin: nobody gets at more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from knox.models import AuthToken

from accounts.models import User
from accounts.tokens import issue_token
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "entirely different words"


@pytest.fixture
def signed_in(client_of: Callable[[User], Client], administrator: User) -> Client:
    return client_of(administrator)


def url(what: str, *args: Any) -> str:
    return reverse(f"admin:accounts_user_{what}", args=args)


def save(client: Client, user: User, **changed: Any) -> Any:
    joined = user.date_joined
    fields = {
        "username": user.username,
        "is_active": "on",
        "date_joined_0": joined.strftime("%Y-%m-%d"),
        "date_joined_1": joined.strftime("%H:%M:%S"),
    }
    return client.post(url("change", user.pk), fields | changed)


def test_an_administrator_adds_a_colleague_to_a_group(signed_in: Client) -> None:
    password = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    signed_in.post(
        url("add"), {"username": "anna", "usable_password": "true", **password}
    )
    anna = User.objects.get(username="anna")

    save(signed_in, anna, groups=[Group.objects.get(name="moderator").pk])

    assert [group.name for group in anna.groups.all()] == ["moderator"]


def test_an_administrator_cannot_make_a_superuser(
    signed_in: Client, administrator: User
) -> None:
    everything = [permission.pk for permission in Permission.objects.all()[:50]]

    for user in (administrator, make_user("moderator")):
        save(signed_in, user, is_superuser="on", user_permissions=everything)
        user.refresh_from_db()
        assert not user.is_superuser
        assert not user.user_permissions.exists()


def test_an_administrator_cannot_use_a_group_that_may_more(
    signed_in: Client, administrator: User
) -> None:
    wizards = Group.objects.create(name="wizards")
    wizards.permissions.add(Permission.objects.get(codename="delete_user"))
    wizard = make_user("wizards", is_active=False)

    save(signed_in, administrator, groups=[wizards.pk])
    taken_over = signed_in.post(
        reverse("admin:auth_user_password_change", args=[wizard.pk]),
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert "wizards" not in administrator.groups.values_list("name", flat=True)
    assert taken_over.status_code == 403
    assert save(signed_in, wizard).status_code == 403


def test_an_administrator_cannot_touch_a_superuser(signed_in: Client) -> None:
    root = make_user(is_superuser=True, is_staff=True)

    changed = signed_in.post(
        reverse("admin:auth_user_password_change", args=[root.pk]),
        {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )

    assert changed.status_code == 403
    assert save(signed_in, root, is_active="").status_code == 403
    root.refresh_from_db()
    assert root.is_active
    assert not root.check_password(NEW_PASSWORD)


def test_an_administrator_sets_the_password_of_a_moderator(signed_in: Client) -> None:
    moderator = make_user("moderator")

    signed_in.post(
        reverse("admin:auth_user_password_change", args=[moderator.pk]),
        {
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
            "usable_password": "true",
        },
    )

    moderator.refresh_from_db()
    assert moderator.check_password(NEW_PASSWORD)


def test_groups_are_changed_by_superusers_only(
    signed_in: Client, client_of: Callable[[User], Client]
) -> None:
    group = Group.objects.get(name="moderator")
    change = reverse("admin:auth_group_change", args=[group.pk])
    root = client_of(make_user(is_superuser=True, is_staff=True))

    assert signed_in.post(change, {"name": "x", "permissions": []}).status_code == 403
    assert (
        root.post(change, {"name": "reviewers", "permissions": []}).status_code == 302
    )


@pytest.mark.parametrize("group", ["moderator", "lead", "auditor", "integrator"])
def test_people_are_for_administrators(
    client_of: Callable[[User], Client], group: str
) -> None:
    client = client_of(make_user(group, is_staff=True))

    for name in ("accounts_user", "auth_group", "knox_authtoken"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
    assert client.get(url("add")).status_code == 403


def test_tokens_are_seen_without_their_secret_and_ended(signed_in: Client) -> None:
    kept, ended = issue_token(user=make_user()), issue_token(user=make_user())
    digest = AuthToken.objects.get(token_key=ended.key).digest
    listing = reverse("admin:knox_authtoken_changelist")

    text = signed_in.get(listing).content.decode()
    many = {"action": "delete_selected", "_selected_action": [digest], "post": "yes"}
    signed_in.post(listing, many)

    assert ended.key in text
    assert ended.secret not in text
    assert [token.token_key for token in AuthToken.objects.all()] == [kept.key]
    assert signed_in.get(reverse("admin:knox_authtoken_add")).status_code == 403


def test_tokens_of_superusers_are_for_superusers(signed_in: Client) -> None:
    issued = issue_token(user=make_user(is_superuser=True))
    listing = reverse("admin:knox_authtoken_changelist")

    assert issued.key not in signed_in.get(listing).content.decode()
