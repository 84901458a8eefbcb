"""One decision for cases that belong together, through a confirmation page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from forensics.known_models import Fingerprint, band_columns
from moderation import services
from moderation.exceptions import InvalidDecisionError, TransitionError
from moderation.models import AuditEvent, Case, Decision
from moderation.related import related_cases
from moderation.services.decisions import Verdict
from tests.factories import make_analysis, make_case, make_image, make_user

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HASH = int("0f" * 32, 16)
FAKE = Verdict("fake", "content_edited")


def alike(*bits: int) -> Case:
    """Make a case of a picture whose hash differs from ``HASH`` in these bits."""
    image = make_image()
    text = f"{HASH ^ sum(1 << bit for bit in bits):064x}"
    Fingerprint.objects.create(
        image=image, pdq=text, quality=100, version="1", **band_columns(text)
    )
    return make_case(analysis=make_analysis(image=image))


def sent_by(person: User) -> Case:
    image = make_image(submitted_by=person)
    return make_case(analysis=make_analysis(image=image), uploader=person)


def decide(case: Case, actor: User, *others: Case, **more: Any) -> Decision:
    seen = {one.pk: one.analysis_id for one in (case, *others)}
    values = {"case_id": case.pk, "seen": seen, "actor": actor, "verdict": FAKE}
    return services.decide_together(**(values | more))


def outcomes() -> list[str]:
    return list(Case.objects.order_by("pk").values_list("outcome", flat=True))


def address(case: Case) -> str:
    return reverse("moderation:related", args=[case.pk])


def form(*others: Case, **more: Any) -> dict[str, Any]:
    chosen = [f"{case.pk}:{case.analysis_id}" for case in others]
    return {
        "cases": chosen,
        "outcome": "fake",
        "reason_fake": "content_edited",
        "note": "The same sky.",
    } | more


def test_what_looks_alike_or_comes_from_the_same_uploader_is_related(
    moderator: User, integrator: User
) -> None:
    case, near, nearer = alike(), alike(1, 2, 3), alike(1)
    alike(*range(32))  # one bit too far
    Case.objects.filter(pk=case.pk).update(uploader=integrator)
    case.refresh_from_db()
    same = sent_by(integrator)
    sent_by(make_user("integrator"))

    found = related_cases(case, user=moderator)

    assert [(one.case, one.distance, one.same_uploader) for one in found] == [
        (nearer, 1, False),
        (near, 3, False),
        (same, None, True),
    ]


def test_only_cases_that_wait_for_this_person_are_related(
    moderator: User, lead: User, integrator: User
) -> None:
    case, mine, decided, taken, assigned = (sent_by(integrator) for _ in range(5))
    services.claim_case(case_id=mine.pk, actor=moderator)
    services.claim_case(case_id=taken.pk, actor=lead)
    services.assign_case(case_id=assigned.pk, actor=lead, username=lead.username)
    services.decide_case(
        case_id=decided.pk, actor=lead, outcome="fake", reason="content_edited"
    )
    assert [one.case for one in related_cases(case, user=moderator)] == [mine]


def test_all_are_decided_in_one_batch_and_undone_together(
    moderator: User, integrator: User
) -> None:
    cases = [sent_by(integrator) for _ in range(3)]
    decision = decide(cases[0], moderator, *cases[1:])

    assert outcomes() == ["fake"] * 3
    assert set(Decision.objects.values_list("batch", flat=True)) == {decision.batch}
    services.undo_decision(decision_id=decision.pk, actor=moderator)
    assert outcomes() == [""] * 3
    statuses = Case.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["claimed", "open", "open"]
    undone = AuditEvent.objects.filter(action="decision_undone")
    assert undone.count() == 3


def test_if_one_is_in_the_way_none_is_decided(
    moderator: User, lead: User, integrator: User
) -> None:
    case, other, third = (sent_by(integrator) for _ in range(3))
    before = AuditEvent.objects.count()
    stale = {case.pk: case.analysis_id, other.pk: make_analysis().pk}
    with pytest.raises(TransitionError, match=str(other)):
        decide(case, moderator, seen=stale)
    services.claim_case(case_id=third.pk, actor=lead)
    with pytest.raises(TransitionError, match="Look at the list"):
        decide(case, moderator, other, third)
    with pytest.raises(InvalidDecisionError, match="at least one"):
        decide(case, moderator)
    assert outcomes() == [""] * 3
    assert AuditEvent.objects.count() == before + 1


def test_cases_that_do_not_belong_together_are_not_decided_together(
    moderator: User, integrator: User
) -> None:
    case, stranger = sent_by(integrator), make_case()
    with pytest.raises(TransitionError, match="Not all"):
        decide(case, moderator, stranger)
    assert outcomes() == ["", ""]


def test_the_page_confirms_before_it_decides(
    client_of: ClientOf, moderator: User, integrator: User
) -> None:
    case, other, spared = (sent_by(integrator) for _ in range(3))
    client = client_of(moderator)

    chooser = client.get(address(case)).content.decode()
    confirmation = client.post(address(case), form(other)).content.decode()
    assert str(other) in chooser
    assert "Decide this case and 1 other" in confirmation
    assert "The same sky." in confirmation
    assert str(spared) not in confirmation
    assert outcomes() == ["", "", ""]

    done = client.post(address(case), form(other, confirm="1"), follow=True)
    html = done.content.decode()
    assert "Recorded for 2 cases: fake." in html
    assert 'data-action="undo"' in html
    assert outcomes() == ["fake", "fake", ""]
    assert done.redirect_chain[-1][0] == reverse("moderation:case", args=[spared.pk])


def test_what_is_missing_or_taken_meanwhile_is_said_and_nothing_is_lost(
    client_of: ClientOf, moderator: User, lead: User, integrator: User
) -> None:
    case, other = sent_by(integrator), sent_by(integrator)
    client = client_of(moderator)
    none = client.post(address(case), form())
    bad = client.post(address(case), form() | {"cases": ["x:y"]})
    services.claim_case(case_id=other.pk, actor=lead)
    for sent in (form(other), form(other, confirm="1")):
        taken = client.post(address(case), sent)
        assert taken.status_code == 409
    assert none.status_code == bad.status_code == 422
    assert "Choose at least one related case." in none.content.decode()
    assert "The same sky." in none.content.decode()
    assert not Decision.objects.exists()


def test_a_program_decides_related_cases_too(
    client_of: ClientOf, moderator: User, integrator: User
) -> None:
    case, other = sent_by(integrator), sent_by(integrator)
    client = client_of(moderator)
    headers = {"accept": "application/json"}
    wrong = client.post(address(case), form(), headers=headers)
    done = client.post(address(case), form(other, confirm="1"), headers=headers)
    again = client.post(address(case), form(other, confirm="1"), headers=headers)
    assert wrong.status_code == 422
    assert done.json()["decided"] == 2
    assert again.status_code == 409


def test_the_page_is_for_people_who_decide(client_of: ClientOf, auditor: User) -> None:
    assert client_of(auditor).get(address(make_case())).status_code == 403


def test_the_page_needs_as_many_queries_for_many_cases_as_for_few(
    client_of: ClientOf,
    moderator: User,
    integrator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    case, client = sent_by(integrator), client_of(moderator)
    counts = []
    for more in (2, 20):
        for _ in range(more):
            sent_by(integrator)
        with django_assert_max_num_queries(20) as queries:
            client.get(address(case))
        counts.append(len(queries))
    assert counts[0] == counts[1]
