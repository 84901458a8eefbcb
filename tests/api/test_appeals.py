"""Appeals over the API: who opens, who sees, and that no moderator is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moderation.models import Appeal, Case
from moderation.states import CaseStatus
from tests.api.helpers import assert_problem
from tests.factories import make_analysis, make_case, make_image, make_user
from tests.moderation.checks import decide, decided, time_passes

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf

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
