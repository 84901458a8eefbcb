"""Second reviews and tie-breaks: who is asked, what their answers change."""

from __future__ import annotations

import pytest

from accounts.models import User
from moderation import services
from moderation.exceptions import ModerationError, NotAllowedError
from moderation.models import Case, CaseKind, Decision, SecondReview, Withdrawal
from moderation.sampling import is_drawn
from moderation.services.second_reviews import LOT, secret
from moderation.states import CaseStatus
from tests.factories import make_case, make_user
from tests.moderation.chain import assert_chain_is_whole
from tests.moderation.checks import (
    decide,
    decided,
    second_of,
    shares,
    tiebreak_of,
    time_passes,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(db: None) -> User:
    return make_user("moderator", username="first")


@pytest.fixture
def second(db: None) -> User:
    return make_user("moderator", username="second")


def in_force(case: Case) -> Decision:
    return case.decisions.get(withdrawn_at=None)


def test_no_share_no_second_review(first: User, second: User) -> None:
    decided(first)
    assert not Case.objects.exclude(kind=CaseKind.REGULAR).exists()


def test_a_share_of_the_cases_is_drawn_by_the_secret_alone(
    first: User, second: User
) -> None:
    shares(second=0.5)
    cases = [decided(first) for _ in range(12)]
    for case in cases:
        was_drawn = is_drawn(secret(), LOT, case.pk, share=0.5)
        assert case.checks.exists() == was_drawn
    assert 0 < Case.objects.filter(kind=CaseKind.SECOND).count() < len(cases)


def test_nobody_to_ask_no_second_review(first: User, lead: User) -> None:
    shares(second=1.0)
    decided(first)
    assert not Case.objects.filter(kind=CaseKind.SECOND).exists()


def test_somebody_outside_the_queue_is_nobody_to_ask(first: User, second: User) -> None:
    queue = shares(second=1.0)
    queue.members.set([first])
    decided(first)
    assert not Case.objects.filter(kind=CaseKind.SECOND).exists()


def test_it_waits_until_the_first_decision_is_final(first: User, second: User) -> None:
    shares(second=1.0)
    case = make_case()
    decision = decide(case, first, "fake")
    check = second_of(case)
    assert check.available_from == decision.final_at
    assert services.claim_next(actor=second) is None
    with pytest.raises(NotAllowedError):
        services.claim_case(case_id=check.pk, actor=second)
    time_passes()
    assert services.claim_next(actor=second) == check


def test_whoever_decided_first_is_never_handed_it(first: User, second: User) -> None:
    shares(second=1.0)
    check = second_of(decided(first))
    assert services.claim_next(actor=first) is None
    with pytest.raises(NotAllowedError):
        services.claim_case(case_id=check.pk, actor=first)
    with pytest.raises(ModerationError):
        services.assign_case(case_id=check.pk, actor=second, username=first.username)


def test_a_lead_sees_the_first_answer_and_so_gives_no_second(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    check = second_of(decided(first))
    assert services.claim_next(actor=lead) is None
    with pytest.raises(NotAllowedError):
        decide(check, lead, "fake")
    services.escalate_case(case_id=check.pk, actor=second, because="I cannot say")
    decide(check, lead, "fake")
    assert SecondReview.objects.get(case=check).is_unseen is False


def test_it_looks_like_the_case_it_checks(first: User, second: User) -> None:
    shares(second=1.0)
    case = decided(first, priority=30, opened_because="Called fake: verdict fake")
    check = second_of(case)
    for name in ("image", "analysis", "queue", "priority", "policy", "opened_because"):
        assert getattr(check, name) == getattr(case, name)
    assert check.assigned_to is None


def test_agreeing_changes_nothing(first: User, second: User) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "fake", note="My words.")
    case.refresh_from_db()
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, "fake")
    assert in_force(case).decided_by == first
    assert SecondReview.objects.get().agrees is True
    assert not Case.objects.filter(kind=CaseKind.TIEBREAK).exists()


def test_a_second_review_is_not_itself_reviewed(first: User, second: User) -> None:
    make_user("moderator")
    shares(second=1.0)
    decide(second_of(decided(first)), second, "fake")
    assert Case.objects.filter(kind=CaseKind.SECOND).count() == 1


