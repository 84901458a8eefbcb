"""Pictures with known answers: for whom, how they look, and that nothing follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation import flow_selectors, quality_selectors, selectors, services
from moderation.exceptions import InvalidDecisionError, ModerationError, NotAllowedError
from moderation.known import known_images
from moderation.models import (
    AuditEvent,
    Case,
    CaseKind,
    Decision,
    GoldenAnswer,
    GoldenCheck,
)
from moderation.reports.document import evidence_report
from moderation.states import CaseStatus
from tests.factories import make_case, make_image, make_user
from tests.moderation.chain import assert_chain_is_whole
from tests.moderation.checks import decide, decided, shares, time_passes

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
NOTE = "The shadows fall in two directions."


@pytest.fixture
def answer(lead: User) -> GoldenAnswer:
    """A picture that somebody else decided and a lead keeps; every case is drawn."""
    case = decided(make_user("moderator"))
    shares(golden=1.0)
    return services.make_golden(case=case, actor=lead, note=NOTE)


def waiting(count: int = 3) -> list[Case]:
    return [make_case() for _ in range(count)]


def golden_of(person: User) -> Case:
    return Case.objects.get(golden_check__person=person)


def drawn(person: User) -> Case:
    """Let somebody claim a case, and return the one with a known answer after it."""
    services.claim_next(actor=person)
    return golden_of(person)


def test_it_comes_right_after_the_case_that_was_claimed(
    answer: GoldenAnswer, moderator: User
) -> None:
    waiting()
    case = drawn(moderator)
    assert case.image == answer.image
    assert flow_selectors.peek_next(moderator) == case
    assert services.claim_next(actor=moderator, prefer=case.pk) == case


def test_without_a_share_or_with_nothing_else_to_do_there_is_none(
    answer: GoldenAnswer, moderator: User
) -> None:
    waiting(1)
    services.claim_next(actor=moderator)
    assert not GoldenCheck.objects.exists()
    shares(golden=0.0)
    waiting(2)
    services.claim_next(actor=moderator)
    assert not GoldenCheck.objects.exists()


def test_asking_again_draws_nothing_new(answer: GoldenAnswer, moderator: User) -> None:
    waiting()
    case = drawn(moderator)
    for _ in range(3):
        services.skip_case(case_id=case.pk, actor=moderator, because="later")
        services.claim_next(actor=moderator)
    assert GoldenCheck.objects.get().case == case


def test_it_looks_as_if_it_had_waited(answer: GoldenAnswer, moderator: User) -> None:
    first, second, _ = waiting()
    Case.objects.update(opened_at=timezone.now() - timedelta(hours=3))
    case = drawn(moderator)
    assert timezone.now() - case.opened_at > timedelta(hours=2)
    assert case.priority == second.priority
    assert case.opened_because == first.opened_because
    assert case.assigned_to is None
    opened = AuditEvent.objects.get(case=case, action="case_opened")
    assert set(opened.data) == {"because"}


@pytest.mark.parametrize("why", ["decided it", "set the answer", "had it lately"])
def test_never_one_whose_answer_the_person_knows(
    why: str, answer: GoldenAnswer, moderator: User
) -> None:
    if why == "decided it":
        case = answer.image.cases.get()
        services.reopen_case(case_id=case.pk, actor=make_user("lead"), because="x")
        decide(case, moderator, "fake")
    elif why == "set the answer":
        GoldenAnswer.objects.update(added_by=moderator)
    else:
        waiting(2)
        decide(drawn(moderator), moderator, "fake")
    time_passes()
    assert quality_selectors.answers_for(moderator, queue=answer.queue) == []
    if why != "had it lately":
        waiting(2)
        services.claim_next(actor=moderator)
        assert not GoldenCheck.objects.filter(person=moderator).exists()


def test_leads_get_none_for_they_see_every_decision(answer: GoldenAnswer) -> None:
    waiting()
    services.claim_next(actor=make_user("lead"))
    assert not GoldenCheck.objects.exists()


def test_nobody_else_sees_or_takes_it(
    answer: GoldenAnswer, moderator: User, lead: User
) -> None:
    waiting()
    case = drawn(moderator)
    for person in (make_user("moderator"), lead, make_user("lead")):
        assert case not in selectors.cases_visible_to(person)
        with pytest.raises(NotAllowedError):
            services.claim_case(case_id=case.pk, actor=person)
    with pytest.raises(InvalidDecisionError):
        services.assign_case(
            case_id=case.pk, actor=moderator, username=make_user("moderator").username
        )


def test_the_answer_is_nowhere_while_it_waits(
    answer: GoldenAnswer, moderator: User, client_of: ClientOf
) -> None:
    waiting()
    case = drawn(moderator)
    original = answer.from_decision.case if answer.from_decision else None
    assert original is not None
    visible = selectors.cases_visible_to(moderator).filter(image=case.image)
    assert list(visible) == [case]
    decisions = selectors.decisions_visible_to(moderator)
    assert not decisions.filter(image_sha256=case.image.sha256).exists()
    client = client_of(moderator)
    for name, of in (("moderation:case", case), ("forensics:image-detail", case.image)):
        page = client.get(reverse(name, args=[of.pk])).content.decode()
        assert NOTE not in page
        assert "Decided" not in page
        assert "known answer" not in page


def test_the_person_is_told_at_once_and_cannot_take_it_back(
    answer: GoldenAnswer, moderator: User, client_of: ClientOf
) -> None:
    waiting()
    case = drawn(moderator)
    client = client_of(moderator)
    address = reverse("moderation:decide", args=[case.pk])
    sent = {"outcome": "authentic", "reason_authentic": "no_trace_found"}
    body = client.post(address, sent, headers={"accept": "application/json"}).json()
    assert body["training"]["matched"] is False
    assert body["training"]["text"].startswith("This one had a known answer: Fake.")
    assert NOTE in body["training"]["text"]
    assert body["decision"]["undo_url"] is None
    with pytest.raises(ModerationError):
        services.undo_decision(
            decision_id=Decision.objects.get(case=case).pk, actor=moderator
        )
    page = client.get(reverse("moderation:case", args=[case.pk])).content.decode()
    assert NOTE in page
    mine = client.get(reverse("moderation:quality-mine")).content.decode()
    assert NOTE in mine


def test_without_scripts_the_next_page_tells(
    answer: GoldenAnswer, moderator: User, client_of: ClientOf
) -> None:
    waiting()
    case = drawn(moderator)
    sent = {"outcome": "fake", "reason_fake": "content_edited", "flow": "1"}
    address = reverse("moderation:decide", args=[case.pk])
    page = client_of(moderator).post(address, sent, follow=True).content.decode()
    assert "This one had a known answer: Fake." in page
    assert "You found it." in page


def test_the_answer_touches_neither_the_picture_nor_anything_outside(
    answer: GoldenAnswer, moderator: User, lead: User, auditor: User
) -> None:
    waiting()
    case = drawn(moderator)
    decide(case, moderator, "authentic")
    original = answer.image.cases.get(kind=CaseKind.REGULAR)
    assert (original.status, original.outcome) == (CaseStatus.DECIDED, "fake")
    assert answer.image.cases.count() == 2
    for person in (lead, auditor):
        about = selectors.decisions_visible_to(person).filter(case__image=answer.image)
        assert about.get().case == original
        known = known_images(image=answer.image, analysis=None, user=person)
        assert [d.case for d in known.decisions] == [original]
    assert case.analysis is not None
    report = evidence_report(case.analysis, made_for=moderator).document
    assert [one["id"] for one in report["cases"]] == [str(original.pk)]
    assert_chain_is_whole()


def test_what_contradicts_a_known_answer_retires_it(
    answer: GoldenAnswer, lead: User, moderator: User
) -> None:
    case = answer.image.cases.get()
    services.reopen_case(case_id=case.pk, actor=lead, because="new facts")
    decide(case, moderator, "fake")
    answer.refresh_from_db()
    assert answer.is_active
    services.reopen_case(case_id=case.pk, actor=lead, because="new facts")
    decide(case, moderator, "authentic")
    answer.refresh_from_db()
    assert not answer.is_active


def test_one_passed_on_or_forgotten_is_withdrawn_without_a_word(
    answer: GoldenAnswer, moderator: User
) -> None:
    waiting()
    case = drawn(moderator)
    services.escalate_case(case_id=case.pk, actor=moderator, because="unsure")
    services.claim_next(actor=moderator)
    case.refresh_from_db()
    assert case.status == CaseStatus.WITHDRAWN


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_only_leads_keep_known_answers(group: str, client_of: ClientOf) -> None:
    case = decided(make_user("moderator"))
    person = make_user(group)
    answer = client_of(person).post(
        reverse("moderation:golden", args=[case.pk]), {"note": NOTE}
    )
    assert answer.status_code == 403
    with pytest.raises(NotAllowedError):
        services.make_golden(case=case, actor=person, note=NOTE)


def test_a_lead_keeps_one_on_the_case_page(lead: User, client_of: ClientOf) -> None:
    case = decided(make_user("moderator"))
    client = client_of(lead)
    address = reverse("moderation:golden", args=[case.pk])
    assert client.post(address, {"note": " "}).status_code == 422
    page = client.post(address, {"note": NOTE}, follow=True).content.decode()
    assert "Make this a golden case" not in page
    kept = GoldenAnswer.objects.get()
    assert (kept.outcome, kept.added_by, kept.note) == ("fake", lead, NOTE)
    assert client.post(address, {"note": NOTE}).status_code == 422


def test_leads_edit_them_in_the_admin(client_of: ClientOf) -> None:
    client = client_of(make_user("lead", is_staff=True))
    image = make_image()
    fields: dict[str, Any] = {
        "sha256": image.sha256,
        "outcome": "authentic",
        "note": NOTE,
        "queue": "",
        "is_active": "on",
    }
    add = reverse("admin:moderation_goldenanswer_add")
    wrong = client.post(add, fields | {"sha256": "0" * 64})
    assert "No stored picture has this SHA-256" in wrong.content.decode()
    assert client.post(add, fields).status_code == 302
    kept = GoldenAnswer.objects.get()
    change = reverse("admin:moderation_goldenanswer_change", args=[kept.pk])
    assert client.get(change).status_code == 200
    again = client.post(add, fields)
    assert "has a known answer already" in again.content.decode()
    assert client.post(change, fields | {"is_active": ""}).status_code == 302
    assert not GoldenAnswer.objects.get().is_active
    actions = AuditEvent.objects.order_by("position").values_list("action", flat=True)
    assert list(actions) == ["known_answer_added", "known_answer_changed"]
