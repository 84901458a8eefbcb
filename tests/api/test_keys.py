"""Keys over HTTP: what opens what, how they end, their limits, hostile headers."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.api.permissions import HoldsScope
from accounts.key_models import ApiKey, KeyCount, KeyPace
from accounts.keys.scopes import ANY_KEY, PEOPLE, PUBLIC, Scope
from accounts.keys.services import (
    KeyPlan,
    create_key,
    create_service_account,
    revoke_key,
    rotate_key,
)
from accounts.models import Organization, User
from config.api_scopes import SCOPES_OF, scopes_for
from moderation.models import AuditEvent
from tests.api.conftest import TestClient
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/keys/"
# In the table for addresses that other branches bring.
AWAITED = {
    "image-batch", "image-analyses", "upload-list", "upload-detail", "upload-complete",
    "upload-content", "fetch-list", "fetch-detail", "analysis-mask", "signal-list",
    "signal-detail", "evidence-list", "model-list", "model-detail", "bank-list",
    "bank-detail", "bank-entries", "bank-entry-detail", "audit-detail", "event-list",
    "webhook-endpoint-list", "webhook-endpoint-detail",
    "webhook-endpoint-rotate-secret", "webhook-endpoint-test",
    "webhook-delivery-list", "webhook-delivery-replay-range",
    "webhook-delivery-detail", "webhook-delivery-replay",
}  # fmt: skip


def make_key(
    *scopes: str, group: str = "administrator", **plan: Any
) -> tuple[Any, str]:
    """Make an account in a group, and a key of it."""
    account = create_service_account(
        actor=None, username=f"program-{ApiKey.objects.count()}", groups=[group]
    )
    wanted = KeyPlan(name="test", scopes=scopes or Scope.values, **plan)
    issued = create_key(actor=None, account=account, plan=wanted)
    return issued.key, issued.secret


def client_with(secret: str) -> TestClient:
    client = TestClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def addresses() -> Iterator[tuple[str, str, URLPattern]]:
    """Yield path, name and pattern of every address below the API that has a name."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, str, URLPattern]]:
        for one in patterns:
            path = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, path)
            elif one.name:
                yield path, one.name, one

    for path, name, one in walk(get_resolver().url_patterns, ""):
        if path.startswith("api/"):
            yield path, name, one


def methods_of(pattern: URLPattern) -> list[str]:
    actions = getattr(pattern.callback, "actions", None)
    view: Any = pattern.callback.cls  # type: ignore[attr-defined]
    names = actions or [n for n in view.http_method_names if hasattr(view, n)]
    # HEAD is added to a view's actions when it is first asked for.
    return sorted(n.upper() for n in names if n not in {"options", "head"})


ADDRESSES = [
    (path, name, method)
    for path, name, pattern in addresses()
    for method in methods_of(pattern)
]


# --- The table ----------------------------------------------------------------------
def test_every_address_declares_the_scope_that_each_method_needs() -> None:
    undeclared = {
        (name, method)
        for _, name, method in ADDRESSES
        if method not in (rules := SCOPES_OF.get(name, {})) and "*" not in rules
    }

    assert undeclared == set()


def test_the_table_names_no_address_that_is_not_there() -> None:
    assert set(SCOPES_OF) - {name for _, name, _ in ADDRESSES} == AWAITED


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


# --- Limits -------------------------------------------------------------------------
def test_a_burst_is_let_through_and_then_refused_until_there_is_room() -> None:
    _, secret = make_key("images:read", per_minute=60, burst=3)
    client = client_with(secret)

    answers = [client.get(IMAGES) for _ in range(3)]
    refused = client.get(IMAGES)

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.headers["RateLimit"] for one in answers] == [
        f'"requests";r={left};t=1' for left in (2, 1, 0)
    ]
    assert_problem(refused, 429, "throttled")
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Policy"] == '"requests";q=3;w=3'
    assert refused.headers["RateLimit"] == '"requests";r=0;t=1'
    KeyPace.objects.update(free_at=0)
    assert client.get(IMAGES).status_code == 200