def test_disagreeing_leaves_the_decision_in_force_until_a_lead_has_decided(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "authentic")
    time_passes()
    case.refresh_from_db()
    assert case.outcome == "fake"
    tie = tiebreak_of(case)
    third = make_user("moderator")
    for person in (first, second, third):
        assert services.claim_next(actor=person) is None
        with pytest.raises(NotAllowedError):
            decide(tie, person, "fake")
    assert services.claim_next(actor=lead) == tie


@pytest.mark.parametrize("position", ["first", "second"])
def test_a_lead_who_gave_one_of_the_answers_does_not_settle(
    position: str, lead: User, second: User
) -> None:
    shares(second=1.0)
    if position == "first":
        case = decided(lead)
        decide(second_of(case), second, "authentic")
    else:
        case = decided(make_user("moderator"))
        check = second_of(case)
        services.escalate_case(case_id=check.pk, actor=second, because="unsure")
        decide(check, lead, "authentic")
    time_passes()
    assert services.claim_next(actor=lead) is None
    with pytest.raises(NotAllowedError):
        decide(tiebreak_of(case), lead, "fake")
    assert services.claim_next(actor=make_user("lead")) == tiebreak_of(case)


def test_a_lead_who_agrees_with_the_first_changes_nothing(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "authentic")
    time_passes()
    decide(tiebreak_of(case), lead, "fake")
    assert in_force(case).decided_by == first
    assert SecondReview.objects.get().replacement is None


@pytest.mark.parametrize("outcome", ["authentic", "cannot_tell"])
def test_a_lead_who_differs_decides_the_original_case(
    outcome: str, first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "authentic")
    time_passes()
    decide(tiebreak_of(case), lead, outcome, note="Look at the shadow.")
    case.refresh_from_db()
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, outcome)
    assert in_force(case).decided_by == lead
    assert in_force(case).note == "Look at the shadow."
    old = case.decisions.get(decided_by=first)
    assert old.withdrawn_because == Withdrawal.REVIEWED
    assert old.withdrawn_by_name == str(lead)
    assert_chain_is_whole()


def test_a_lead_can_take_a_tie_break_back_at_once(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "authentic")
    time_passes()
    made = decide(tiebreak_of(case), lead, "authentic")
    services.undo_decision(decision_id=made.pk, actor=lead)
    case.refresh_from_db()
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, "fake")
    assert in_force(case).decided_by == first
    decide(tiebreak_of(case), lead, "authentic")
    case.refresh_from_db()
    assert case.outcome == "authentic"
    assert_chain_is_whole()


def test_a_decision_taken_back_withdraws_its_second_review(
    first: User, second: User
) -> None:
    shares(second=1.0)
    case = make_case()
    made = decide(case, first, "fake")
    services.undo_decision(decision_id=made.pk, actor=first)
    assert second_of(case).status == CaseStatus.WITHDRAWN
    with pytest.raises(ModerationError):
        decide(second_of(case), second, "fake")


def test_a_reopened_case_ends_what_was_to_check_it(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    services.claim_case(case_id=second_of(case).pk, actor=second)
    services.reopen_case(case_id=case.pk, actor=lead, because="new facts")
    check = second_of(case)
    assert (check.status, check.claim_token) == (CaseStatus.WITHDRAWN, None)


def test_a_second_answer_taken_back_withdraws_the_tie_break(
    first: User, second: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    made = decide(second_of(case), second, "authentic")
    tie = tiebreak_of(case)
    services.undo_decision(decision_id=made.pk, actor=second)
    tie.refresh_from_db()
    assert tie.status == CaseStatus.WITHDRAWN
    decide(second_of(case), second, "fake")
    assert SecondReview.objects.get().agrees is True


def test_decided_again_after_reopening_it_is_checked_by_yet_another(
    first: User, second: User, lead: User
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "fake")
    time_passes()
    services.reopen_case(case_id=case.pk, actor=lead, because="new facts")
    decide(case, first, "authentic")
    # The second one has seen what was decided; there is nobody left to ask.
    assert case.checks.filter(status=CaseStatus.OPEN).count() == 0
    third = make_user("moderator")
    services.reopen_case(case_id=case.pk, actor=lead, because="once more")
    decide(case, first, "authentic")
    time_passes()
    check = case.checks.get(status=CaseStatus.OPEN)
    assert services.claim_next(actor=second) is None
    assert services.claim_next(actor=third) == check
