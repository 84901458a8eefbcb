"""The queue of cases, through Django's client."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from moderation.models import Case, Priority
from moderation.services import claim_case, decide_case
from tests.factories import (
    make_analysis,
    make_case,
    make_queued_analysis,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
QUEUE = "moderation:queue"
DECISION = {"outcome": "fake", "reason_fake": "content_edited", "note": "Look left."}
ACTIONS = ("claim", "release", "decide", "reopen")


def listed(client: Client, query: str = "") -> list[Case]:
    return list(client.get(f"{reverse(QUEUE)}?{query}").context["page"].rows)


def test_the_queue_shows_undecided_cases_most_urgent_first(
    client_of: ClientOf, moderator: User
) -> None:
    normal = make_case()
    urgent = make_case(priority=Priority.URGENT)
    decided = make_case()
    decide_case(
        case_id=decided.pk, actor=moderator, outcome="fake", reason="content_edited"
    )
    client = client_of(moderator)

    assert listed(client) == [urgent, normal]
    assert listed(client, "status=decided") == [decided]
    assert len(listed(client, "status=all")) == 3
    assert listed(client, "priority=40") == [urgent]


def test_the_queue_filters_by_verdict_and_by_claim(
    client_of: ClientOf, moderator: User
) -> None:
    fake = make_case(analysis=make_analysis(verdict="fake", score=0.95))
    mine = make_case()
    claim_case(case_id=mine.pk, actor=moderator)
    client = client_of(moderator)

    assert listed(client, "verdict=fake") == [fake]
    assert listed(client, "waiting=mine") == [mine]


@pytest.mark.parametrize("query", ["verdict=x", "priority=abc", "status=1", "page=-3"])
def test_nonsense_in_the_address_shows_the_default_queue(
    query: str, client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    assert listed(client_of(moderator), query) == [case]


def test_an_empty_queue_says_what_to_do(client_of: ClientOf, moderator: User) -> None:
    client = client_of(moderator)
    assert b"Nothing to decide" in client.get(reverse(QUEUE)).content
    assert b"Clear the filters" in client.get(f"{reverse(QUEUE)}?verdict=fake").content


def test_the_queue_needs_as_many_queries_for_many_rows_as_for_few(
    client_of: ClientOf,
    moderator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(moderator)
    counts = []
    for more in (5, 45):
        for _ in range(more):
            claim_case(case_id=make_case().pk, actor=moderator)
        with django_assert_max_num_queries(18) as queries:
            client.get(reverse(QUEUE))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_queue_warns_when_no_worker_is_alive(
    client_of: ClientOf, moderator: User
) -> None:
    make_queued_analysis()
    html = client_of(moderator).get(reverse(QUEUE)).content.decode()
    assert "No worker is running" in html
    assert "1 analysis waits" in html


# --- Case -----------------------------------------------------------------------
