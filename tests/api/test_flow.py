"""The flow of reviewing through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from moderation.models import Case, Notification
from tests.api.helpers import assert_problem
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
FAKE = {"outcome": "fake", "reason": "content_edited"}
NEXT = "/api/v1/cases/claim-next/"


def send(client: Any, case: Case, action: str, **body: Any) -> Any:
    return client.post(f"/api/v1/cases/{case.pk}/{action}/", body, format="json")


def test_the_next_case_is_claimed_decided_with_its_token_and_undone(
    api_of: ApiOf, moderator: User
) -> None:
    case, client = make_case(), api_of(moderator)

    claimed = client.post(NEXT).json()
    stale = send(client, case, "decide", **FAKE, token=str(uuid4()))
    decided = send(client, case, "decide", **FAKE, token=claimed["claim_token"]).json()
    undone = client.post(f"{decided['url']}undo/").json()

    assert claimed["id"] == str(case.pk)
    assert claimed["claim_expires_at"]
    assert_problem(stale, 409, "claimed_by_other")
    assert decided["final_at"] > decided["created_at"]
    assert undone["status"] == "claimed"
    assert undone["claim_token"] not in {None, claimed["claim_token"]}
    again = client.post(f"{decided['url']}undo/")
    assert_problem(again, 409, "wrong_state")


def test_no_case_that_waits_is_an_empty_answer(api_of: ApiOf, moderator: User) -> None:
    make_case(escalated_at=timezone.now())
    assert api_of(moderator).post(NEXT).status_code == 204
    wrong = api_of(moderator).post(NEXT, {"queue": "no queue!"}, format="json")
    assert_problem(wrong, 400, "invalid")


def test_only_the_holder_reads_the_token(
    api_of: ApiOf, moderator: User, lead: User
) -> None:
    case = make_case()
    token = send(api_of(moderator), case, "claim").json()["claim_token"]
    for person in (moderator, lead):
        body = api_of(person).get(f"/api/v1/cases/{case.pk}/")
        assert token not in body.content.decode()
    assert_problem(send(api_of(lead), case, "claim"), 409, "claimed_by_other")


def test_a_case_is_held_resumed_assigned_and_handed_back(
    api_of: ApiOf, moderator: User, lead: User
) -> None:
    case, client = make_case(), api_of(moderator)
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    held = send(client, case, "hold", because="The sender was asked.", until=until)
    past = send(client, make_case(), "hold", because="x", until="2001-01-01T00:00:00Z")
    resumed = send(client, case, "resume").json()
    assigned = send(client, case, "assign", person=lead.username).json()
    nobody = send(client, make_case(), "assign", person="nobody")
    back = send(api_of(lead), case, "assign", person=None).json()

    assert held.json()["status"] == "held"
    assert held.json()["held_until"]
    assert_problem(past, 422, "invalid_decision")
    assert resumed["status"] == "open"
    assert assigned["assigned_to"] == lead.username
    assert_problem(nobody, 422, "invalid_decision")
    assert back["assigned_to"] is None


def test_an_escalated_case_is_for_leads(
    api_of: ApiOf, moderator: User, lead: User
) -> None:
    case = make_case()
    assert_problem(send(api_of(moderator), case, "escalate"), 400, "invalid")
    answer = send(api_of(moderator), case, "escalate", because="Not sure.").json()
    assert answer["escalated_at"]
    assert_problem(send(api_of(moderator), case, "decide", **FAKE), 403, "not_allowed")
    assert send(api_of(lead), case, "decide", **FAKE).status_code == 201


def test_comments_are_read_and_written(api_of: ApiOf, moderator: User) -> None:
    case, colleague = make_case(), make_user("lead", username="colleague")
    client = api_of(moderator)
    made = send(client, case, "comments", text="@colleague and @ghost, look.").json()
    listed = client.get(f"/api/v1/cases/{case.pk}/comments/").json()
    assert (made["told"], made["unknown"]) == (["colleague"], ["ghost"])
    assert [(one["author"], one["text"]) for one in listed] == [
        (moderator.username, "@colleague and @ghost, look.")
    ]
    assert Notification.objects.get().person == colleague
    assert_problem(send(client, case, "comments", text="a\0"), 400, "invalid")
