"""While somebody is to judge a picture unseen, no door shows them the first answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tokens import issue_token
from moderation import flow_selectors, selectors, services
from moderation.models import Case, Delivery, Event, WebhookEndpoint
from moderation.services.endpoints import Wish, create_endpoint
from moderation.services.publishing import publish_events
from moderation.services.search import refresh_remarks
from moderation.states import CaseStatus
from tests.factories import make_user
from tests.moderation.checks import decide, decided, second_of, shares, time_passes

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
# Found nowhere but in the first decision.
SECRET = "the-first-answer-was-given-here"
FIRST = "whodecidedfirst"


@pytest.fixture
def first(db: None) -> User:
    return make_user("moderator", username=FIRST)


@pytest.fixture
def second(db: None) -> User:
    """Somebody with every right but a lead's, in the admin, too."""
    user = make_user("moderator", "auditor", username="second", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="moderation").exclude(
            codename="reopen_case"
        )
    )
    return user


@pytest.fixture
def case(first: User, second: User) -> Case:
    shares(second=1.0)
    lead = make_user("lead")
    made = decided(first)
    decision = made.decisions.get()
    type(decision).objects.filter(pk=decision.pk).update(note=SECRET)
    services.comment_on_case(case_id=made.pk, actor=lead, text=f"{SECRET} @second")
    return made


def api(user: User) -> APIClient:
    cache.clear()
    client = APIClient()
    secret = issue_token(user=user).secret
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def text_of(answer: Any) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode("latin-1")
    return str(answer.content.decode("latin-1"))


def pages(case: Case) -> list[str]:
    """Every address that shows cases, decisions or what happened to them."""
    check, decision = second_of(case), case.decisions.get()
    analysis, image = case.analysis_id, case.image_id
    admin = "admin:moderation"
    return [
        reverse("moderation:case", args=[check.pk]),
        reverse("moderation:case", args=[check.pk]) + "?ahead=1",
        reverse("moderation:case", args=[case.pk]),
        reverse("forensics:image-detail", args=[image]),
        reverse("forensics:image-list"),
        reverse("moderation:queue"),
        reverse("moderation:queue") + "?status=all",
        reverse("moderation:queue") + "?status=decided",
        reverse("moderation:related", args=[check.pk]),
        reverse("moderation:notifications"),
        reverse("moderation:appeals"),
        reverse("moderation:quality-mine"),
        reverse("moderation:report-json", args=[analysis]),
        reverse("moderation:report-pdf", args=[analysis]),
        reverse("moderation:upcoming"),
        reverse("moderation:decisions"),
        reverse("moderation:export", args=["decisions"]),
        reverse("moderation:export", args=["cases"]) + "?status=all",
        reverse("moderation:audit"),
        reverse("moderation:audit-export"),
        reverse("moderation:insight"),
        reverse("moderation:find") + f"?q={case.image.sha256}",
        reverse("admin:forensics_image_changelist") + "?state=all",
        reverse(f"{admin}_case_changelist") + "?state=all",
        reverse(f"{admin}_case_change", args=[check.pk]),
        reverse(f"{admin}_case_change", args=[case.pk]),
        reverse(f"{admin}_decision_changelist"),
        reverse(f"{admin}_decision_change", args=[decision.pk]),
        reverse(f"{admin}_auditevent_changelist"),
        reverse(f"{admin}_appeal_changelist"),
        reverse("admin:forensics_image_change", args=[image]),
        *(
            reverse(f"{admin}_auditevent_change", args=[event.pk])
            for event in case.events.all()
        ),
    ]