def test_refused_requests_count_too_but_move_nothing_on() -> None:
    _, secret = make_key("images:read", per_minute=1, burst=2)
    client = client_with(secret)

    found = [client.get("/api/v1/policies/").status_code for _ in range(4)]

    assert found == [403, 403, 429, 429]
    assert 55 <= int(client.get(IMAGES).headers["Retry-After"]) <= 60


def test_every_answer_to_a_key_says_what_is_left() -> None:
    client = client_with(make_key()[1])
    nobody = f"{IMAGES}01900000-0000-7000-8000-000000000000/"

    for answer in (
        client.get("/api/v1/"),
        client.get(IMAGES),
        client.get(nobody),
        client.delete(IMAGES),
        client.post(KEYS, {}, format="json"),
        upload(client, b"no picture"),
    ):
        assert answer.headers["RateLimit-Policy"] == '"requests";q=100;w=10'
        assert answer.headers["RateLimit"].startswith('"requests";r=9')


def test_a_quota_counts_pictures_that_were_stored() -> None:
    _, secret = make_key("images:write", images_per_day=2, images_per_month=5)
    client = client_with(secret)

    assert upload(client, b"no picture").status_code == 415
    first, second = upload(client, picture(1)), upload(client, picture(2))
    third = upload(client, picture(3))

    assert (first.status_code, second.status_code) == (202, 202)
    assert '"images-day";q=2;w=86400' in first.headers["RateLimit-Policy"]
    assert '"images-day";r=1;t=' in first.headers["RateLimit"]
    assert '"images-month";r=3;t=' in second.headers["RateLimit"]
    assert_problem(third, 429, "quota_exceeded")
    assert 0 < int(third.headers["Retry-After"]) <= 86_400
    assert set(KeyCount.objects.values_list("span", "images")) == {
        ("day", 2),
        ("month", 2),
    }
    mine = client.get(f"{KEYS}current/").json()
    assert mine["images_sent"] == {"day": 2, "month": 2}


def test_pictures_that_people_send_count_for_no_key(
    api_of: ApiOf, integrator: User
) -> None:
    assert upload(api_of(integrator), picture(4)).status_code == 202
    assert not KeyCount.objects.exists()


# --- Managing them ------------------------------------------------------------------
@pytest.fixture
def program(lead: User) -> User:
    return create_service_account(actor=lead, username="shop", groups=["integrator"])


def test_a_lead_makes_rotates_and_revokes_a_key_all_on_record(
    api_of: ApiOf, lead: User, program: User
) -> None:
    client = api_of(lead)

    made = client.post(
        KEYS,
        {"account": "shop", "name": "Uploads", "scopes": ["images:write"], "days": 30},
        format="json",
    )

    assert made.status_code == 201, made.content
    assert made.headers["Cache-Control"] == "no-store"
    body = made.json()
    assert body["scopes"] == ["images:write"]
    assert upload(client_with(body["secret"]), picture()).status_code == 202
    listed = client.get(KEYS).json()["results"]
    assert [one["prefix"] for one in listed] == [body["prefix"]]
    assert body["secret"] not in str(listed)
    rotated = client.post(f"{body['url']}rotate/", {"overlap_hours": 0}, format="json")
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != body["secret"]
    revoked = client.post(f"{body['url']}revoke/")
    assert revoked.json()["status"] == "revoked"
    ended = client.post(f"{body['url']}rotate/", {}, format="json")
    assert_problem(ended, 400, "invalid")
    actions = AuditEvent.objects.filter(actor=lead).values_list("action", flat=True)
    assert {
        "service_account_created",
        "key_created",
        "key_rotated",
        "key_revoked",
    } <= set(actions)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["images:destroy"]},
        {"scopes": "images:read"},
        {"name": ""},
        {"name": "a\0b"},
        {"name": "a" * 101},
        {"days": 0},
        {"days": 1096},
        {"per_minute": 0},
        {"burst": 60_001},
        {"images_per_day": 0},
        {"images_per_month": 10**12},
        {"account": "nobody-here"},
        {"account": "a\0"},
    ],
)
def test_values_that_cannot_be_are_named(
    api_of: ApiOf, lead: User, program: User, wrong: dict[str, Any]
) -> None:
    asked = {"account": "shop", "name": "Uploads", "scopes": ["images:write"]}

    answer = api_of(lead).post(KEYS, asked | wrong, format="json")

    problem = assert_problem(answer, 400, "invalid")
    assert problem["errors"][0]["pointer"].startswith(f"#/{next(iter(wrong))}")
    assert not ApiKey.objects.exists()


