"""Pages, filters and orderings of every list, and how many queries they take."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from moderation.services import decide_case
from tests.api.helpers import assert_problem
from tests.factories import (
    make_analysis,
    make_case,
    make_evidence,
    make_finding,
    make_image,
    make_queued_analysis,
    make_user,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db
SOME_ID = "01a20a65-448c-7125-b0f4-1a14d21015a2"
LISTS = ("images", "analyses", "cases", "decisions", "policies")


def cursor_of(moment: str, row_id: str = SOME_ID) -> str:
    text = json.dumps(["-created_at", False, [moment, row_id]])
    return base64.urlsafe_b64encode(text.encode()).decode()


def ids(client: TestClient, path: str) -> list[Any]:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def make_rows(count: int, lead: User) -> None:
    for _ in range(count):
        analysis = make_analysis()
        make_evidence(analysis=analysis, kind="ela", finding=analysis.findings.get())
        case = make_case(analysis=analysis)
        decide_case(
            case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
        )


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_as_many_queries_for_30_rows_as_for_3(
    api_of: ApiOf,
    lead: User,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = api_of(lead)
    make_rows(3, lead)
    with django_assert_max_num_queries(20) as few:
        ids(client, f"{name}/")
    make_rows(27, lead)

    with django_assert_max_num_queries(len(few)):
        rows = ids(client, f"{name}/")

    assert len(rows) == (4 if name == "policies" else 30)


def test_an_analysis_takes_as_many_queries_for_many_signals_as_for_one(
    api_of: ApiOf, lead: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, analysis = api_of(lead), make_analysis()
    path = f"/api/v1/analyses/{analysis.pk}/"
    with django_assert_max_num_queries(20) as few:
        client.get(path)
    for number in range(10):
        finding = make_finding(analysis=analysis, analyzer=f"analyzer-{number}")
        make_evidence(analysis=analysis, kind=f"map-{number}", finding=finding)

    with django_assert_max_num_queries(len(few)):
        body = client.get(path).json()

    assert len(body["signals"]) == 11
    assert len(body["signals"][5]["evidence"]) == 1


@pytest.mark.parametrize("ordering", ["-priority", "opened_at", "-opened_at"])
def test_pages_show_every_row_once_in_both_directions(
    api_of: ApiOf, moderator: User, ordering: str
) -> None:
    now = timezone.now()
    for number in range(11):  # equal priorities and equal times on purpose
        opened = now - timedelta(minutes=number // 4)
        make_case(priority=(10, 20, 30)[number % 3], opened_at=opened)
    client = api_of(moderator)
    whole = ids(client, f"cases/?ordering={ordering}")

    forwards: list[list[Any]] = []
    link: str | None = f"/api/v1/cases/?ordering={ordering}&page_size=3"
    while link:
        page = client.get(link).json()
        forwards.append([row["id"] for row in page["results"]])
        link, last = page["next"], page
    backwards = [forwards[-1]]
    while last["previous"]:
        last = client.get(last["previous"]).json()
        backwards.insert(0, [row["id"] for row in last["results"]])

    assert [len(page) for page in forwards] == [3, 3, 3, 2]
    assert [row for page in forwards for row in page] == whole
    assert backwards == forwards
    assert len(set(whole)) == 11


def test_rows_added_meanwhile_shift_no_page(api_of: ApiOf, moderator: User) -> None:
    for _ in range(4):
        make_image()
    client = api_of(moderator)
    first = client.get("/api/v1/images/?page_size=2").json()
    make_image()

    second = client.get(first["next"]).json()

    shown = [row["id"] for row in first["results"] + second["results"]]
    assert len(set(shown)) == 4
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("statsu=open", "statsu"),
        ("current_analysis__status=queued", "current_analysis__status"),
        ("submitted_by__password__startswith=a", "submitted_by__password__startswith"),
        ("status=lost", "status"),
        ("created_after=yesterday", "created_after"),
        ("created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
        ("sha256=%00", "sha256"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=000000100999", "page_size"),
        ("page_size=many", "page_size"),
        ("page_size=%C2%B2", "page_size"),
        ("ordering=sha256", "ordering"),
        ("cursor=x", "cursor"),
        ("cursor=%FF%FF", "cursor"),
        ("cursor=" + "W" * 5000, "cursor"),
        ("cursor=bnVsbA", "cursor"),
        (f"cursor={cursor_of('0001-01-01T00:00:00+14:00')}", "cursor"),
        (f"cursor={cursor_of('2026-01-01T00:00:00')}", "cursor"),
        (f"cursor={cursor_of('2026-01-01T00:00:00Z', 'x')}", "cursor"),
        ("cursor=WyItY3JlYXRlZF9hdCIsdHJ1ZSxbIngiLCJ5Il1d", "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(
    api_of: ApiOf, moderator: User, query: str, parameter: str
) -> None:
    answer = api_of(moderator).get(f"/api/v1/images/?{query}")

    is_cursor = parameter == "cursor"  # a text like any other, only none of ours
    status, code = (422, "unprocessable") if is_cursor else (400, "invalid")
    problem = assert_problem(answer, status, code)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


def test_a_cursor_belongs_to_its_ordering(api_of: ApiOf, moderator: User) -> None:
    make_image()
    make_image()
    client = api_of(moderator)
    link = client.get("/api/v1/images/?page_size=1").json()["next"]

    assert_problem(client.get(f"{link}&ordering=created_at"), 422, "unprocessable")


def test_image_filters(api_of: ApiOf, moderator: User) -> None:
    client = api_of(moderator)
    png = make_image(format="PNG", original_name="Summer.png")
    queued = make_queued_analysis()
    type(png).objects.filter(pk=queued.image_id).update(current_analysis=queued)
    done = make_analysis(verdict="fake")
    old = make_image(created_at=timezone.now() - timedelta(days=2))
    an_hour_ago = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert ids(client, "images/?format=png") == [str(png.pk)]
    assert ids(client, "images/?original_name=summer") == [str(png.pk)]
    assert ids(client, f"images/?sha256={png.sha256}") == [str(png.pk)]
    assert ids(client, "images/?status=queued") == [str(queued.image_id)]
    both = ids(client, "images/?status=queued&status=completed")
    assert set(both) == {str(queued.image_id), str(done.image_id)}
    assert ids(client, "images/?verdict=fake") == [str(done.image_id)]
    assert ids(client, f"images/?created_before={an_hour_ago}") == [str(old.pk)]
    assert str(old.pk) not in ids(client, f"images/?created_after={an_hour_ago}")


def test_analysis_filters(api_of: ApiOf, moderator: User) -> None:
    client = api_of(moderator)
    low, high = make_analysis(score=0.2, verdict="authentic"), make_analysis(score=0.9)
    again = make_queued_analysis(image=low.image, trigger="reanalysis")

    assert ids(client, "analyses/?min_score=0.5") == [str(high.pk)]
    of_one = ids(client, f"analyses/?image={low.image_id}&ordering=queued_at")
    assert of_one == [str(low.pk), str(again.pk)]
    assert ids(client, "analyses/?trigger=reanalysis") == [str(again.pk)]
    assert ids(client, "analyses/?verdict=authentic") == [str(low.pk)]


def test_case_and_decision_filters(api_of: ApiOf, moderator: User, lead: User) -> None:
    client = api_of(moderator)
    mine, decided = make_case(), make_case()
    client.post(f"/api/v1/cases/{mine.pk}/claim/")
    decision = decide_case(
        case_id=decided.pk, actor=lead, outcome="cannot_tell", reason="quality_too_low"
    )

    assert ids(client, f"cases/?claimed_by={moderator.username}") == [str(mine.pk)]
    assert ids(client, "cases/?status=decided") == [str(decided.pk)]
    assert ids(client, "cases/?outcome=cannot_tell") == [str(decided.pk)]
    assert ids(client, f"cases/?image={mine.image_id}") == [str(mine.pk)]
    assert ids(client, "cases/?verdict=fake") == []
    assert ids(client, f"decisions/?case={decided.pk}") == [str(decision.pk)]
    assert ids(client, f"decisions/?decided_by={lead.username}") == [str(decision.pk)]
    assert ids(client, "decisions/?in_force=false") == []
    assert ids(client, "decisions/?in_force=true") == [str(decision.pk)]


def test_lists_of_an_integrator_hold_their_own_only(
    api_of: ApiOf, integrator: User
) -> None:
    own = make_analysis(image=make_image(submitted_by=integrator))
    make_analysis(image=make_image(submitted_by=make_user("integrator")))
    client = api_of(integrator)

    assert ids(client, "images/") == [str(own.image_id)]
    assert ids(client, "analyses/") == [str(own.pk)]
