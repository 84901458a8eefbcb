"""Policies and queues on the dashboard: by plain forms, as people use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.models import (
    AuditEvent,
    BacktestState,
    Policy,
    PolicyBacktest,
    PolicyVersion,
    Queue,
    VersionState,
)
from moderation.services.backtests import run_backtest_part, start_backtest
from tests.factories import make_analysis, make_case, make_policy, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
NEW = "/cases/policies/new/"


@pytest.fixture
def lead_client(lead: User, client_of: ClientOf) -> Client:
    return client_of(lead)


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Edited with GIMP",
        "description": "",
        "conditions": "2",
        "condition-0-kind": "score_at_least",
        "condition-0-value": "72,5",
        "condition-1-kind": "tag_contains",
        "condition-1-name": "EXIF:Software",
        "condition-1-value": "gimp",
        "action": "open",
        "priority": "30",
        "queue": "",
        "needs_approval": "on",
        "note": "",
    } | changed


def test_a_draft_is_stored_and_told_in_words(lead_client: Client) -> None:
    page = lead_client.post(NEW, typed(), follow=True)
    version = PolicyVersion.objects.get(policy__name="Edited with GIMP")
    assert version.state == VersionState.DRAFT
    assert version.conditions == [
        {"kind": "score_at_least", "value": 0.725},
        {"kind": "tag_contains", "name": "EXIF:Software", "value": "gimp"},
    ]
    assert "The score is at least 72.5 %, and the tag EXIF:Software" in said(page)


def test_rows_are_added_and_removed_by_buttons_alone(lead_client: Client) -> None:
    added = lead_client.post(NEW, typed(add="1", new_kind="verdict_in"))
    assert added.status_code == 200
    assert 'name="condition-2-value" value="fake"' in said(added)
    assert 'value="72,5"' in said(added)  # what was typed is still there
    removed = lead_client.post(NEW, typed(remove="0"))
    assert "72,5" not in said(removed)
    assert 'name="condition-0-kind" value="tag_contains"' in said(removed)
    assert not Policy.objects.filter(name="Edited with GIMP").exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"condition-0-value": "many"}, "number from 0 to 100"),
        ({"condition-0-value": "101"}, "number from 0 to 100"),
        ({"condition-0-value": "1e999"}, "number from 0 to 100"),
        ({"condition-0-value": "nan"}, "number from 0 to 100"),
        ({"condition-1-name": ""}, "name of a tag"),
        ({"condition-1-value": "x" * 201}, "at most 200"),
        ({"condition-1-value": "a\x00b"}, "text of at most 200"),
        ({"condition-0-kind": "verdict_in"}, "Choose at least one"),
        ({"condition-0-kind": "code_any", "condition-0-value": " , "}, "one word"),
        ({"condition-0-kind": "pixels_at_least"}, "whole number"),
        ({"name": ""}, "required"),
        ({"name": "Called fake"}, "of this name already"),
        ({"priority": "31"}, "valid choice"),
        ({"action": "explode"}, "valid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    lead_client: Client, changed: dict[str, str], words: str
) -> None:
    answer = lead_client.post(NEW, typed(**changed))
    assert answer.status_code == 422
    assert words in said(answer)
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("count", ["", "-1", "x", "99999999999999", "21"])
def test_a_wrong_number_of_rows_breaks_nothing(lead_client: Client, count: str) -> None:
    assert lead_client.post(NEW, typed(conditions=count, add="1")).status_code == 200


def test_what_is_typed_is_not_taken_for_markup(lead_client: Client) -> None:
    hostile = "<script>alert(1)</script>"
    shown = lead_client.post(
        NEW, typed(**{"condition-1-value": hostile, "condition-1-name": hostile})
    )
    page = lead_client.get(shown.headers["Location"])
    assert hostile not in said(page)


def test_the_preview_tells_and_stores_nothing(lead_client: Client) -> None:
    told = lead_client.post(
        "/cases/policies/preview/", typed(**{"condition-0-value": ""})
    )
    assert told.json() == {
        "conditions": "The tag EXIF:Software contains “gimp”.",
        "action": "Opens a case in the queue that the routing rules choose, "
        "priority high.",
        "left_out": 1,
    }
    assert not Policy.objects.filter(name="Edited with GIMP").exists()


def test_a_live_version_is_changed_in_a_draft_then_replaced(
    lead_client: Client,
) -> None:
    live = PolicyVersion.objects.get(policy__name="Called fake")
    edit = reverse("moderation:policy-edit", args=[live.policy_id])
    assert 'value="fake" checked' in said(lead_client.get(edit))
    lead_client.post(edit, typed(name="Called fake"))
    confirm = reverse("moderation:policy-publish", args=[live.policy_id, 2, "live"])
    page = lead_client.get(confirm)
    assert "never tested" in said(page)
    assert PolicyVersion.objects.get(pk=live.pk).state == VersionState.LIVE
    lead_client.post(confirm)
    states = dict(live.policy.versions.values_list("number", "state"))
    assert states == {1: VersionState.RETIRED, 2: VersionState.LIVE}
    back = reverse("moderation:policy-publish", args=[live.policy_id, 1, "live"])
    lead_client.post(back)
    states = dict(live.policy.versions.values_list("number", "state"))
    assert states == {1: "retired", 2: "retired", 3: "live"}


def test_who_may_not_spare_the_approver_cannot(
    lead_client: Client, administrator: User, client_of: ClientOf
) -> None:
    unapproved = typed(action="mark_fake")
    del unapproved["needs_approval"]
    lead_client.post(NEW, unapproved)
    assert PolicyVersion.objects.get(policy__name="Edited with GIMP").needs_approval
    client_of(administrator).post(NEW, unapproved | {"name": "By itself"})
    assert not PolicyVersion.objects.get(policy__name="By itself").needs_approval


def test_a_back_test_shows_its_way_and_its_end(lead: User, lead_client: Client) -> None:
    make_analysis(verdict="authentic", score=0.9)
    lead_client.post(NEW, typed())
    version = PolicyVersion.objects.get(policy__name="Edited with GIMP")
    lead_client.post(
        reverse("moderation:policy-test", args=[version.policy_id, 1]), {"size": "100"}
    )
    backtest = PolicyBacktest.objects.get()
    page = reverse("moderation:backtest", args=[backtest.pk])
    assert "0 of 1 analyses" in said(lead_client.get(page))
    status = lead_client.get(reverse("moderation:backtest-status", args=[backtest.pk]))
    assert status.json()["is_pending"] is True
    run_backtest_part(backtest_id=backtest.pk)
    shown = said(lead_client.get(page))
    assert "Newly opened: 1" in shown
    edit = reverse("moderation:policy-edit", args=[version.policy_id])
    lead_client.post(edit, typed(conditions="1"))
    assert "says something else" in said(lead_client.get(page))


def test_a_back_test_is_cancelled(lead: User, lead_client: Client) -> None:
    version = make_policy()
    backtest = start_backtest(version=version, size=10, actor=lead)
    lead_client.post(reverse("moderation:backtest-cancel", args=[backtest.pk]))
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.CANCELLED


@pytest.mark.parametrize(
    ("group", "reads", "changes"),
    [("moderator", 403, 403), ("auditor", 200, 403), ("lead", 200, 200)],
)
def test_who_sees_and_changes_policies(
    client_of: ClientOf, group: str, reads: int, changes: int
) -> None:
    client = client_of(make_user(group))
    version = make_policy()
    for name in ("policies",):
        assert client.get(reverse(f"moderation:{name}")).status_code == reads
    pages = {"policy": reads, "policy-edit": changes}
    for name, status in pages.items():
        url = reverse(f"moderation:{name}", args=[version.policy_id])
        assert client.get(url).status_code == status
    publish = reverse("moderation:policy-publish", args=[version.policy_id, 1, "live"])
    assert client.get(publish).status_code == changes
    retire = reverse("moderation:policy-retire", args=[version.policy_id, 1])
    client.post(retire)
    version.refresh_from_db()
    assert (version.state == VersionState.RETIRED) == (changes == 200)


def test_nothing_changes_by_looking(lead_client: Client) -> None:
    version = make_policy()
    for name in ("policy-retire", "policy-test"):
        url = reverse(f"moderation:{name}", args=[version.policy_id, 1])
        assert lead_client.get(url).status_code == 405
    assert not AuditEvent.objects.exists()


def test_the_list_takes_the_same_number_of_queries(lead_client: Client) -> None:
    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert lead_client.get(reverse(f"moderation:{name}")).status_code == 200
        return len(found)

    before = queries("policies"), queries("queues")
    for number in range(5):
        make_policy()
        Queue.objects.create(slug=f"q{number}", name=f"Queue {number}")
    assert (queries("policies"), queries("queues")) == before


def test_policies_change_places(lead_client: Client) -> None:
    first, second, *others = Policy.objects.order_by("position", "name")
    lead_client.post(reverse("moderation:policy-move", args=[second.pk]), {"up": "1"})
    places = list(Policy.objects.order_by("position", "name"))
    assert places == [second, first, *others]


# --- Queues -------------------------------------------------------------------------
def queue_typed(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Press",
        "description": "",
        "order": "oldest_first",
        "due_minutes": "60",
        "second_review_share": "10",
        "golden_share": "2.5",
        "conditions": "1",
        "condition-0-kind": "sender_group_in",
        "condition-0-value": "integrator",
    } | changed


def test_a_queue_is_made_and_routes(
    lead: User, lead_client: Client, integrator: User
) -> None:
    lead_client.post("/cases/queues/new/", queue_typed(members=[lead.pk]))
    queue = Queue.objects.get(name="Press")
    assert (queue.slug, queue.due_minutes, queue.golden_share) == ("press", 60, 0.025)
    assert list(queue.members.all()) == [lead]
    assert "Somebody of the group integrator sent it" in said(
        lead_client.get("/cases/queues/")
    )
    event = AuditEvent.objects.get()
    assert event.action == "queue_created"
    assert event.data["after"]["members"] == [lead.username]


def test_a_queue_with_cases_is_closed_only_by_moving_them(lead_client: Client) -> None:
    queue = Queue.objects.create(slug="press", name="Press")
    case = make_case(queue=queue)
    review = Queue.objects.get(slug="review")
    lead_client.post("/cases/queues/press/close/", {"into": review.pk})
    case.refresh_from_db()
    queue.refresh_from_db()
    assert (case.queue, queue.is_active) == (review, False)
    assert AuditEvent.objects.get().data["moved"] == 1
    lead_client.post("/cases/queues/press/reopen/")
    queue.refresh_from_db()
    assert queue.is_active


def test_the_last_resort_stays(lead_client: Client) -> None:
    other = Queue.objects.create(slug="press", name="Press")
    lead_client.post("/cases/queues/review/close/", {"into": other.pk})
    assert Queue.objects.get(slug="review").is_active
    answer = lead_client.post(
        "/cases/queues/review/", queue_typed(name="Review", order="oldest_first")
    )
    assert answer.status_code == 409


def test_a_queue_that_a_live_policy_uses_is_not_closed(lead_client: Client) -> None:
    queue = Queue.objects.create(slug="press", name="Press")
    make_policy(queue=queue, name="For the press")
    answer = lead_client.post(
        "/cases/queues/press/close/",
        {"into": Queue.objects.get(slug="review").pk},
        follow=True,
    )
    assert "For the press" in said(answer)
    assert Queue.objects.get(slug="press").is_active


@pytest.mark.parametrize(
    ("group", "reads", "changes"),
    [
        ("integrator", 403, 403),
        ("moderator", 200, 403),
        ("auditor", 200, 403),
        ("lead", 200, 200),
    ],
)
def test_who_sees_and_changes_queues(
    client_of: ClientOf, group: str, reads: int, changes: int
) -> None:
    client = client_of(make_user(group))
    assert client.get("/cases/queues/").status_code == reads
    assert client.get("/cases/queues/review/").status_code == changes
    client.post("/cases/queues/new/", queue_typed())
    assert Queue.objects.filter(slug="press").exists() == (changes == 200)


def test_queues_change_places(lead_client: Client) -> None:
    Queue.objects.create(slug="a", name="A", position=10)
    Queue.objects.create(slug="b", name="B", position=20)
    lead_client.post("/cases/queues/b/move/", {"up": "1"})
    slugs = list(Queue.objects.order_by("position").values_list("slug", flat=True))
    assert slugs == ["b", "a", "review"]


@pytest.mark.parametrize(
    "changed",
    [
        {"second_review_share": "101"},
        {"due_minutes": "-1"},
        {"order": "random"},
        {"name": ""},
        {"description": "x" * 1001},
        {"condition-0-value": ""},
        {"members": ["999999"]},
    ],
)
def test_a_queue_that_makes_no_sense_is_refused(
    lead_client: Client, changed: dict[str, Any]
) -> None:
    answer = lead_client.post("/cases/queues/new/", queue_typed(**changed))
    assert answer.status_code == 422
    assert not Queue.objects.filter(name="Press").exists()


def said(answer: Any) -> str:
    return str(answer.content.decode())
