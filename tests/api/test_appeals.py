"""Appeals over the API: who opens, who sees, and that no moderator is named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from moderation.models import Appeal, Case, Decision, Event, Withdrawal
from moderation.services import reopen_case
from moderation.services.publishing import publish_events
from moderation.states import CaseStatus
from tests.api.helpers import assert_problem
from tests.factories import make_analysis, make_case, make_image, make_user
from tests.moderation.checks import decide, decided, time_passes

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db
ASKED = {
    "because": "We have the raw file.",
    "on_behalf_of": "Ann Example",
    "external_id": "ticket-17",
}


@pytest.fixture
def first(db: None) -> User:
    return make_user("moderator", username="themoderator")


@pytest.fixture
def case(first: User, integrator: User) -> Case:
    image = make_image(submitted_by=integrator)
    return decided(first, analysis=make_analysis(image=image))


def path(case: Case) -> str:
    return f"/api/v1/cases/{case.pk}/appeals/"


def test_a_sender_appeals_and_follows_the_appeal(
    case: Case, integrator: User, api_of: ApiOf
) -> None:
    client = api_of(integrator)
    answer = client.post(path(case), ASKED, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Location"] == body["url"]
    assert (body["outcome"], body["resolution"]) == ("fake", None)
    case.refresh_from_db()
    assert case.status == CaseStatus.APPEALED

    decide(case, make_user("moderator", username="theother"), "authentic", note="Raw.")
    time_passes()
    after = client.get(body["url"]).json()
    assert (after["resolution"], after["new_outcome"]) == ("overturned", "authentic")
    assert after["resolved_at"]


def test_no_moderator_is_named_and_nothing_of_theirs_repeated(
    case: Case, integrator: User, api_of: ApiOf
) -> None:
    client = api_of(integrator)
    client.post(path(case), ASKED, format="json")
    decide(case, make_user("moderator", username="theother"), "fake", note="SECRET")
    for address in ("/api/v1/appeals/", f"/api/v1/appeals/{Appeal.objects.get().pk}/"):
        text = client.get(address).content.decode()
        for name in ("themoderator", "theother", "SECRET"):
            assert name not in text


def test_senders_see_their_own_only(
    case: Case, integrator: User, lead: User, api_of: ApiOf
) -> None:
    api_of(lead).post(path(case), {"because": "A lead asks."}, format="json")
    rival = make_user("integrator")
    for person in (integrator, rival):
        assert api_of(person).get("/api/v1/appeals/").json()["results"] == []
        address = f"/api/v1/appeals/{Appeal.objects.get().pk}/"
        assert api_of(person).get(address).status_code == 404
    assert len(api_of(lead).get("/api/v1/appeals/").json()["results"]) == 1
    assert_problem(
        api_of(rival).post(path(case), ASKED, format="json"), 404, "not_found"
    )


@pytest.mark.parametrize("group", ["moderator", "auditor"])
def test_others_open_none(group: str, case: Case, api_of: ApiOf) -> None:
    answer = api_of(make_user(group)).post(path(case), ASKED, format="json")
    assert answer.status_code == 403


def test_sent_twice_it_is_one_appeal(
    case: Case, integrator: User, api_of: ApiOf
) -> None:
    client = api_of(integrator)
    once, again = (
        client.post(path(case), ASKED, format="json"),
        client.post(path(case), ASKED, format="json"),
    )
    assert once.json()["id"] == again.json()["id"]
    other = client.post(path(case), ASKED | {"external_id": "ticket-18"}, format="json")
    assert_problem(other, 409, "wrong_state")


def test_what_is_wrong_is_said(case: Case, integrator: User, api_of: ApiOf) -> None:
    client = api_of(integrator)
    for fields in (
        {},
        {"because": ""},
        {"because": "x" * 2001},
        {"because": "a\0b"},
        {"because": "x", "external_id": "y" * 101},
    ):
        assert_problem(client.post(path(case), fields, format="json"), 400, "invalid")
    undecided = make_case(
        analysis=make_analysis(image=make_image(submitted_by=integrator))
    )
    assert_problem(
        client.post(path(undecided), ASKED, format="json"), 409, "wrong_state"
    )
    assert Appeal.objects.count() == 0


def test_filters(case: Case, lead: User, api_of: ApiOf) -> None:
    client = api_of(lead)
    client.post(path(case), ASKED, format="json")
    for query, count in (
        (f"case={case.pk}", 1),
        (f"image={case.image_id}", 1),
        ("external_id=ticket-17", 1),
        ("external_id=other", 0),
        ("state=open", 1),
        ("state=upheld", 0),
    ):
        found = client.get(f"/api/v1/appeals/?{query}").json()["results"]
        assert len(found) == count, query


OF_THE_ANSWER = ("resolution", "resolved_at", "resolving_decision", "new_outcome")
NARROWED = (
    "state=upheld",
    "resolved_after=2020-01-01T00:00:00Z",
    "resolved_before=2100-01-01T00:00:00Z",
)


def shown(client: TestClient, query: str) -> int:
    return len(client.get(f"/api/v1/appeals/?{query}").json()["results"])


def test_the_sender_learns_the_answer_once_it_is_final(
    case: Case, integrator: User, lead: User, api_of: ApiOf
) -> None:
    client, leads = api_of(integrator), api_of(lead)
    url = client.post(path(case), ASKED, format="json").json()["url"]
    decide(case, make_user("moderator", username="theother"), "fake")

    again = client.post(path(case), ASKED, format="json")
    rows = client.get("/api/v1/appeals/").json()["results"]
    for body in (client.get(url).json(), again.json(), *rows):
        assert [body[name] for name in OF_THE_ANSWER] == [None] * 4
    assert shown(client, "state=open") == 1
    assert [shown(client, query) for query in NARROWED] == [0, 0, 0]
    assert leads.get(url).json()["resolution"] == "upheld"
    assert shown(leads, "state=open") == 0
    assert [shown(leads, query) for query in NARROWED] == [1, 1, 1]

    time_passes()
    assert client.get(url).json()["resolution"] == "upheld"
    chosen = client.get(f"{url}?fields=id,resolution").json()
    assert set(chosen) == {"id", "resolution"}
    assert shown(client, "state=open") == 0
    assert [shown(client, query) for query in NARROWED] == [1, 1, 1]


def test_an_answer_that_was_reopened_in_time_is_never_told(
    case: Case, integrator: User, lead: User, api_of: ApiOf
) -> None:
    client = api_of(integrator)
    url = client.post(path(case), ASKED, format="json").json()["url"]
    decide(case, make_user("moderator", username="theother"), "fake")
    reopen_case(case_id=case.pk, actor=lead, because="too quick")
    answer = Decision.objects.get(withdrawn_because=Withdrawal.REOPENED)
    Decision.objects.filter(pk=answer.pk).update(
        final_at=timezone.now() - timedelta(seconds=1),
        withdrawn_at=timezone.now() - timedelta(seconds=2),
    )
    publish_events()
    assert not Event.objects.filter(type="appeal.resolved").exists()
    assert client.get(url).json()["resolution"] is None
    assert shown(client, "state=open") == 1


def test_what_is_told_of_an_answer_stays_told(
    case: Case, integrator: User, lead: User, api_of: ApiOf
) -> None:
    client = api_of(integrator)
    url = client.post(path(case), ASKED, format="json").json()["url"]
    decide(case, make_user("moderator", username="theother"), "fake")
    time_passes()
    reopen_case(case_id=case.pk, actor=lead, because="new facts")
    assert client.get(url).json()["resolution"] == "upheld"