def endpoints(case: Case) -> list[str]:
    check, decision = second_of(case), case.decisions.get()
    return [
        "/api/v1/cases/",
        f"/api/v1/cases/?image={case.image_id}",
        "/api/v1/cases/?outcome=fake",
        f"/api/v1/cases/{case.pk}/",
        f"/api/v1/cases/{check.pk}/",
        "/api/v1/decisions/",
        f"/api/v1/decisions/?image_sha256={case.image.sha256}",
        f"/api/v1/decisions/?case={case.pk}",
        f"/api/v1/decisions/{decision.pk}/",
        f"/api/v1/reports/{case.analysis_id}/",
        f"/api/v1/images/{case.image_id}/",
        f"/api/v1/images/{case.image_id}/?expand=analysis,case",
        f"/api/v1/images/{case.image_id}/analyses/?expand=image",
        "/api/v1/images/?expand=analysis,case",
        f"/api/v1/analyses/{case.analysis_id}/",
        f"/api/v1/analyses/{case.analysis_id}/?expand=image",
        f"/api/v1/signals/?analysis={case.analysis_id}&expand=analysis",
        "/api/v1/cases/?expand=image,analysis,decision",
        f"/api/v1/cases/{check.pk}/?expand=image,analysis,decision",
        "/api/v1/decisions/?expand=case,analysis",
        "/api/v1/appeals/?expand=case,image,decision",
        *(f"/api/v1/audit/{event.position}/" for event in case.events.all()),
        "/api/v1/appeals/",
        "/api/v1/audit/",
        f"/api/v1/audit/?image={case.image_id}",
    ]


def leaks(case: Case, user: User, client_of: ClientOf) -> list[str]:
    """Return the addresses that name the first answer, its author or its case."""
    # Names of colleagues stand in other places, too: whom to assign a case to.
    marks = (SECRET, str(case), str(case.pk), str(case.decisions.get().pk))
    caller = api(user)
    found = []
    for address in [*pages(case), *endpoints(case)]:
        # A client for each: the admin repeats on the next page what was asked for.
        sender = caller if address.startswith("/api/") else client_of(user)
        answer: Any = sender.get(address)
        body = text_of(answer).replace(address, "")
        if answer.status_code == 200 and any(mark in body for mark in marks):
            found.append(address)
    return found


def test_no_door_shows_the_first_answer_to_whoever_gives_the_second(
    case: Case, second: User, client_of: ClientOf
) -> None:
    assert leaks(case, second, client_of) == []
    services.claim_case(case_id=second_of(case).pk, actor=second)
    assert leaks(case, second, client_of) == []


def test_what_was_decided_cannot_be_opened_by_its_address(
    case: Case, second: User, client_of: ClientOf
) -> None:
    client, caller = client_of(second), api(second)
    decision = case.decisions.get()
    assert client.get(reverse("moderation:case", args=[case.pk])).status_code == 404
    assert caller.get(f"/api/v1/cases/{case.pk}/").status_code == 404
    assert caller.get(f"/api/v1/decisions/{decision.pk}/").status_code == 404
    for name in ("claim", "decide", "comment", "renew"):
        address = reverse(f"moderation:{name}", args=[case.pk])
        assert client.post(address).status_code == 404
    assert caller.post(f"/api/v1/cases/{case.pk}/claim/").status_code == 404


def test_the_doors_are_real_a_lead_finds_it_behind_most(
    case: Case, client_of: ClientOf
) -> None:
    lead = make_user("lead", is_staff=True)
    assert len(leaks(case, lead, client_of)) > 15


def test_words_of_the_first_answer_find_the_picture_only_for_those_who_may_know(
    case: Case, second: User, client_of: ClientOf
) -> None:
    check = second_of(case)
    refresh_remarks(image_id=case.image_id)
    lead, pupil = client_of(make_user("lead")), client_of(second)
    for address, shown in (
        ("/cases/?status=all&q=", case.pk),
        ("/cases/decisions/?q=", case.pk),
        ("/images/?q=", case.image_id),
    ):
        assert str(shown) in lead.get(address + SECRET).content.decode()
        page = pupil.get(address + SECRET).content.decode()
        assert str(check.pk) not in page
        assert str(case.image_id) not in page
    # Its hash still does.
    page = pupil.get("/cases/?q=" + case.image.sha256).content.decode()
    assert str(check.pk) in page


