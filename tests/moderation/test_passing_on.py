"""What becomes of cases that are passed on, who is told, and who looks."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from moderation import flow_selectors, services
from moderation.exceptions import (
    ClaimError,
    InvalidDecisionError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import (
    AuditEvent,
    Case,
    CaseSkip,
    Decision,
    Notification,
)
from moderation.states import CaseStatus
from tests.factories import make_analysis, make_case, make_user

pytestmark = pytest.mark.django_db
FAKE = {"outcome": "fake", "reason": "content_edited"}


def decide(case: Case, actor: User, **more: object) -> Decision:
    return services.decide_case(case_id=case.pk, actor=actor, **(FAKE | more))


def taken(actor: User, **more: object) -> Case | None:
    return services.claim_next(actor=actor, **more)


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def make_appealed(decider: User) -> Case:
    case = make_case()
    decide(case, decider)
    Case.objects.filter(pk=case.pk).update(status=CaseStatus.APPEALED, claimed_by=None)
    return case


# --- Passing on -------------------------------------------------------------------
def test_a_skipped_case_goes_to_others_and_comes_back_after_a_day(
    moderator: User, lead: User
) -> None:
    case = make_case()
    assert taken(moderator) == case
    services.skip_case(case_id=case.pk, actor=moderator, because="I know the sender")

    assert now(case).status == CaseStatus.OPEN
    assert taken(moderator) is None
    event = AuditEvent.objects.latest("position")
    assert (event.action, event.data) == (
        "case_skipped",
        {"because": "I know the sender"},
    )
    CaseSkip.objects.update(at=timezone.now() - timedelta(days=1, seconds=1))
    assert taken(moderator) == case


def test_passing_on_needs_a_reason(moderator: User) -> None:
    case = make_case()
    for act in (services.skip_case, services.hold_case, services.escalate_case):
        with pytest.raises(InvalidDecisionError, match="Say"):
            act(case_id=case.pk, actor=moderator, because=" \0 ")


def test_what_somebody_else_works_on_is_not_passed_on(
    moderator: User, lead: User
) -> None:
    case = services.claim_case(case_id=make_case().pk, actor=moderator)
    for act in (services.skip_case, services.hold_case, services.escalate_case):
        with pytest.raises(ClaimError, match="is working on"):
            act(case_id=case.pk, actor=lead, because="no")
    with pytest.raises(ClaimError):
        services.assign_case(case_id=case.pk, actor=lead, username=lead.username)


def test_an_escalated_case_is_for_leads_until_one_hands_it_back(
    moderator: User, lead: User
) -> None:
    case = make_case()
    services.claim_case(case_id=case.pk, actor=moderator)
    services.escalate_case(case_id=case.pk, actor=moderator, because="not sure")

    for act in (services.claim_case, services.hand_back_case):
        with pytest.raises((NotAllowedError, TransitionError)):
            act(case_id=case.pk, actor=moderator)
    with pytest.raises(NotAllowedError, match="A lead decides"):
        decide(case, moderator)
    with pytest.raises(TransitionError, match="before"):
        services.escalate_case(case_id=case.pk, actor=lead, because="again")
    services.hand_back_case(case_id=case.pk, actor=lead)
    assert taken(moderator) == case


def test_a_held_case_waits_for_its_moment(moderator: User) -> None:
    case = make_case()
    until = timezone.now() + timedelta(hours=1)
    services.hold_case(
        case_id=case.pk, actor=moderator, because="the sender was asked", until=until
    )
    assert services.resume_ended_holds() == 0
    with pytest.raises(TransitionError, match="on hold"):
        decide(case, moderator)
    assert services.resume_ended_holds(now=until) == 1
    assert (now(case).status, now(case).held_until) == (CaseStatus.OPEN, None)


def test_a_hold_that_is_over_stops_nobody(moderator: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    by_hand = make_case(status=CaseStatus.HELD, held_until=past)
    services.claim_case(case_id=by_hand.pk, actor=moderator)
    case = make_case(status=CaseStatus.HELD, held_until=past)
    assert taken(moderator) == case


def test_a_hold_without_an_end_waits_for_somebody(moderator: User) -> None:
    case = make_case()
    services.hold_case(case_id=case.pk, actor=moderator, because="an expert")
    later = timezone.now() + timedelta(days=1000)
    assert services.resume_ended_holds(now=later) == 0
    services.resume_case(case_id=case.pk, actor=moderator)
    assert now(case).status == CaseStatus.OPEN


def test_a_hold_ends_in_the_future_and_an_appeal_does_not_wait(
    moderator: User, lead: User
) -> None:
    with pytest.raises(InvalidDecisionError, match="future"):
        services.hold_case(
            case_id=make_case().pk,
            actor=moderator,
            because="x",
            until=timezone.now(),
        )
    case = make_appealed(moderator)
    services.claim_case(case_id=case.pk, actor=lead)
    with pytest.raises(TransitionError, match="appeal"):
        services.hold_case(case_id=case.pk, actor=lead, because="x")


def test_an_assigned_case_is_for_one_person_who_is_told(
    moderator: User, lead: User
) -> None:
    case, other = make_case(), make_user("moderator")
    services.claim_case(case_id=case.pk, actor=moderator)
    services.assign_case(case_id=case.pk, actor=moderator, username=other.username)

    told = Notification.objects.get()
    assert (told.person, told.case, told.from_name) == (other, case, str(moderator))
    for act in (services.claim_case, services.hand_back_case):
        with pytest.raises(NotAllowedError, match="assigned to"):
            act(case_id=case.pk, actor=moderator)
    services.hand_back_case(case_id=case.pk, actor=other)
    assert taken(moderator) == case


@pytest.mark.parametrize("group", ["auditor", "integrator", None])
def test_a_case_is_given_only_to_people_who_decide(
    group: str | None, moderator: User
) -> None:
    person = make_user(group) if group else make_user("moderator", is_active=False)
    case = make_case()
    for name in (person.username, "nobody-is-called-so", ""):
        with pytest.raises(InvalidDecisionError, match="Nobody who may decide"):
            services.assign_case(case_id=case.pk, actor=moderator, username=name)


def test_a_case_is_not_given_to_whom_it_is_not_for(moderator: User, lead: User) -> None:
    appealed = make_appealed(moderator)
    with pytest.raises(InvalidDecisionError, match="already"):
        services.assign_case(
            case_id=appealed.pk, actor=lead, username=moderator.username
        )
    escalated = make_case(escalated_at=timezone.now())
    with pytest.raises(InvalidDecisionError, match="escalated"):
        services.assign_case(
            case_id=escalated.pk, actor=lead, username=moderator.username
        )


# --- Who looks, and who is told -----------------------------------------------------
def test_others_who_look_are_named_for_a_minute_and_a_half(
    moderator: User, lead: User
) -> None:
    case = make_case()
    for _ in range(2):
        services.note_viewer(case_id=case.pk, actor=lead)
    services.note_viewer(case_id=case.pk, actor=moderator)
    assert flow_selectors.viewers_of(case.pk, but=moderator) == [str(lead)]
    case.viewers.update(seen_at=timezone.now() - timedelta(seconds=90))
    assert flow_selectors.viewers_of(case.pk, but=moderator) == []


def test_a_comment_tells_those_who_may_see_cases_and_names_the_unknown(
    moderator: User, lead: User
) -> None:
    outsider = make_user("integrator", username="outsider")
    dotted = make_user("auditor", username="a.b+c")
    case = make_case()
    text = (
        f"@{lead.username}. @{outsider.username}, @a.b+c! @{lead.username} "
        f"@{moderator.username} @nobody-here; not mail@{lead.username}"
    )

    said = services.comment_on_case(case_id=case.pk, actor=moderator, text=text)

    assert said.told == [lead.username, "a.b+c"]
    assert said.unknown == ["outsider", "nobody-here"]
    assert set(Notification.objects.values_list("person", flat=True)) == {
        lead.pk,
        dotted.pk,
    }
    assert flow_selectors.unread_count(lead) == 1
    assert services.mark_read(actor=lead) == 1
    assert flow_selectors.unread_count(lead) == 0


@pytest.mark.parametrize("text", ["", " \n", "\0", "x" * 2001])
def test_a_comment_says_something_within_limits(text: str, moderator: User) -> None:
    with pytest.raises(InvalidDecisionError):
        services.comment_on_case(case_id=make_case().pk, actor=moderator, text=text)


def test_everything_of_the_flow_is_for_people_who_decide(auditor: User) -> None:
    case = make_case(analysis=make_analysis())
    because = {"case_id": case.pk, "actor": auditor, "because": "x"}
    for act in (
        lambda: services.claim_next(actor=auditor),
        lambda: services.renew_claim(case_id=case.pk, actor=auditor),
        lambda: services.skip_case(**because),
        lambda: services.hold_case(**because),
        lambda: services.escalate_case(**because),
        lambda: services.resume_case(case_id=case.pk, actor=auditor),
        lambda: services.assign_case(case_id=case.pk, actor=auditor, username="x"),
        lambda: services.hand_back_case(case_id=case.pk, actor=auditor),
        lambda: services.comment_on_case(case_id=case.pk, actor=auditor, text="x"),
        lambda: services.undo_decision(decision_id=uuid4(), actor=auditor),
    ):
        with pytest.raises(NotAllowedError):
            act()
    assert not AuditEvent.objects.exists()
