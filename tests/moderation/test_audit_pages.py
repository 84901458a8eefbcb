"""The record as pages, as a file and over HTTP, for those who may read it."""

from __future__ import annotations

import ast
import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from moderation.audit_words import ACTIONS
from moderation.models import AuditCheck, AuditEvent, AuditHead
from moderation.services import claim_case, continue_check, release_case
from moderation.services.audit import record
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
PAGE = "/cases/audit/"
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def reader(client_of: ClientOf) -> Client:
    return client_of(make_user("auditor", username="reader"))


def shown(client: Client, **query: Any) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def positions(client: Client, **query: Any) -> list[int]:
    answer = client.get(PAGE, query)
    return [row["event"].position for row in answer.context["rows"]]


def many(count: int, actor: User) -> None:
    for number in range(count):
        record("case_commented", actor=actor, number=number)


# --- Words --------------------------------------------------------------------------
def recorded_actions() -> Iterator[str]:
    for app in ("accounts", "moderation", "forensics", "config"):
        for path in (ROOT / app).rglob("*.py"):
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.FunctionDef):
                    yield from _actions_in(function)


def _actions_in(function: ast.FunctionDef) -> Iterator[str]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    firsts = [call.args[0] for call in calls if _records(call) and call.args]
    names = {first.id for first in firsts if isinstance(first, ast.Name)}
    named = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id in names for to in node.targets)
    ]
    for first in (*firsts, *named):
        choices = (
            [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
        )
        yield from (str(one.value) for one in choices if isinstance(one, ast.Constant))


def _records(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id == "record"
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "add"
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    )


def test_every_action_that_is_recorded_has_words() -> None:
    found = set(recorded_actions())

    assert len(found) > 30
    assert found - set(ACTIONS) == set()


# --- Pages --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("group", "status"),
    [
        ("moderator", 403),
        ("lead", 200),
        ("administrator", 200),
        ("auditor", 200),
        ("integrator", 403),
    ],
)
def test_the_record_is_for_its_readers(
    client_of: ClientOf, group: str, status: int
) -> None:
    client = client_of(make_user(group))

    assert client.get(PAGE).status_code == status
    assert client.post(f"{PAGE}export/").status_code == status
    assert AuditEvent.objects.exists() == (status == 200)


def test_a_row_says_who_did_what_when_and_from_where_in_words(
    reader: Client, moderator: User
) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=moderator)
    record("case_skipped", actor=moderator, case=case, because=HOSTILE)

    text = shown(reader)

    assert "Claimed a case" in text
    assert moderator.username in text
    assert reverse("moderation:case", args=[case.pk]) in text
    assert "because: =cmd" in text
    assert "<script>alert" not in text


def test_the_record_of_a_deleted_person_is_still_read(reader: Client) -> None:
    person = make_user(username="gone")
    record("signed_in", actor=person)
    person.delete()

    assert "gone" in shown(reader)


def test_it_is_narrowed_by_action_person_case_image_and_time(
    reader: Client, moderator: User, lead: User
) -> None:
    one, two = make_case(), make_case()
    claim_case(case_id=one.pk, actor=moderator)
    release_case(case_id=one.pk, actor=moderator)
    claim_case(case_id=two.pk, actor=lead)
    day = timezone.now() - timedelta(days=3)
    AuditEvent.objects.filter(position=1).update(at=day)

    assert positions(reader) == [3, 2, 1]
    assert positions(reader, action="case_claimed") == [3, 1]
    assert positions(reader, person=lead.username) == [3]
    assert positions(reader, person="nobody") == []
    assert positions(reader, case=str(one.pk)) == [2, 1]
    assert positions(reader, image=str(two.image_id)) == [3]
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert positions(reader, since=since) == [3, 2]
    assert positions(reader, until=since) == [1]
    assert positions(reader, action="case_claimed", person=moderator.username) == [1]


@pytest.mark.parametrize(
    "query",
    [
        {"case": "x"},
        {"since": "yesterday"},
        {"action": "nothing"},
        {"before": "0"},
        {"after": "9" * 30},
        {"person": "x" * 200},
        {"person": "\0"},
    ],
)
def test_filters_that_make_no_sense_are_said_to_be_wrong(
    reader: Client, query: dict[str, str]
) -> None:
    assert reader.get(PAGE, query).status_code == 422


