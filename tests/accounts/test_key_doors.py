"""Keys from the command line and in the admin."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.key_models import ApiKey
from accounts.keys.selectors import key_of
from accounts.keys.services import KeyPlan, create_key, create_service_account
from accounts.models import Organization, User
from accounts.tokens import TokenRefusedError, issue_token
from moderation.models import AuditEvent
from tests.factories import make_user

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
ADMIN = "/admin/accounts/apikey/"
REFUSED = r"There is no|is a person|Expected|Enter|cannot give|--create makes"


def run(*args: str, **options: Any) -> tuple[str, str]:
    out, told = StringIO(), StringIO()
    call_command("create_key", *args, stdout=out, stderr=told, **options)
    return out.getvalue().strip(), told.getvalue()


def test_the_command_makes_an_account_and_prints_a_key_that_works() -> None:
    secret, told = run("shop", "images:write", "images:read", create=True, days=30)

    key = key_of(secret)
    assert key is not None
    assert key.account.username == "shop"
    assert key.account.is_service
    assert secret not in told
    assert AuditEvent.objects.filter(action="key_created", actor=None).exists()
    assert key_of(run("shop", "images:read", days=0)[0]) is not None


def test_the_command_makes_an_account_in_the_groups_it_is_told() -> None:
    secret, _ = run("desk", "cases:read", create=True, groups=["moderator", "auditor"])
    key = key_of(secret)
    assert key is not None
    names = key.account.groups.order_by("name").values_list("name", flat=True)
    assert list(names) == ["auditor", "moderator"]
    with pytest.raises(CommandError, match="is an account 'desk' already"):
        run("desk", "cases:read", create=True, groups=["moderator"])
    assert run("desk", "cases:read", create=True)[0]


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("nobody", "images:read"), {}),
        (("person", "images:read"), {}),
        (("shop", "images:destroy"), {"create": True}),
        (("shop", "images:read"), {"create": True, "days": 5000}),
        (("shop", "images:read"), {"create": True, "per_minute": 0}),
        (("a b", "images:read"), {"create": True}),
        (("shop", "images:read"), {"create": True, "groups": ["nobodies"]}),
        (("shop", "images:read"), {"groups": ["moderator"]}),
    ],
)
def test_the_command_refuses_in_words_and_leaves_nothing(
    args: tuple[str, ...], options: dict[str, Any]
) -> None:
    make_user(username="person")

    with pytest.raises(CommandError, match=REFUSED):
        run(*args, **options)
    assert not ApiKey.objects.exists()
    assert not User.objects.filter(is_service=True).exists()


def test_a_service_account_gets_no_token() -> None:
    account = create_service_account(actor=None, username="shop")

    with pytest.raises(TokenRefusedError, match="key"):
        issue_token(user=account)


@pytest.fixture
def key() -> ApiKey:
    account = create_service_account(actor=None, username="shop")
    plan = KeyPlan(name="Uploads", scopes=["images:write"])
    return create_key(actor=None, account=account, plan=plan).key


def test_administrators_read_and_revoke_keys_in_the_admin(
    client_of: ClientOf, administrator: User, key: ApiKey
) -> None:
    client = client_of(administrator)
    assert key.prefix in client.get(ADMIN).content.decode()
    page = client.get(f"{ADMIN}{key.pk}/change/").content.decode()
    assert key.prefix in page
    assert key.secret_hash not in page
    assert client.get(f"{ADMIN}add/").status_code == 403
    assert client.get(f"{ADMIN}{key.pk}/delete/").status_code == 403

    sent = {"action": "revoke", "_selected_action": [str(key.pk)]}
    assert client.post(ADMIN, sent).status_code == 302

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert AuditEvent.objects.filter(action="key_revoked", actor=administrator).exists()


def test_neighbors_and_moderators_see_no_key_in_the_admin(
    client_of: ClientOf, key: ApiKey
) -> None:
    other = Organization.objects.create(name="Neighbors")
    neighbor = make_user("administrator", is_staff=True, organization=other)
    assert key.prefix not in client_of(neighbor).get(ADMIN).content.decode()
    moderator = make_user("moderator", is_staff=True)
    assert client_of(moderator).get(ADMIN).status_code == 403
