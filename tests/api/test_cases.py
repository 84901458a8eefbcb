"""Cases, decisions and policies through the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from moderation.models import AuditEvent, Case, Decision
from tests.api.helpers import assert_problem
from tests.factories import make_case, make_policy, make_user

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
FAKE = {"outcome": "fake", "reason": "content_edited", "note": "The sky was replaced."}


def url(case: Case, action: str = "") -> str:
    return f"/api/v1/cases/{case.pk}/{action}"


def test_a_case_is_claimed_decided_and_reopened(
    api_of: ApiOf, moderator: User, lead: User
) -> None:
    case, reviewer = make_case(), api_of(moderator)

    claimed = reviewer.post(url(case, "claim/")).json()
    decided = reviewer.post(url(case, "decide/"), FAKE, format="json")
    after = reviewer.get(url(case)).json()
    because = {"because": "The original turned up."}
    reopened = api_of(lead).post(url(case, "reopen/"), because, format="json").json()

    assert claimed["status"] == "claimed"
    assert claimed["claimed_by"] == moderator.username
    assert decided.status_code == 201
    decision = decided.json()
    assert decided.headers["Location"] == decision["url"]
    assert decision["note"] == FAKE["note"]
    assert decision["decided_by"] == moderator.username
    assert (decision["machine_verdict"], decision["machine_score"]) == (
        "suspicious",
        0.7,
    )
    assert after["status"] == "decided"
    assert after["outcome"] == "fake"
    assert [d["id"] for d in after["decisions"]] == [decision["id"]]
    assert reopened["status"] == "open"
    assert reopened["outcome"] is None
    withdrawn = reviewer.get(decision["url"]).json()
    assert withdrawn["withdrawn_at"] is not None
    done = AuditEvent.objects.filter(case=case.pk).exclude(action="evidence_viewed")
    assert list(done.order_by("id").values_list("action", flat=True)) == [
        "case_claimed",
        "case_decided",
        "case_reopened",
    ]


def test_release_hands_a_case_back(api_of: ApiOf, moderator: User) -> None:
    case, client = make_case(), api_of(moderator)
    client.post(url(case, "claim/"))

    released = client.post(url(case, "release/")).json()

    assert released["status"] == "open"
    assert released["claimed_by"] is None


def test_somebody_elses_claim_is_a_conflict(api_of: ApiOf, moderator: User) -> None:
    case = make_case()
    api_of(make_user("moderator")).post(url(case, "claim/"))
    client = api_of(moderator)

    for action, body in (("claim/", {}), ("release/", {}), ("decide/", FAKE)):
        answer = client.post(url(case, action), body, format="json")
        assert_problem(answer, 409, "claimed_by_other")
    assert not Decision.objects.exists()


def test_an_expired_claim_can_be_taken_over(api_of: ApiOf, moderator: User) -> None:
    case = make_case()
    api_of(make_user("moderator")).post(url(case, "claim/"))
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))

    taken = api_of(moderator).post(url(case, "claim/")).json()

    assert taken["claimed_by"] == moderator.username


def test_a_decided_case_takes_nothing_but_reopening(
    api_of: ApiOf, moderator: User, lead: User
) -> None:
    case, client = make_case(), api_of(moderator)
    client.post(url(case, "decide/"), FAKE, format="json")

    for action, body in (("claim/", {}), ("decide/", FAKE)):
        answer = client.post(url(case, action), body, format="json")
        assert_problem(answer, 409, "wrong_state")
    open_case = url(make_case(), "reopen/")
    answer = api_of(lead).post(open_case, {"because": "?"}, format="json")
    assert_problem(answer, 409, "wrong_state")


@pytest.mark.parametrize(
    "decision",
    [
        {"outcome": "authentic", "reason": "ai_generated"},
        {"outcome": "fake", "reason": "other", "note": "   "},
    ],
)
def test_a_decision_that_contradicts_itself_is_unprocessable(
    api_of: ApiOf, moderator: User, decision: dict[str, str]
) -> None:
    case = make_case()

    answer = api_of(moderator).post(url(case, "decide/"), decision, format="json")

    assert_problem(answer, 422, "invalid_decision")
    case.refresh_from_db()
    assert case.status == "open"


@pytest.mark.parametrize(
    ("decision", "pointer"),
    [
        ({"reason": "other"}, "#/outcome"),
        ({"outcome": "maybe", "reason": "other"}, "#/outcome"),
        ({"outcome": "fake", "reason": "mood"}, "#/reason"),
        ({"outcome": "fake", "reason": "other", "note": "x" * 5001}, "#/note"),
        ({"outcome": ["fake"], "reason": "other"}, "#/outcome"),
        ({"outcome": "fake", "reason": "other", "note": "\0"}, "#/note"),
        ({"outcome": "fake", "reason": "other", "note": "\ud800"}, "#/note"),
        ([1], "#"),
    ],
)
def test_a_malformed_decision_names_the_wrong_field(
    api_of: ApiOf, moderator: User, decision: object, pointer: str
) -> None:
    body = json.dumps(decision)  # escapes what UTF-8 cannot hold
    answer = api_of(moderator).post(
        url(make_case(), "decide/"), body, content_type="application/json"
    )

    problem = assert_problem(answer, 400, "invalid")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_reopening_needs_a_reason(api_of: ApiOf, lead: User) -> None:
    answer = api_of(lead).post(url(make_case(), "reopen/"), {}, format="json")

    problem = assert_problem(answer, 400, "invalid")
    assert problem["errors"][0]["pointer"] == "#/because"


def test_a_moderator_may_not_reopen(api_of: ApiOf, moderator: User) -> None:
    body = {"because": "I want to."}

    answer = api_of(moderator).post(url(make_case(), "reopen/"), body, format="json")

    assert_problem(answer, 403, "not_allowed")


def test_priorities_are_words(api_of: ApiOf, moderator: User) -> None:
    urgent, low = make_case(priority=40), make_case(priority=10)
    client = api_of(moderator)

    listed = client.get("/api/v1/cases/").json()["results"]
    found = client.get("/api/v1/cases/?priority=low").json()["results"]

    assert [(c["id"], c["priority"]) for c in listed] == [
        (str(urgent.pk), "urgent"),
        (str(low.pk), "low"),
    ]
    assert [c["id"] for c in found] == [str(low.pk)]


def test_a_case_outlives_its_analysis(api_of: ApiOf, moderator: User) -> None:
    case = make_case()
    Case.objects.update(analysis=None)

    body = api_of(moderator).get(url(case)).json()

    assert (body["analysis"], body["verdict"], body["score"]) == (None, None, None)


def test_policies_are_read(api_of: ApiOf, lead: User) -> None:
    generated = {"kind": "code_any", "value": ["ai_generated"]}
    version = make_policy(generated, state="shadow")
    policy = version.policy
    client = api_of(lead)

    listed = client.get("/api/v1/policies/?is_active=false").json()["results"]

    assert [row["id"] for row in listed] == [policy.pk]
    assert listed[0]["is_active"] is False
    assert listed[0]["versions"][0]["conditions"] == [generated]
    assert listed[0]["versions"][0]["says"] == "a check found ai_generated"
    assert client.get(f"/api/v1/policies/{policy.pk}/").json() == listed[0]
    assert_problem(client.get("/api/v1/policies/999/"), 404, "not_found")
