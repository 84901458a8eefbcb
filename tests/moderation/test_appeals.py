"""Appeals: opened by leads and senders, answered by somebody else, all on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from moderation import flow_selectors, services
from moderation.exceptions import (
    InvalidDecisionError,
    ModerationError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import Appeal, Case, Decision, Priority, Withdrawal
from moderation.states import CaseStatus
from tests.factories import make_analysis, make_case, make_image, make_user
from tests.moderation.chain import assert_chain_is_whole
from tests.moderation.checks import decide, decided, second_of, shares, time_passes

if TYPE_CHECKING:
    from django.test import Client

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
BECAUSE = "The photographer sent the raw file."


@pytest.fixture
def first(db: None) -> User:
    return make_user("moderator")


def appeal(case: Case, actor: User, **fields: Any) -> Appeal:
    return services.open_appeal(case_id=case.pk, actor=actor, because=BECAUSE, **fields)


def sent_by(person: User) -> Any:
    return make_analysis(image=make_image(submitted_by=person))


def test_the_decision_stays_in_force_until_the_answer(first: User, lead: User) -> None:
    case = decided(first)
    opened = appeal(case, lead)
    case.refresh_from_db()
    assert (case.status, case.outcome) == (CaseStatus.APPEALED, "fake")
    assert opened.decision == case.decisions.get(withdrawn_at=None)
    services.claim_case(case_id=case.pk, actor=lead)
    case.refresh_from_db()
    assert case.outcome == "fake"


def test_whoever_decided_does_not_answer(first: User, lead: User) -> None:
    case = decided(first)
    appeal(case, lead)
    assert services.claim_next(actor=first) is None
    with pytest.raises(NotAllowedError):
        decide(case, first, "fake")
    with pytest.raises(NotAllowedError):
        services.claim_case(case_id=case.pk, actor=first)
    case.refresh_from_db()
    assert case.status == CaseStatus.APPEALED


def test_nor_does_a_lead_who_decided(lead: User) -> None:
    case = decided(lead)
    appeal(case, lead)
    with pytest.raises(NotAllowedError):
        decide(case, lead, "authentic")


@pytest.mark.parametrize(
    ("outcome", "resolution", "withdrawal"),
    [
        ("fake", "upheld", Withdrawal.CONFIRMED),
        ("authentic", "overturned", Withdrawal.OVERTURNED),
        ("cannot_tell", "overturned", Withdrawal.OVERTURNED),
    ],
)
def test_the_answer_ends_the_appeal_and_the_history_is_kept(
    outcome: str, resolution: str, withdrawal: str, first: User, lead: User
) -> None:
    case = decided(first)
    opened = appeal(case, lead)
    answer = decide(case, make_user("moderator"), outcome)
    opened.refresh_from_db()
    case.refresh_from_db()
    assert (opened.resolution, opened.resolving_decision) == (resolution, answer)
    assert opened.resolved_at == answer.created_at
    assert opened.decision.withdrawn_because == withdrawal
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, outcome)
    assert case.decisions.get(withdrawn_at=None) == answer
    assert_chain_is_whole()


def test_an_answer_taken_back_opens_the_appeal_again(first: User, lead: User) -> None:
    case = decided(first)
    opened = appeal(case, lead)
    other = make_user("moderator")
    answer = decide(case, other, "authentic")
    services.undo_decision(decision_id=answer.pk, actor=other)
    opened.refresh_from_db()
    case.refresh_from_db()
    assert (opened.resolution, opened.resolved_at) == ("", None)
    assert (case.status, case.outcome) == (CaseStatus.CLAIMED, "fake")
    decide(case, other, "fake")
    opened.refresh_from_db()
    assert opened.resolution == "upheld"
    assert_chain_is_whole()


@pytest.mark.parametrize("how", ["release", "expire"])
def test_an_appeal_that_is_not_answered_waits_again(
    how: str, first: User, lead: User
) -> None:
    case = decided(first)
    appeal(case, lead)
    services.claim_case(case_id=case.pk, actor=lead)
    if how == "release":
        services.release_case(case_id=case.pk, actor=lead)
    else:
        Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
        services.release_expired_claims()
    case.refresh_from_db()
    assert (case.status, case.outcome) == (CaseStatus.APPEALED, "fake")


def test_one_open_appeal_a_case_and_more_after_it(first: User, lead: User) -> None:
    case = decided(first)
    appeal(case, lead)
    with pytest.raises(TransitionError):
        appeal(case, lead)
    decide(case, make_user("moderator"), "fake")
    with pytest.raises(TransitionError, match="can still be taken back"):
        appeal(case, lead)
    time_passes()
    appeal(case, lead)
    assert case.appeals.count() == 2


def test_what_is_not_decided_cannot_be_appealed(lead: User) -> None:
    with pytest.raises(TransitionError):
        appeal(make_case(), lead)


@pytest.mark.parametrize("text", ["", "  ", "\0", "x" * 2001])
def test_an_appeal_says_why_and_not_too_long(
    text: str, first: User, lead: User
) -> None:
    case = decided(first)
    with pytest.raises(InvalidDecisionError):
        services.open_appeal(case_id=case.pk, actor=lead, because=text)


def test_senders_appeal_about_their_own_pictures_only(
    first: User, integrator: User
) -> None:
    own = decided(first, analysis=sent_by(integrator))
    foreign = decided(first)
    assert appeal(own, integrator, external_id="T-1").opened_by == integrator
    with pytest.raises(NotAllowedError):
        appeal(foreign, integrator)
    with pytest.raises(NotAllowedError):
        appeal(own, make_user("moderator"))


def test_the_same_external_id_returns_the_appeal_that_is_there(
    first: User, integrator: User
) -> None:
    case = decided(first, analysis=sent_by(integrator))
    other = decided(first, analysis=sent_by(integrator))
    opened = appeal(case, integrator, external_id="T-1")
    assert appeal(case, integrator, external_id="T-1") == opened
    with pytest.raises(InvalidDecisionError):
        appeal(other, integrator, external_id="T-1")
    assert Appeal.objects.count() == 1


def test_an_appeal_ends_what_was_to_check_the_decision(first: User, lead: User) -> None:
    make_user("moderator")
    shares(second=1.0)
    case = decided(first)
    check = second_of(case)
    appeal(case, lead)
    check.refresh_from_db()
    assert check.status == CaseStatus.WITHDRAWN
    with pytest.raises(ModerationError):
        appeal(check, lead)


def test_appeals_come_first_for_leads_and_by_urgency_for_others(
    first: User, lead: User
) -> None:
    case = decided(first)
    appeal(case, lead)
    urgent = make_case(priority=Priority.URGENT)
    assert flow_selectors.peek_next(lead) == case
    assert flow_selectors.peek_next(make_user("moderator")) == urgent


def test_the_list_is_for_those_who_see_cases(
    first: User, lead: User, client_of: ClientOf
) -> None:
    case = decided(first)
    appeal(case, lead, on_behalf_of="<b>Ann</b>")
    page = client_of(first).get(reverse("moderation:appeals")).content.decode()
    assert BECAUSE in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    filtered = client_of(lead).get(reverse("moderation:appeals"), {"state": "upheld"})
    assert BECAUSE not in filtered.content.decode()
    integrator = client_of(make_user("integrator"))
    assert integrator.get(reverse("moderation:appeals")).status_code == 403


def test_the_list_costs_the_same_however_long(
    first: User, lead: User, client_of: ClientOf
) -> None:
    client, counts = client_of(lead), []
    for number in (1, 6):
        for _ in range(number):
            appeal(decided(first), lead)
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("moderation:appeals"))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_lead_opens_one_on_the_case_page(
    first: User, lead: User, client_of: ClientOf
) -> None:
    case = decided(first)
    address = reverse("moderation:appeal", args=[case.pk])
    assert client_of(first).post(address, {"because": BECAUSE}).status_code == 403
    client = client_of(lead)
    assert client.post(address, {"because": ""}).status_code == 422
    page = client.post(address, {"because": BECAUSE}, follow=True).content.decode()
    assert "This decision is under appeal" in page
    assert BECAUSE in page
    assert client.post(address, {"because": BECAUSE}).status_code == 409
    assert Decision.objects.filter(case=case).count() == 1
