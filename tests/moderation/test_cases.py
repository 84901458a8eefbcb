"""Claims and decisions, through the services, on a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from moderation import services
from moderation.exceptions import (
    ClaimError,
    InvalidDecisionError,
    ModerationError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import AuditEvent, Case, Decision
from moderation.states import NEXT, CaseStatus
from tests.factories import make_analysis, make_case, make_image, make_user

pytestmark = pytest.mark.django_db

Action = Callable[[Case, User], object]


def claim(case: Case, actor: User) -> Case:
    return services.claim_case(case_id=case.id, actor=actor)


def release(case: Case, actor: User) -> Case:
    return services.release_case(case_id=case.id, actor=actor)


def decide(case: Case, actor: User) -> Decision:
    return services.decide_case(
        case_id=case.id, actor=actor, outcome="fake", reason="content_edited"
    )


def reopen(case: Case, actor: User) -> Case:
    return services.reopen_case(case_id=case.id, actor=actor, because="an appeal")


def bring_to(status: CaseStatus, actor: User) -> Case:
    case = make_case()
    if status == CaseStatus.CLAIMED:
        claim(case, actor)
    if status == CaseStatus.DECIDED:
        decide(case, actor)
    return case


@pytest.mark.parametrize(
    ("start", "action", "end"),
    [
        (CaseStatus.OPEN, claim, CaseStatus.CLAIMED),
        (CaseStatus.OPEN, decide, CaseStatus.DECIDED),
        (CaseStatus.OPEN, release, None),
        (CaseStatus.OPEN, reopen, None),
        (CaseStatus.CLAIMED, claim, CaseStatus.CLAIMED),
        (CaseStatus.CLAIMED, decide, CaseStatus.DECIDED),
        (CaseStatus.CLAIMED, release, CaseStatus.OPEN),
        (CaseStatus.CLAIMED, reopen, None),
        (CaseStatus.DECIDED, claim, None),
        (CaseStatus.DECIDED, decide, None),
        (CaseStatus.DECIDED, release, None),
        (CaseStatus.DECIDED, reopen, CaseStatus.OPEN),
    ],
)
def test_each_action_in_each_state(
    lead: User, start: CaseStatus, action: Action, end: CaseStatus | None
) -> None:
    case = bring_to(start, lead)
    before = (Decision.objects.count(), AuditEvent.objects.count())
    if end is None:
        with pytest.raises(ModerationError) as raised:
            action(case, lead)
        assert raised.value.detail
        assert (Decision.objects.count(), AuditEvent.objects.count()) == before
    else:
        action(case, lead)
    case.refresh_from_db()
    assert case.status == (start if end is None else end)


def test_the_state_table_names_every_state() -> None:
    assert set(NEXT) == set(CaseStatus)
    assert all(set(after) <= set(CaseStatus) for after in NEXT.values())


def test_a_claim_keeps_others_out_until_it_expires(moderator: User, lead: User) -> None:
    case = make_case()
    claim(case, moderator)
    for action in (claim, decide):
        with pytest.raises(ClaimError, match="working on this case"):
            action(case, lead)
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    decide(case, lead)
    case.refresh_from_db()
    assert case.outcome == "fake"
    assert list(
        AuditEvent.objects.order_by("id").values_list("action", "actor_name")
    ) == [
        ("case_claimed", str(moderator)),
        ("claim_expired", str(moderator)),
        ("case_claimed", str(lead)),
        ("case_decided", str(lead)),
    ]


def test_a_moderator_cannot_release_what_another_holds(moderator: User) -> None:
    case = make_case()
    claim(case, make_user("moderator"))
    with pytest.raises(ClaimError):
        release(case, moderator)


@pytest.mark.parametrize("action", [claim, release, decide, reopen])
@pytest.mark.parametrize("group", ["auditor", "integrator", None])
def test_who_only_reads_changes_nothing(action: Action, group: str | None) -> None:
    case = make_case()
    reader = make_user(group) if group else make_user()
    with pytest.raises(NotAllowedError):
        action(case, reader)
    assert not AuditEvent.objects.exists()


def test_reopening_is_for_leads(moderator: User) -> None:
    case = bring_to(CaseStatus.DECIDED, moderator)
    with pytest.raises(NotAllowedError):
        reopen(case, moderator)


def test_a_decision_keeps_what_the_machine_said_then(moderator: User) -> None:
    case = make_case()
    decision = decide(case, moderator)
    assert case.analysis is not None
    assert decision.machine_verdict == case.analysis.verdict
    assert decision.machine_score == case.analysis.score
    assert decision.image_sha256 == case.image.sha256
    assert decision.decided_by_name == str(moderator)


def test_a_reopened_case_keeps_its_withdrawn_decision(lead: User) -> None:
    case = bring_to(CaseStatus.DECIDED, lead)
    reopen(case, lead)
    second = decide(case, lead)
    decisions = Decision.objects.order_by("created_at")
    assert [d.withdrawn_at is not None for d in decisions] == [True, False]
    assert decisions.get(withdrawn_at=None) == second


def test_reopening_needs_a_reason(lead: User) -> None:
    case = bring_to(CaseStatus.DECIDED, lead)
    with pytest.raises(InvalidDecisionError, match="why"):
        services.reopen_case(case_id=case.id, actor=lead, because="  ")


def test_a_case_is_not_reopened_beside_a_newer_one(lead: User) -> None:
    case = bring_to(CaseStatus.DECIDED, lead)
    services.open_case(image=case.image, actor=lead, because="look again")
    with pytest.raises(TransitionError, match="already in the queue"):
        reopen(case, lead)


def test_opening_by_hand_returns_the_case_that_is_open(moderator: User) -> None:
    image = make_image()
    first = services.open_case(image=image, actor=moderator, because="odd shadow")
    again = services.open_case(image=image, actor=moderator, because="again")
    assert first == again
    assert first.opened_because == "odd shadow"


def test_an_invalid_decision_changes_nothing(moderator: User) -> None:
    case = make_case()
    with pytest.raises(InvalidDecisionError):
        services.decide_case(
            case_id=case.id, actor=moderator, outcome="fake", reason="harmless_edit"
        )
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN


def test_a_flagged_analysis_opens_one_case_however_often_it_is_told() -> None:
    analysis = make_analysis(verdict="fake", score=0.95)
    first = services.flag_analysis(analysis)
    assert first is not None
    assert first.opened_because == "Called fake: the verdict is fake"
    assert services.flag_analysis(analysis) == first
    assert Case.objects.count() == 1


def test_an_inconclusive_analysis_opens_no_case() -> None:
    analysis = make_analysis(verdict="inconclusive", score=0.5)

    assert services.flag_analysis(analysis) is None


def test_a_newer_analysis_is_shown_in_the_open_case() -> None:
    case = make_case()
    newer = make_analysis(image=case.image, verdict="inconclusive", score=0.5)
    assert services.flag_analysis(newer) == case
    case.refresh_from_db()
    assert case.analysis == newer


def test_a_new_analysis_does_not_override_a_persons_decision(moderator: User) -> None:
    case = bring_to(CaseStatus.DECIDED, moderator)
    again = make_analysis(image=case.image, verdict="fake", score=0.95)
    assert services.flag_analysis(again) is None
    assert Case.objects.count() == 1


def test_an_expired_claim_returns_to_the_queue_by_itself(moderator: User) -> None:
    case = make_case()
    claim(case, moderator)
    assert services.release_expired_claims() == 0
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert services.release_expired_claims() == 1
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == (CaseStatus.OPEN, None)
    newest = AuditEvent.objects.order_by("-id")[0]
    assert (newest.action, newest.actor_name) == ("claim_expired", str(moderator))


def test_a_decision_is_not_recorded_on_evidence_that_nobody_saw(
    moderator: User,
) -> None:
    case = make_case()
    assert case.analysis is not None
    seen = case.analysis.id
    newer = make_analysis(image=case.image, verdict="fake", score=0.95)
    services.flag_analysis(newer)
    chosen = {"outcome": "fake", "reason": "content_edited"}
    with pytest.raises(TransitionError, match="newer analysis"):
        services.decide_case(
            case_id=case.id, actor=moderator, analysis_id=seen, **chosen
        )
    assert not AuditEvent.objects.filter(action="case_decided").exists()
    decision = services.decide_case(
        case_id=case.id, actor=moderator, analysis_id=newer.id, **chosen
    )
    assert decision.machine_verdict == "fake"
