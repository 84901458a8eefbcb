"""Keys over HTTP: how they end, and hostile headers."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts.key_models import ApiKey
from accounts.keys.services import (
    revoke_key,
    rotate_key,
)
from accounts.models import Organization, User
from moderation.models import AuditEvent
from tests.api.conftest import TestClient
from tests.api.helpers import IMAGES, assert_problem
from tests.api.keys import KEYS, client_with, make_key

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db


# --- Its life -----------------------------------------------------------------------
def test_a_key_is_stored_as_a_hash_and_works() -> None:
    key, secret = make_key("images:read")

    assert secret.startswith(f"pw_live_{key.public_id}_")
    assert len(secret) == 60
    hidden = secret.removeprefix(f"{key.prefix}_")
    assert hidden not in str(list(ApiKey.objects.values()))
    assert hidden not in str(list(AuditEvent.objects.values()))
    assert client_with(secret).get(IMAGES).status_code == 200


def test_a_key_ends_on_its_date() -> None:
    _, secret = make_key("images:read", days=1)
    client = client_with(secret)
    assert client.get(IMAGES).status_code == 200

    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert_problem(client.get(IMAGES), 401, "authentication_failed")


def test_both_secrets_are_good_during_the_overlap_and_only_the_new_one_after() -> None:
    key, old = make_key("images:read")
    new = rotate_key(actor=None, key=key, overlap_hours=2).secret

    assert new != old
    assert new[:17] == old[:17]
    assert [client_with(s).get(IMAGES).status_code for s in (old, new)] == [200, 200]
    ApiKey.objects.update(previous_ends_at=timezone.now() - timedelta(seconds=1))
    assert [client_with(s).get(IMAGES).status_code for s in (old, new)] == [401, 200]


def test_a_rotation_without_overlap_ends_the_old_secret_at_once() -> None:
    key, old = make_key("images:read")
    new = rotate_key(actor=None, key=key, overlap_hours=0).secret

    assert [client_with(s).get(IMAGES).status_code for s in (old, new)] == [401, 200]


def test_a_second_rotation_ends_the_first_of_three_secrets() -> None:
    key, first = make_key("images:read")
    second = rotate_key(actor=None, key=key).secret
    third = rotate_key(actor=None, key=key).secret

    found = [client_with(s).get(IMAGES).status_code for s in (first, second, third)]

    assert found == [401, 200, 200]


def test_revocation_ends_every_secret_at_once() -> None:
    key, old = make_key("images:read")
    new = rotate_key(actor=None, key=key).secret

    revoke_key(actor=None, key=key)

    for one in (old, new):
        assert_problem(client_with(one).get(IMAGES), 401, "authentication_failed")


def test_keys_of_an_account_that_is_switched_off_are_wrong() -> None:
    key, secret = make_key("images:read")
    key.account.is_active = False
    key.account.save()

    assert_problem(client_with(secret).get(IMAGES), 401, "authentication_failed")


def test_keys_of_an_account_that_moved_to_neighbors_are_wrong_and_out_of_reach(
    api_of: ApiOf, lead: User
) -> None:
    key, secret = make_key("images:read", group="integrator")
    other = Organization.objects.create(name="Neighbors")
    User.objects.filter(pk=key.account_id).update(organization=other)

    assert_problem(client_with(secret).get(IMAGES), 401, "authentication_failed")
    answer = api_of(lead).post(f"{KEYS}{key.pk}/rotate/", {}, format="json")
    assert_problem(answer, 403, "permission_denied")


def test_use_is_written_down_at_most_once_a_minute() -> None:
    _, secret = make_key("images:read")
    client = client_with(secret)

    client.get(IMAGES)
    first = ApiKey.objects.get().last_used_at
    client.get(IMAGES)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    client.get(IMAGES)

    assert first is not None
    assert ApiKey.objects.get().last_used_at > first


# --- Hostile headers ----------------------------------------------------------------
GOOD = "pw_live_AAAAAAAA_" + "a" * 43


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {GOOD}",
        f"Bearer {GOOD}a",
        f"Bearer {GOOD[:-1]}",
        f"Bearer {GOOD} {GOOD}",
        f"Bearer {GOOD}\0",
        f"Bearer {GOOD}\n",
        "Bearer pw_live_",
        "Bearer pw_live_AAAAAAAA_",
        "Bearer pw_live__________________________________________________",
        "Bearer pw_live_\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9_" + "\xff" * 43,
        "Bearer pw_live_" + "a" * 100_000,
        "Bearer pw_" + "a" * 100_000,
        "Bearer " + "pw_live_" * 12_500,
        "Bearer pw_live_%00%00%00%00_" + "a" * 43,
        "bEaReR pw_live_';DROP--_" + "a" * 43,
    ],
)
def test_a_malformed_key_is_simply_wrong(header: str) -> None:
    make_key()

    answer = TestClient().get(IMAGES, HTTP_AUTHORIZATION=header)

    assert_problem(answer, 401, "authentication_failed")
    assert "RateLimit" not in answer.headers


def test_the_id_of_a_key_with_another_secret_is_wrong() -> None:
    _, secret = make_key()
    last = "a" if secret[-1] != "a" else "b"

    answer = client_with(secret[:-1] + last).get(IMAGES)

    assert_problem(answer, 401, "authentication_failed")


def test_secrets_are_compared_in_a_time_that_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Known and unknown ids, right and wrong secrets: the same comparisons."""
    seen: list[int] = []
    compare = hmac.compare_digest
    monkeypatch.setattr(
        hmac, "compare_digest", lambda a, b: (seen.append(len(a)), compare(a, b))[1]
    )
    _, secret = make_key("images:read")
    counts = []
    for one in (secret, secret[:-1] + "Z", GOOD):
        seen.clear()
        client_with(one).get(IMAGES)
        counts.append([n for n in seen if n == 64])

    assert counts[0] == counts[1] == counts[2] != []