def test_to_the_second_it_is_an_open_case_like_any_other(
    case: Case, second: User, client_of: ClientOf
) -> None:
    check = second_of(case)
    client = client_of(second)
    page = text_of(client.get(reverse("moderation:case", args=[check.pk])))
    for word in ("Second review", "second opinion", "unseen", "First answer"):
        assert word not in page
    listed = api(second).get("/api/v1/cases/").json()["results"]
    assert [(one["id"], one["status"]) for one in listed] == [(str(check.pk), "open")]
    assert "kind" not in listed[0]


def test_nor_do_selectors_that_other_pages_build_on(case: Case, second: User) -> None:
    check = second_of(case)
    assert list(selectors.cases_visible_to(second)) == [check]
    assert not selectors.decisions_visible_to(second).exists()
    assert not flow_selectors.notifications_of(second).exists()
    assert flow_selectors.unread_count(second) == 0


def test_it_stays_hidden_while_the_second_answer_can_be_taken_back(
    case: Case, second: User, client_of: ClientOf
) -> None:
    made = decide(second_of(case), second, "authentic")
    client = client_of(second)
    assert leaks(case, second, client_of) == []
    undo = reverse("moderation:undo", args=[made.pk])
    assert client.post(undo).status_code == 302
    decide(second_of(case), second, "authentic")
    time_passes()
    assert client.get(reverse("moderation:case", args=[case.pk])).status_code == 200
    assert flow_selectors.unread_count(second) == 1


def test_others_who_could_be_asked_do_not_see_it_either(
    case: Case, second: User, client_of: ClientOf
) -> None:
    services.claim_case(case_id=second_of(case).pk, actor=second)
    third = make_user("moderator")
    assert leaks(case, third, client_of) == []


def test_whoever_decided_first_sees_their_decision_and_no_second_review(
    case: Case, first: User
) -> None:
    assert list(selectors.cases_visible_to(first)) == [case]
    assert selectors.decisions_visible_to(first).get().case == case


def test_auditors_see_all(case: Case, auditor: User) -> None:
    assert set(selectors.cases_visible_to(auditor)) == {case, second_of(case)}


def test_sent_to_review_by_hand_it_is_the_case_that_waits(
    case: Case, second: User
) -> None:
    opened = services.open_case(image=case.image, actor=second, because="odd")
    assert opened == second_of(case)


def test_a_tie_break_is_for_leads_eyes(case: Case, second: User) -> None:
    decide(second_of(case), second, "authentic")
    time_passes()
    tie = Case.objects.get(original=case, kind="tiebreak")
    assert tie.status == CaseStatus.OPEN
    assert tie not in selectors.cases_visible_to(second)
    assert tie in selectors.cases_visible_to(make_user("lead"))


def test_a_list_costs_the_same_however_many_second_reviews_wait(
    first: User, second: User, django_assert_max_num_queries: Any
) -> None:
    shares(second=1.0)
    for _ in range(5):
        decided(first)
    with django_assert_max_num_queries(4):  # permissions, then one
        assert len(selectors.cases_visible_to(second)) == 5


def test_nor_does_what_other_systems_are_told(case: Case, second: User) -> None:
    lead = make_user("lead")
    create_endpoint(wish=Wish(url="https://hooks.example.org/in"), actor=lead)
    Event.objects.update(available_at=timezone.now())  # the decision is final
    publish_events()
    told = Event.objects.filter(case=case.pk, type="case.decided").get()
    # As the publisher leaves it for the endpoint that was there.
    delivery = Delivery.objects.filter(event=told).first() or Delivery.objects.create(
        endpoint=WebhookEndpoint.objects.get(), event=told, position=told.position
    )
    addresses = [
        "/api/v1/events/",
        "/api/v1/events/?type=case.decided",
        "/api/v1/webhooks/deliveries/",
        f"/api/v1/webhooks/deliveries/{delivery.pk}/",
    ]
    seen = {one: text_of(api(lead).get(one)) for one in addresses}
    hidden = {one: text_of(api(second).get(one)) for one in addresses}
    assert all(str(told.pk) in text for text in seen.values())
    assert not any(str(told.pk) in text for text in hidden.values())
    assert not any(str(case.pk) in text for text in hidden.values())
