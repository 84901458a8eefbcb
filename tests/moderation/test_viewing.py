"""Every view of evidence is on record; what cannot be recorded is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from accounts.tokens import issue_token
from moderation.evidence_pages import SHOWN, WORDS, Subject
from moderation.models import AuditEvent, AuditHead
from moderation.services import claim_case, decide_case
from tests.factories import (
    make_analysis,
    make_area,
    make_case,
    make_evidence,
    make_queued_analysis,
    make_user,
)
from tests.moderation.chain import assert_chain_is_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User
    from moderation.models import Case

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
VIEWS = ("evidence_viewed", "evidence_loaded_ahead")


@pytest.fixture
def viewer(client_of: ClientOf) -> Client:
    return client_of(make_user("lead", username="eve", is_staff=True))


@pytest.fixture
def ids(lead: User) -> dict[Subject, Any]:
    case: Case = make_case()
    analysis = case.analysis
    assert analysis is not None
    decision = decide_case(
        case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
    )
    make_area(analysis=analysis)
    return {
        Subject.IMAGE: case.image_id,
        Subject.ANALYSIS: analysis.pk,
        Subject.EVIDENCE: make_evidence(analysis=analysis, kind="ela").pk,
        Subject.FINDING: analysis.findings.get().pk,
        Subject.CASE: case.pk,
        Subject.DECISION: decision.pk,
    }


def views() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__in=VIEWS).order_by("position"))


def read(answer: Any) -> None:
    """Take the whole answer, so that its file is closed."""
    if answer.streaming:
        answer.getvalue()


def url_of(name: str, ids: dict[Subject, Any]) -> str:
    return reverse(name, args=[ids[SHOWN[name].subject]])


@pytest.mark.parametrize("name", sorted(set(SHOWN) - {"forensics:image-head"}))
def test_a_view_is_recorded_with_person_address_image_and_what(
    viewer: Client, ids: dict[Subject, Any], name: str
) -> None:
    answer = viewer.get(url_of(name, ids), REMOTE_ADDR="192.0.2.7")
    read(answer)

    assert answer.status_code == 200
    (event,) = views()
    assert (event.action, event.actor_name, event.address) == (
        "evidence_viewed",
        "eve",
        "192.0.2.7",
    )
    assert event.image == ids[Subject.IMAGE]
    assert event.data["what"] == SHOWN[name].what
    if SHOWN[name].subject in {Subject.CASE, Subject.DECISION}:
        assert event.case_id == ids[Subject.CASE]
    assert_chain_is_whole()


def test_everything_that_is_recorded_has_words() -> None:
    assert {shown.what for shown in SHOWN.values()} == set(WORDS)


def test_what_is_loaded_ahead_is_recorded_as_that(
    viewer: Client, ids: dict[Subject, Any]
) -> None:
    viewer.get(url_of("moderation:case", ids), {"ahead": "1"})

    assert [event.action for event in views()] == ["evidence_loaded_ahead"]


def test_thumbnails_lists_refusals_and_pending_analyses_are_no_views(
    viewer: Client, client_of: ClientOf, ids: dict[Subject, Any]
) -> None:
    analysis = make_analysis()
    thumbnail = analysis.evidence_files.get(kind="thumbnail")
    stranger = client_of(make_user("integrator"))

    answers = [
        viewer.get(reverse("forensics:evidence", args=[thumbnail.pk])),
        viewer.get(reverse("moderation:queue")),
        viewer.get(reverse("forensics:image-list")),
        viewer.get(reverse("api:analysis-detail", args=[make_queued_analysis().pk])),
        stranger.get(url_of("forensics:image-detail", ids)),
        viewer.head(url_of("forensics:image-detail", ids)),
        viewer.get(reverse("forensics:original", args=[ids[Subject.CASE]])),
    ]

    for answer in answers:
        read(answer)
    assert [answer.status_code for answer in answers] == [
        200, 200, 200, 200, 404, 200, 404,
    ]  # fmt: skip
    assert views() == []


def test_a_token_is_its_owner(client: Client, ids: dict[Subject, Any]) -> None:
    person = make_user("lead", username="service")
    token = issue_token(user=person).secret

    answer = client.get(
        url_of("api:case-detail", ids), headers={"Authorization": f"Bearer {token}"}
    )

    assert answer.status_code == 200
    assert [event.actor for event in views()] == [person]


@pytest.mark.parametrize(
    "name",
    [
        "forensics:original",
        "forensics:evidence",
        "moderation:case",
        "api:image-original",
        "admin:forensics_image_change",
    ],
)
def test_what_cannot_be_recorded_is_not_shown(
    viewer: Client, ids: dict[Subject, Any], name: str
) -> None:
    AuditHead.objects.all().delete()

    answer = viewer.get(url_of(name, ids))

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    body = answer.content.decode()
    assert "could not be put on record" in body
    is_api = name.startswith("api:")
    assert ('"code": "not_recorded"' in body) == is_api
    assert views() == []


def test_acting_on_a_case_is_no_view(viewer: Client, moderator: User) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=moderator)

    viewer.post(reverse("moderation:claim", args=[case.pk]))

    assert views() == []