def test_pages_lead_back_and_forth_without_loss(
    reader: Client, moderator: User
) -> None:
    many(120, moderator)

    first = positions(reader)
    second = positions(reader, before=first[-1])
    third = positions(reader, before=second[-1])
    assert first + second + third == list(range(120, 0, -1))
    assert positions(reader, after=second[0]) == first
    assert positions(reader, after=third[0]) == second
    assert "before=71" in shown(reader)


def test_it_takes_as_many_queries_for_many_rows_as_for_few(
    reader: Client,
    moderator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many(3, moderator)
    reader.get(PAGE)
    with django_assert_max_num_queries(20) as few:
        reader.get(PAGE)
    many(60, moderator)

    with django_assert_max_num_queries(len(few)):
        reader.get(PAGE)


# --- The file -----------------------------------------------------------------------
def test_the_export_is_harmless_complete_and_itself_on_record(
    reader: Client, moderator: User
) -> None:
    many(1500, moderator)
    record("case_skipped", actor=moderator, because=HOSTILE)
    AuditEvent.objects.filter(position=1).update(actor_name=HOSTILE)

    answer = reader.post(f"{PAGE}export/?action=")
    text = answer.getvalue().decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["position"]) for row in rows] == list(range(1501, 0, -1))
    assert rows[-1]["person"] == f"'{HOSTILE}"
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        for row in rows
        for cell in row.values()
    )
    last = AuditEvent.objects.get(position=1502)
    assert (last.action, last.actor_name) == ("audit_exported", "reader")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_export_takes_the_filters_along(reader: Client, moderator: User) -> None:
    many(3, moderator)
    record("signed_in", actor=moderator)

    text = reader.post(f"{PAGE}export/?action=signed_in").getvalue().decode()

    assert text.count("\r\n") == 2
    assert AuditEvent.objects.get(action="audit_exported").data == {
        "query": "action=signed_in"
    }


def test_nothing_leaves_without_a_record(client_of: ClientOf, auditor: User) -> None:
    AuditHead.objects.all().delete()
    client = client_of(auditor)
    client.raise_request_exception = False

    assert client.post(f"{PAGE}export/").status_code == 500


# --- Over HTTP ----------------------------------------------------------------------
def test_the_api_gives_rows_by_cursor_and_filter(auditor: User, lead: User) -> None:
    many(5, lead)
    record("signed_in", actor=auditor)
    api = APIClient()
    api.force_authenticate(auditor)

    page = api.get("/api/v1/audit/?page_size=2").json()
    rest = api.get(page["next"]).json()
    narrowed = api.get(f"/api/v1/audit/?person={lead.username}&ordering=position")
    past = timezone.now() - timedelta(hours=1)

    assert [row["position"] for row in page["results"]] == [6, 5]
    assert [row["position"] for row in rest["results"]] == [4, 3]
    assert page["results"][0]["action_words"] == "Signed in"
    assert page["results"][0]["person"] == auditor.username
    assert len(narrowed.json()["results"]) == 5
    stamp = past.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(api.get(f"/api/v1/audit/?at_after={stamp}").json()["results"]) == 6
    assert api.get(f"/api/v1/audit/?at_before={stamp}").json()["results"] == []
    assert api.get("/api/v1/audit/?action=nothing").status_code == 400
    assert api.post("/api/v1/audit/", {}).status_code == 405
    assert api.delete("/api/v1/audit/").status_code == 405


# --- The daily verification ---------------------------------------------------------
def test_the_workers_verify_part_by_part_once_a_day(
    reader: Client, moderator: User
) -> None:
    many(10, moderator)
    now = timezone.now()
    assert "Not verified yet" in shown(reader)

    assert continue_check(now=now, part=4)
    assert "Being verified: 4 rows" in shown(reader)
    many(2, moderator)
    while continue_check(now=now, part=4):
        assert AuditCheck.objects.count() == 1

    check = AuditCheck.objects.get()
    assert (check.position, check.holds) == (12, True)
    assert "The record holds." in shown(reader)
    assert not continue_check(now=now + timedelta(hours=23))
    assert continue_check(now=now + timedelta(hours=25))


def test_what_the_verification_finds_stands_on_the_page(
    reader: Client, moderator: User
) -> None:
    many(10, moderator)
    AuditEvent.objects.filter(position=3).update(actor_name="Somebody else")
    AuditEvent.objects.filter(position=8).delete()
    AuditHead.objects.update(count=F("count") + 1)
    while continue_check(part=4):
        pass

    text = shown(reader)

    assert "The record does not hold." in text
    for words in ("Row 3:", "Row 8:", "Row 11:"):
        assert words in text
