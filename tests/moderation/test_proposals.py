"""Decisions that a policy proposes: a second person approves, or decides otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from moderation.exceptions import NotAllowedError, TransitionError
from moderation.models import AuditEvent, Case, PolicyAction
from moderation.services import (
    approve_proposal,
    decide_case,
    flag_analysis,
    reopen_case,
)
from tests.factories import make_analysis, make_policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User
    from moderation.models import PolicyVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(lead: User) -> PolicyVersion:
    return make_policy(
        name="Fakes", position=1, action=PolicyAction.MARK_FAKE, created_by=lead
    )


@pytest.fixture
def case(version: PolicyVersion) -> Case:
    case = flag_analysis(make_analysis(verdict="fake", score=0.95))
    assert case is not None
    return case


def test_a_proposal_is_approved_by_one_action(case: Case, moderator: User) -> None:
    assert (case.status, case.proposed_outcome) == ("open", "fake")
    decision = approve_proposal(case_id=case.pk, actor=moderator)
    case.refresh_from_db()
    assert (case.status, case.outcome) == ("decided", "fake")
    assert (decision.decided_by, decision.is_automatic) == (moderator, False)
    assert "Fakes v1" in decision.note
    assert AuditEvent.objects.filter(action="case_decided", case=case).exists()


def test_the_author_approves_by_no_way(case: Case, lead: User) -> None:
    with pytest.raises(NotAllowedError):
        approve_proposal(case_id=case.pk, actor=lead)
    with pytest.raises(NotAllowedError):
        decide_case(
            case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
        )
    case.refresh_from_db()
    assert case.status == "open"
    decide_case(
        case_id=case.pk, actor=lead, outcome="authentic", reason="source_confirmed"
    )


def test_without_a_proposal_nothing_is_approved(moderator: User, lead: User) -> None:
    case = flag_analysis(make_analysis(verdict="suspicious"))
    assert case is not None
    with pytest.raises(TransitionError):
        approve_proposal(case_id=case.pk, actor=moderator)


def test_a_newer_analysis_takes_the_proposal_back(case: Case) -> None:
    flag_analysis(make_analysis(image=case.image, verdict="authentic", score=0.1))
    case.refresh_from_db()
    assert case.proposed_outcome == case.proposed_reason == ""


def test_evidence_that_was_not_seen_is_not_approved(
    case: Case, moderator: User
) -> None:
    seen = case.analysis_id
    flag_analysis(make_analysis(image=case.image, verdict="fake", score=0.99))
    with pytest.raises(TransitionError):
        approve_proposal(case_id=case.pk, actor=moderator, analysis_id=seen)


def test_a_decision_without_a_person_is_reopened_by_one(
    lead: User, version: PolicyVersion
) -> None:
    version.needs_approval = False
    version.save()
    case = flag_analysis(make_analysis(verdict="fake", score=0.95))
    assert case is not None
    decision = case.decisions.get()
    assert (decision.is_automatic, decision.decided_by) == (True, None)
    assert decision.decided_by_name == "Policy Fakes v1"
    reopen_case(case_id=case.pk, actor=lead, because="Looks real.")
    case.refresh_from_db()
    assert case.status == "open"


def test_the_page_offers_it_to_others_than_the_author(
    case: Case, lead: User, moderator: User, client_of: Callable[[User], Client]
) -> None:
    approve = reverse("moderation:approve", args=[case.pk])
    page = reverse("moderation:case", args=[case.pk])
    assert approve not in client_of(lead).get(page).content.decode()
    client = client_of(moderator)
    assert approve in client.get(page).content.decode()
    answer = client.post(
        approve, {"analysis": case.analysis_id}, headers={"Accept": "application/json"}
    )
    assert answer.json()["decision"]["outcome"] == "fake"
    again = client.post(approve, headers={"Accept": "application/json"})
    assert again.status_code == 409