def test_a_person_gets_no_key(api_of: ApiOf, lead: User, moderator: User) -> None:
    asked = {"account": moderator.username, "name": "x", "scopes": ["images:write"]}

    assert_problem(api_of(lead).post(KEYS, asked, format="json"), 400, "invalid")


def test_a_lead_makes_no_key_for_an_account_that_may_more(
    api_of: ApiOf, lead: User
) -> None:
    create_service_account(actor=None, username="root", groups=["administrator"])
    asked = {"account": "root", "name": "x", "scopes": ["images:read"]}

    answer = api_of(lead).post(KEYS, asked, format="json")

    assert_problem(answer, 403, "permission_denied")
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 201),
        ({"scopes": ["keys:manage", "images:read"]}, 201),
        ({"scopes": ["images:write"]}, 403),
        ({"days": 31}, 403),
        ({"days": None}, 403),
        ({"per_minute": 61}, 403),
        ({"burst": 6}, 403),
        ({"images_per_day": 8}, 403),
        ({"images_per_day": None}, 403),
    ],
)
def test_a_key_makes_no_key_with_more_than_itself(
    program: User, more: dict[str, Any], status: int
) -> None:
    _, secret = make_key(
        "keys:manage",
        "images:read",
        days=30,
        per_minute=60,
        burst=5,
        images_per_day=7,
    )
    asked = {
        "account": "shop",
        "name": "child",
        "scopes": ["images:read"],
        "days": 29,
        "per_minute": 60,
        "burst": 5,
        "images_per_day": 7,
    }

    answer = client_with(secret).post(KEYS, asked | more, format="json")

    assert answer.status_code == status, answer.content
    assert ApiKey.objects.count() == (2 if status == 201 else 1)


def test_a_key_rotates_and_revokes_no_key_with_more_than_itself() -> None:
    big, _ = make_key()
    _, secret = make_key("keys:manage")
    client = client_with(secret)

    for name in ("rotate", "revoke"):
        answer = client.post(f"{KEYS}{big.pk}/{name}/", {}, format="json")
        assert_problem(answer, 403, "permission_denied")
    big.refresh_from_db()
    assert big.revoked_at is None


@pytest.mark.parametrize("group", ["moderator", "integrator", "auditor"])
def test_others_do_not_manage_keys(api_of: ApiOf, group: str) -> None:
    client = api_of(make_user(group))

    for path in (KEYS, "/api/v1/service-accounts/"):
        assert_problem(client.get(path), 403, "permission_denied")
        answer = client.post(path, {}, format="json")
        assert_problem(answer, 403, "permission_denied")


def test_a_request_without_a_key_has_no_current_one(api_of: ApiOf, lead: User) -> None:
    assert_problem(api_of(lead).get(f"{KEYS}current/"), 404, "not_found")


def test_the_list_asks_as_much_for_many_as_for_one(
    api_of: ApiOf, lead: User, program: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        create_key(
            actor=lead, account=program, plan=KeyPlan(name="n", scopes=["images:read"])
        )

    client = api_of(lead)

    with django_assert_max_num_queries(7):
        assert len(client.get(KEYS).json()["results"]) == 8
