"""The lists of cases and decisions: filters, orders, pages, views, exports."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from moderation import services
from moderation.list_forms import CaseListForm
from moderation.models import AuditEvent, Case, Priority, Queue, SavedView
from moderation.services.saved_views import MOST_VIEWS, save_view
from moderation.services.tags import tag_case
from tests.factories import make_analysis, make_case, make_image, make_policy, make_user
from tests.moderation.chain import assert_chain_is_whole

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
CASES, DECISIONS = "moderation:queue", "moderation:decisions"


def listed(client: Client, query: str, name: str = CASES) -> list[Any]:
    answer = client.get(f"{reverse(name)}?{query}")
    assert answer.status_code == 200
    return list(answer.context["page"].rows)


def test_each_filter_narrows_to_its_cases(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    now = timezone.now()
    sender = make_user(username="ann")
    queue = Queue.objects.create(slug="art", name="Art")
    policy = make_policy().policy
    plain = make_case()
    by_query = {
        "queue=art": make_case(queue=queue),
        "verdict=fake": make_case(machine_verdict="fake", machine_score=0.95),
        "score_from=91&score_to=93": make_case(machine_score=0.92),
        "priority=40": make_case(priority=Priority.URGENT),
        f"policy={policy.pk}": make_case(policy=policy),
        "uploader=ann": make_case(uploader=sender),
        "door=command": make_case(door="command"),
        "format=GIF": make_case(image_format="GIF"),
        "opened_from=2020-05-01&opened_to=2020-05-01": make_case(
            opened_at=datetime(2020, 5, 1, 23, 59, tzinfo=UTC)
        ),
        "received_from=2019-05-01&received_to=2019-05-02": make_case(
            received_at=datetime(2019, 5, 2, 12, tzinfo=UTC)
        ),
        "waiting=assigned": make_case(assigned_to=moderator),
        "waiting=overdue": make_case(due_at=now - timedelta(minutes=1)),
        "waiting=escalated": make_case(escalated_at=now),
        "waiting=held&status=held": make_case(status="held"),
        "q=rarely+seen": make_case(
            analysis=make_analysis(image=make_image(original_name="rarely seen.jpg"))
        ),
    }
    tagged = make_case()
    tag_case(case_id=tagged.pk, actor=moderator, name="Press Photo")
    claimed = make_case()
    services.claim_case(case_id=claimed.pk, actor=moderator)
    by_query |= {"tag=press+photo": tagged, "waiting=mine": claimed, "q=press": tagged}
    client = client_of(moderator)

    for query, case in by_query.items():
        assert listed(client, query) == [case], query
    assert plain in listed(client, "waiting=unclaimed")
    assert claimed not in listed(client, "waiting=unclaimed")
    assert listed(client, "queue=art&verdict=fake") == []


def test_decided_cases_are_found_by_state_and_outcome(
    client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()
    services.decide_case(
        case_id=case.pk, actor=moderator, outcome="fake", reason="content_edited"
    )
    client = client_of(moderator)
    assert listed(client, "status=decided") == [case]
    assert listed(client, "status=all&outcome=fake") == [case]
    assert listed(client, "outcome=fake") == []
    assert set(listed(client, "status=all")) == {case, other}
    case.refresh_from_db()
    assert not case.waits


@pytest.mark.parametrize("sort", CaseListForm.sorts)
def test_every_order_shows_every_case_once_in_both_directions(
    sort: str, client_of: ClientOf, moderator: User
) -> None:
    now = timezone.now()
    for n in range(45):  # equal values on purpose
        make_case(
            priority=(10, 20, 30)[n % 3],
            opened_at=now - timedelta(hours=n // 4),
            machine_score=(0.2, 0.5, 0.9)[n % 3],
            due_at=now + timedelta(hours=n // 5),
        )
    client = client_of(moderator)
    query = f"sort={sort}"
    whole: list[Case] = []
    pages, cursor = [], ""
    while True:
        answer = client.get(f"{reverse(CASES)}?{query}{cursor}")
        page = answer.context["page"]
        pages.append(page.rows)
        whole += page.rows
        if not page.next:
            break
        cursor = f"&cursor={page.next}"
        make_case(opened_at=now - timedelta(days=9), due_at=now, machine_score=0.95)
    back = [pages[-1]]
    while page.previous:
        answer = client.get(f"{reverse(CASES)}?{query}&cursor={page.previous}")
        page = answer.context["page"]
        back.insert(0, page.rows)

    assert len({case.pk for case in whole}) == len(whole) >= 45
    assert back[-1] == pages[-1]
    assert back[-2] == pages[-2]
    fields = {"score": "-machine_score", "score-low": "machine_score", "due": "due_at"}
    if sort in fields:
        values = [getattr(case, fields[sort].removeprefix("-")) for case in whole]
        assert values == sorted(values, reverse=fields[sort].startswith("-"))


HOSTILE_CURSORS = (
    "",
    "x",
    "%00",
    "a" * 5000,
    base64.urlsafe_b64encode(b"[" * 900).decode(),
    base64.urlsafe_b64encode(b'["urgent",false,["99","x","y"]]').decode(),
    base64.urlsafe_b64encode(
        b'["newest",false,["2020-01-01T00:00:00+00:00","1"]]'
    ).decode(),
)


@pytest.mark.parametrize("cursor", HOSTILE_CURSORS)
def test_a_cursor_that_is_none_shows_the_first_page_and_says_so(
    cursor: str, client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    answer = client_of(moderator).get(f"{reverse(CASES)}?cursor={cursor}")
    assert answer.context["page"].rows == [case]
    assert b"this is the first one" in answer.content


@pytest.mark.parametrize(
    "query",
    [
        "score_from=abc",
        "opened_from=9999-12-31",
        "opened_to=0001-01-01",
        "queue=%00",
        "policy=99999999999999999999999",
        "uploader=%00",
        "tag=%3Dcmd",
        "q=%00",
        "sort=machine_score",
        "door=x&format=y&waiting=z",
    ],
)
def test_nonsense_in_a_filter_is_an_answer_of_200(
    query: str, client_of: ClientOf, moderator: User
) -> None:
    make_case()
    answer = client_of(moderator).get(f"{reverse(CASES)}?{query}")
    assert answer.status_code == 200
    if "tag" not in query:
        assert len(answer.context["page"].rows) == 1


@pytest.mark.parametrize("name", [CASES, DECISIONS, "forensics:image-list"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    name: str,
    client_of: ClientOf,
    lead: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client, counts = client_of(lead), []
    sender = make_user(username="sender")
    for more in (3, 30):
        for _ in range(more):
            case = make_case(uploader=sender, assigned_to=lead)
            tag_case(case_id=case.pk, actor=lead, name="a tag")
            done = make_case()
            services.decide_case(
                case_id=done.pk, actor=lead, outcome="fake", reason="content_edited"
            )
        with django_assert_max_num_queries(18) as queries:
            client.get(reverse(name), {"sort": ""})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_decisions_are_listed_and_narrowed(client_of: ClientOf, lead: User) -> None:
    wrong, right = make_case(machine_verdict="fake"), make_case()
    fake = make_case(analysis=make_analysis(verdict="fake", score=0.95))
    for case, outcome, reason in (
        (wrong, "fake", "content_edited"),
        (right, "authentic", "no_trace_found"),
        (fake, "authentic", "harmless_edit"),
    ):
        services.decide_case(
            case_id=case.pk,
            actor=lead,
            outcome=outcome,
            reason=reason,
            note=f"seen {reason}",
        )
    services.reopen_case(case_id=right.pk, actor=lead, because="a mistake")
    client = client_of(lead)

    def cases(query: str) -> list[Case]:
        return [one.case for one in listed(client, query, DECISIONS)]

    assert cases("") == [fake, right, wrong]
    assert cases("sort=oldest") == [wrong, right, fake]
    assert cases("outcome=fake") == [wrong]
    assert cases("against=fake") == [fake]
    assert cases("force=no") == [right]
    assert cases("reason=harmless_edit") == cases("q=harmless") == [fake]
    assert cases(f"decided_by={lead.username}&verdict=fake") == [fake]
    assert cases("decided_by=nobody") == []


# --- Saved views ------------------------------------------------------------------
def save(client: Client, name: str, query: str, list_name: str = "cases") -> Any:
    return client.post(
        reverse("moderation:view-save", args=[list_name]),
        {"name": name, "query": query},
    )


def test_a_view_keeps_what_validates_and_brings_it_back(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    query = "verdict=fake&evil=<script>&cursor=x&score_from=abc&queue=review"
    answer = save(client, "  Fakes   first ", query)
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.is_shared) == ("Fakes first", moderator, False)
    assert parse_qs(view.query) == {"queue": ["review"], "verdict": ["fake"]}
    assert parse_qs(urlsplit(answer["Location"]).query) == parse_qs(view.query)
    html = client.get(answer["Location"]).content.decode()
    assert 'aria-current="page">Fakes first' in html


def test_a_default_view_opens_the_list_and_can_be_left(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    save(client, "mine", "waiting=mine")
    view = SavedView.objects.get()
    address = reverse("moderation:view-change", args=[view.pk])
    client.post(address, {"name": "mine", "is_default": "on"})

    assert client.get(reverse(CASES))["Location"].endswith("?waiting=mine")
    assert client.get(f"{reverse(CASES)}?sort=").status_code == 200
    save(client, "held", "waiting=held")
    other = SavedView.objects.get(name="held")
    client.post(
        reverse("moderation:view-change", args=[other.pk]),
        {"name": "held", "is_default": "on"},
    )
    assert client.get(reverse(CASES))["Location"].endswith("?waiting=held")


def test_sharing_needs_the_right_and_is_on_record(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    for person, is_shared in ((moderator, False), (lead, True)):
        client = client_of(person)
        save(client, "fakes", "verdict=fake")
        view = SavedView.objects.get(owner=person)
        client.post(
            reverse("moderation:view-change", args=[view.pk]),
            {"name": "fakes", "is_shared": "on"},
        )
        view.refresh_from_db()
        assert view.is_shared is is_shared
    assert AuditEvent.objects.filter(action="view_shared").count() == 1
    html = client_of(moderator).get(reverse(CASES)).content.decode()
    assert f"by {lead}" in html
    assert_chain_is_whole()


def test_views_of_others_cannot_be_changed_or_deleted(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    view = save_view(actor=lead, name="hers", list_name="cases", query="verdict=fake")
    client = client_of(moderator)
    for data in ({"name": "stolen"}, {"delete": "1"}):
        client.post(reverse("moderation:view-change", args=[view.pk]), data)
    view.refresh_from_db()
    assert view.name == "hers"


def test_views_have_names_and_a_limit(client_of: ClientOf, moderator: User) -> None:
    client = client_of(moderator)
    for name in ("", "  ", "x" * 61):
        save(client, name, "verdict=fake")
    assert SavedView.objects.count() == 0
    for n in range(MOST_VIEWS + 3):
        save(client, f"view {n}", "verdict=fake")
    assert SavedView.objects.count() == MOST_VIEWS
    save(client, "view 1", "verdict=authentic")
    assert SavedView.objects.get(name="view 1").query == "verdict=authentic"


# --- Exports ----------------------------------------------------------------------
def exported(client: Client, name: str, query: str = "") -> list[list[str]]:
    answer = client.post(f"{reverse('moderation:export', args=[name])}?{query}")
    assert answer.status_code == 200, answer.content
    text = b"".join(answer).decode()  # type: ignore[arg-type]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_an_export_follows_the_filters_and_holds_no_formula(
    client_of: ClientOf, lead: User
) -> None:
    evil = make_image(original_name="=HYPERLINK(evil).jpg")
    case = make_case(analysis=make_analysis(image=evil), machine_verdict="fake")
    make_case()
    header, *rows = exported(client_of(lead), "cases", "verdict=fake")
    assert [row[header.index("case")] for row in rows] == [str(case.pk)]
    assert rows[0][header.index("file_name")] == "'=HYPERLINK(evil).jpg"
    event = AuditEvent.objects.get(action="list_exported")
    assert event.data == {
        "list": "cases",
        "filters": "verdict=fake",
        "count": 1,
        "is_cut": False,
    }
    assert_chain_is_whole()


def test_every_list_can_be_exported_in_its_order(
    client_of: ClientOf, administrator: User
) -> None:
    for n in range(7):
        case = make_case(opened_at=timezone.now() - timedelta(hours=n))
        services.decide_case(
            case_id=case.pk,
            actor=administrator,
            outcome="fake",
            reason="other",
            note="+1",
        )
    client = client_of(administrator)
    for name in ("cases", "images", "decisions"):
        header, *rows = exported(client, name, "status=all" if name == "cases" else "")
        assert len(rows) == 7, name
        assert all(len(row) == len(header) for row in rows)
    assert rows[0][header.index("note")] == "'+1"
    assert client.post(reverse("moderation:export", args=["x"])).status_code == 404
    assert client.get(reverse("moderation:export", args=["cases"])).status_code == 405


def test_an_export_ends_at_what_the_person_may_take(
    client_of: ClientOf, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.services.exports.MOST_ROWS", 3)
    monkeypatch.setattr("moderation.views.exports.AT_ONCE", 2)
    for _ in range(5):
        make_case()
    assert len(exported(client_of(lead), "cases")) == 1 + 3
    event = AuditEvent.objects.get(action="list_exported")
    assert (event.data["count"], event.data["is_cut"]) == (3, True)


def test_who_may_not_export_gets_nothing(client_of: ClientOf, moderator: User) -> None:
    make_case()
    client = client_of(moderator)
    answer = client.post(reverse("moderation:export", args=["cases"]))
    assert answer.status_code == 403
    assert b"Export as CSV" not in client.get(reverse(CASES)).content
    assert not AuditEvent.objects.filter(action="list_exported").exists()
