"""The versions of a policy through the API, each by its own address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from tests.api.helpers import assert_problem
from tests.api.rows import get
from tests.factories import make_policy, make_user

if TYPE_CHECKING:
    from moderation.models import Policy
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db


def policy_with(versions: int) -> Policy:
    policy = make_policy(state="retired").policy
    for number in range(2, versions + 1):
        state = "live" if number == versions else "retired"
        policy.versions.create(number=number, state=state)
    return policy


def test_each_version_has_an_address(api_of: ApiOf, lead: User) -> None:
    client, policy = api_of(lead), policy_with(3)
    path = f"policies/{policy.pk}/versions/"

    rows = get(client, path).json()["results"]

    assert [row["number"] for row in rows] == [3, 2, 1]
    assert rows == get(client, f"policies/{policy.pk}/").json()["versions"]
    assert client.get(rows[0]["url"]).json() == rows[0]
    assert [
        r["state"] for r in get(client, f"{path}?state=live").json()["results"]
    ] == ["live"]
    first = get(client, f"{path}?ordering=number&page_size=1").json()
    assert (first["results"], bool(first["next"])) == ([rows[2]], True)
    assert_problem(get(client, f"{path}9/"), 404, "not_found")
    assert_problem(get(client, "policies/9999/versions/"), 404, "not_found")


def test_the_policy_comes_along_where_it_is_asked_for(
    api_of: ApiOf, lead: User
) -> None:
    policy = policy_with(2)
    path = f"policies/{policy.pk}/versions/2/?expand=policy&fields=number,policy.name"

    body = get(api_of(lead), path).json()

    assert body == {"number": 2, "policy": {"name": policy.name}}


def test_a_list_of_versions_takes_a_fixed_number_of_queries(
    api_of: ApiOf, lead: User
) -> None:
    client = api_of(lead)
    counts = []
    for versions in (2, 12):
        path = f"policies/{policy_with(versions).pk}/versions/?expand=policy"
        with CaptureQueriesContext(connection) as asked:
            assert len(get(client, path).json()["results"]) == versions
        counts.append(len(asked))
    assert counts[1] <= counts[0]


def test_a_neighbor_and_a_moderator_see_no_versions(
    api_of: ApiOf, moderator: User
) -> None:
    policy = policy_with(1)
    other = Organization.objects.create(name="Neighbor")
    neighbor = make_user("lead", organization=other)
    for path in (
        f"policies/{policy.pk}/versions/",
        f"policies/{policy.pk}/versions/1/",
    ):
        assert_problem(get(api_of(neighbor), path), 404, "not_found")
        assert_problem(get(api_of(moderator), path), 403, "permission_denied")
