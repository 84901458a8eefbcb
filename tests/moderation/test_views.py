"""The case page and who may do what there, through Django's client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forensics.models import Trigger
from moderation.models import Case, Decision
from moderation.services import claim_case, decide_case
from moderation.states import CaseStatus
from tests.factories import (
    make_analysis,
    make_case,
    make_image,
    make_queued_analysis,
    make_user,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
QUEUE = "moderation:queue"
DECISION = {"outcome": "fake", "reason_fake": "content_edited", "note": "Look left."}
ACTIONS = ("claim", "release", "decide", "reopen")


def address(name: str, case: Case) -> str:
    return reverse(f"moderation:{name}", args=[case.pk])


def listed(client: Client, query: str = "") -> list[Case]:
    return list(client.get(f"{reverse(QUEUE)}?{query}").context["page"])


@pytest.mark.parametrize(
    ("group", "lands"),
    [
        ("moderator", "moderation:queue"),
        ("auditor", "moderation:queue"),
        ("integrator", "forensics:image-list"),
    ],
)
def test_home_leads_to_what_one_may_see(
    group: str, lands: str, client_of: ClientOf
) -> None:
    response = client_of(make_user(group)).get(reverse("home"))
    assert response.url == reverse(lands)


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    case = make_case()
    for page in (reverse("home"), reverse(QUEUE), address("case", case)):
        assert client.get(page).url == f"{reverse('login')}?next={page}"
    for name in ACTIONS:
        assert client.post(address(name, case)).status_code == 302
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


def test_an_integrator_sees_no_cases(client_of: ClientOf, integrator: User) -> None:
    image = make_image(submitted_by=integrator)
    case = make_case(analysis=make_analysis(image=image))
    client = client_of(integrator)

    assert client.get(reverse(QUEUE)).status_code == 403
    assert client.get(address("case", case)).status_code == 403
    page = client.get(reverse("forensics:image-detail", args=[image.pk]))
    assert address("case", case) not in page.content.decode()
    opened = client.post(reverse("moderation:open", args=[image.pk]))
    assert opened.status_code == 403


@pytest.mark.parametrize("name", ACTIONS)
def test_an_auditor_reads_and_changes_nothing(
    name: str, client_of: ClientOf, auditor: User
) -> None:
    case = make_case()
    client = client_of(auditor)

    page = client.get(address("case", case))
    assert page.status_code == 200
    assert "Record the decision" not in page.content.decode()
    assert client.post(address(name, case), DECISION).status_code == 403
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


@pytest.mark.parametrize("name", ACTIONS)
def test_nothing_changes_by_get(name: str, client_of: ClientOf, lead: User) -> None:
    case = make_case()
    assert client_of(lead).get(address(name, case), DECISION).status_code == 405
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


@pytest.mark.parametrize("name", ACTIONS)
def test_a_post_without_a_csrf_token_is_refused(name: str, lead: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead)
    case = make_case()
    assert client.post(address(name, case), DECISION).status_code == 403
    assert not Decision.objects.exists()


@pytest.mark.parametrize("name", ACTIONS)
def test_a_case_that_is_not_there_is_a_404(
    name: str, client_of: ClientOf, lead: User
) -> None:
    missing = reverse(f"moderation:{name}", args=[make_image().pk])
    assert client_of(lead).post(missing, DECISION).status_code == 404


# --- Queue ----------------------------------------------------------------------


def test_the_case_page_shows_evidence_reasons_and_history(
    client_of: ClientOf, moderator: User
) -> None:
    html = client_of(moderator).get(address("case", make_case())).content.decode()
    for part in (
        "Suspicious",
        "70 %",
        "Edited with GIMP.",
        "speaks weakly for fake",
        "The file names GIMP as its software.",
        "GIMP 2.10",
        "Received through the dashboard",
        "Called suspicious",
    ):
        assert part in html, part


def test_a_case_whose_image_has_no_result_yet_still_shows(
    client_of: ClientOf, moderator: User
) -> None:
    analysis = make_queued_analysis()
    case = make_case(analysis=analysis)
    html = client_of(moderator).get(address("case", case)).content.decode()
    assert "data-poll=" in html
    assert "There is no display copy of this picture yet" in html


def test_a_case_analyzed_again_shows_progress_beside_the_old_evidence(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    make_queued_analysis(image=case.image, trigger=Trigger.REANALYSIS)
    response = client_of(moderator).get(address("case", case))
    assert "data-poll=" in response.content.decode()
    assert response.context["evidence"].analysis == case.analysis


def test_the_case_page_needs_as_many_queries_for_a_long_history(
    client_of: ClientOf,
    moderator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    case = make_case()
    client = client_of(moderator)
    counts = []
    for more in (1, 10):
        for _ in range(more):
            claim_case(case_id=case.pk, actor=moderator)
            client.post(address("release", case))
            make_analysis(image=case.image, is_current=False)
        client.get(address("case", case))  # shows the messages of the releases
        with django_assert_max_num_queries(36) as queries:  # 6: the record
            client.get(address("case", case))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_claim_and_release(client_of: ClientOf, moderator: User) -> None:
    case = make_case()
    client = client_of(moderator)

    claimed = client.post(address("claim", case), follow=True)
    assert "Yours until" in claimed.content.decode()
    case.refresh_from_db()
    assert case.claimed_by == moderator

    released = client.post(address("release", case), follow=True)
    assert "back in the queue" in released.content.decode()
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


def test_deciding_records_and_offers_the_next_case(
    client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()

    response = client_of(moderator).post(address("decide", case), DECISION, follow=True)

    html = response.content.decode()
    assert "Recorded: fake." in html
    assert f'href="{address("case", other)}">Next open case' in html
    decision = Decision.objects.get()
    assert (decision.reason, decision.note) == ("content_edited", "Look left.")
    assert "Look left." in html


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        ({"note": "kept words"}, "Choose what you decide."),
        ({"outcome": "fake", "note": "kept words"}, "Choose a reason."),
        (
            {"outcome": "fake", "reason_fake": "no_trace_found", "note": "kept words"},
            "no_trace_found",
        ),
        (
            # A reason chosen for another outcome does not count.
            {
                "outcome": "fake",
                "reason_authentic": "source_confirmed",
                "note": "kept words",
            },
            "Choose a reason.",
        ),
        (
            {"outcome": "fake", "reason_fake": "content_edited", "note": "x" * 5001},
            "5000",
        ),
    ],
)
def test_an_incomplete_decision_says_what_is_missing_and_keeps_what_was_typed(
    sent: dict[str, str], problem: str, client_of: ClientOf, moderator: User
) -> None:
    case = make_case()

    response = client_of(moderator).post(address("decide", case), sent)

    html = response.content.decode()
    assert response.status_code == 422
    assert problem in html
    assert sent["note"] in html
    if "outcome" in sent:
        assert 'id="outcome-fake" checked' in html
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


def test_other_needs_a_note(client_of: ClientOf, moderator: User) -> None:
    sent = {"outcome": "fake", "reason_fake": "other"}
    response = client_of(moderator).post(address("decide", make_case()), sent)
    assert response.status_code == 422
    assert "needs a note" in response.content.decode()


def test_deciding_a_case_that_somebody_took_meanwhile_keeps_the_note(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=make_user("moderator", username="quicker"))

    response = client_of(moderator).post(address("decide", case), DECISION)

    html = response.content.decode()
    assert response.status_code == 409
    assert "quicker is working on this case." in html
    assert "Look left." in html
    assert not Decision.objects.exists()


def test_an_expired_claim_does_not_stop_the_next_moderator(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=make_user("moderator"))
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(minutes=1))
    client = client_of(moderator)

    assert "has run out" in client.get(address("case", case)).content.decode()
    assert client.post(address("decide", case), DECISION).status_code == 302


@pytest.mark.parametrize("name", ["claim", "release"])
def test_actions_on_a_decided_case_are_refused_in_words(
    name: str, client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    decide_case(
        case_id=case.pk, actor=moderator, outcome="fake", reason="content_edited"
    )
    response = client_of(moderator).post(address(name, case))
    assert response.status_code == 409
    assert "Nothing was changed." in response.content.decode()


def test_a_lead_reopens_with_a_reason(
    client_of: ClientOf, lead: User, moderator: User
) -> None:
    case = make_case()
    decide_case(
        case_id=case.pk, actor=moderator, outcome="fake", reason="content_edited"
    )

    assert client_of(moderator).post(address("reopen", case)).status_code == 403
    without = client_of(lead).post(address("reopen", case), {"because": " "})
    assert without.status_code == 422
    assert "Say why the case is reopened." in without.content.decode()

    done = client_of(lead).post(
        address("reopen", case), {"because": "New source"}, follow=True
    )
    html = done.content.decode()
    assert "(withdrawn)" in html
    assert "New source" in html
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


def test_a_picture_is_sent_to_review_by_hand(
    client_of: ClientOf, moderator: User
) -> None:
    analysis = make_analysis()
    opened = reverse("moderation:open", args=[analysis.image_id])
    client = client_of(moderator)

    response = client.post(opened, {"because": "A reader wrote in"}, follow=True)

    assert "A reader wrote in" in response.content.decode()
    client.post(opened)  # twice is once
    assert Case.objects.get().opened_by == moderator


def test_a_reason_that_no_database_takes_is_refused_in_words(
    client_of: ClientOf, moderator: User
) -> None:
    opened = reverse("moderation:open", args=[make_analysis().image_id])

    response = client_of(moderator).post(opened, {"because": "a\0b"}, follow=True)

    assert "Not sent" in response.content.decode()
    assert not Case.objects.exists()


def test_an_auditor_opens_no_case(client_of: ClientOf, auditor: User) -> None:
    opened = reverse("moderation:open", args=[make_image().pk])
    assert client_of(auditor).post(opened).status_code == 403
    assert not Case.objects.exists()


def test_a_hostile_note_and_name_are_escaped(
    client_of: ClientOf, moderator: User
) -> None:
    hostile = "<script>alert(1)</script>"
    image = make_image(original_name=hostile)
    case = make_case(analysis=make_analysis(image=image), opened_because=hostile)
    sent = {**DECISION, "note": hostile}

    response = client_of(moderator).post(address("decide", case), sent, follow=True)

    html = response.content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert hostile not in html
