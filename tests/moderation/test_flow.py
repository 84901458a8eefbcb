"""Who is handed which case next, by what claim, and how a decision is taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from moderation import flow_selectors, services
from moderation.exceptions import (
    ClaimError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import (
    AuditEvent,
    Case,
    CaseKind,
    Decision,
    Queue,
    QueueOrder,
    Withdrawal,
)
from moderation.services.decisions import GRACE
from moderation.states import CaseStatus
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db
FAKE = {"outcome": "fake", "reason": "content_edited"}


def decide(case: Case, actor: User, **more: object) -> Decision:
    return services.decide_case(case_id=case.pk, actor=actor, **(FAKE | more))


def make_queue(slug: str, *members: User, **fields: object) -> Queue:
    queue = Queue.objects.create(slug=slug, name=slug.title(), **fields)
    queue.members.set(members)
    return queue


def taken(actor: User, **more: object) -> Case | None:
    return services.claim_next(actor=actor, **more)


def now(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def make_appealed(decider: User) -> Case:
    case = make_case()
    decide(case, decider)
    Case.objects.filter(pk=case.pk).update(status=CaseStatus.APPEALED, claimed_by=None)
    return case


# --- Next -----------------------------------------------------------------------
def test_the_most_urgent_and_oldest_case_comes_first(moderator: User) -> None:
    old, _new = make_case(), make_case()
    urgent = make_case(priority=40)
    assert taken(moderator) == urgent
    assert taken(moderator) == old


def test_looking_ahead_claims_nothing_and_says_what_claiming_gives(
    moderator: User,
) -> None:
    first, second = make_case(), make_case()
    assert flow_selectors.peek_next(moderator) == first
    assert flow_selectors.peek_next(moderator, after=first.pk) == second
    assert not AuditEvent.objects.exists()
    assert taken(moderator) == first


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (QueueOrder.URGENT_FIRST, ["urgent", "old", "scored"]),
        (QueueOrder.OLDEST_FIRST, ["old", "scored", "urgent"]),
        (QueueOrder.SCORE_FIRST, ["scored", "urgent", "old"]),
    ],
)
def test_each_queue_has_its_own_order(
    order: QueueOrder, expected: list[str], moderator: User
) -> None:
    queue = make_queue("news", order=order)
    start = timezone.now() - timedelta(days=1)
    rows = {"old": (20, None), "scored": (20, 0.9), "urgent": (40, 0.2)}
    names = {}
    for number, (name, (priority, score)) in enumerate(rows.items()):
        case = make_case(
            queue=queue,
            priority=priority,
            machine_score=score,
            opened_at=start + timedelta(hours=number),
        )
        names[case.pk] = name
    got = [taken(moderator) for _ in rows]
    assert [names[case.pk] for case in got if case] == expected


def test_people_get_cases_of_their_own_queues_and_of_those_open_to_all(
    moderator: User, lead: User
) -> None:
    news = make_queue("news", lead)
    asleep = make_queue("asleep", is_active=False)
    make_case(queue=asleep, priority=40)
    closed, everybody = make_case(queue=news, priority=30), make_case()

    assert taken(moderator) == everybody
    assert taken(moderator) is None
    assert taken(lead, queue="news") == closed
    with pytest.raises(NotAllowedError, match="which others work on"):
        services.claim_case(case_id=make_case(queue=news).pk, actor=moderator)


def test_one_queue_can_be_asked_for(moderator: User) -> None:
    make_case(priority=40)
    case = make_case(queue=make_queue("news"))
    assert taken(moderator, queue="news") == case
    assert taken(moderator, queue="nowhere") is None


def test_what_must_wait_or_is_for_others_is_not_handed_out(
    moderator: User, lead: User
) -> None:
    make_case(available_from=timezone.now() + timedelta(hours=1))
    make_case(assigned_to=lead)
    make_case(escalated_at=timezone.now())
    make_case(status=CaseStatus.HELD)
    assert taken(moderator) is None
    assert taken(lead) is not None
    assert taken(lead) is not None
    assert taken(lead) is None


def test_what_was_assigned_to_somebody_comes_first_for_them(moderator: User) -> None:
    make_case(priority=40)
    mine = make_case(assigned_to=moderator, queue=make_queue("news", make_user("lead")))
    assert taken(moderator) == mine


def test_what_was_loaded_ahead_is_preferred_while_it_is_free(moderator: User) -> None:
    first, second = make_case(), make_case()
    assert taken(moderator, prefer=second.pk) == second
    assert taken(make_user("moderator"), prefer=second.pk) == first


def test_nobody_checks_their_own_work(moderator: User, lead: User) -> None:
    appealed = make_appealed(moderator)
    original = make_case()
    decide(original, moderator)
    second = make_case(
        analysis=original.analysis, kind=CaseKind.SECOND, original=original
    )
    assert taken(moderator) is None
    for case in (appealed, second):
        with pytest.raises(NotAllowedError, match=r"decision in question|already"):
            services.claim_case(case_id=case.pk, actor=moderator)
    assert taken(lead) == appealed
    assert taken(make_user("moderator")) == second


def test_a_claim_that_ran_out_is_handed_to_the_next(
    moderator: User, lead: User
) -> None:
    case = taken_case = make_case()
    assert taken(moderator) == case
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert taken(lead) == taken_case
    assert now(case).claimed_by == lead


# --- Tokens -----------------------------------------------------------------------
def test_a_claim_has_a_token_that_renewing_keeps(moderator: User, lead: User) -> None:
    case = services.claim_case(case_id=make_case().pk, actor=moderator)
    Case.objects.update(claim_expires_at=timezone.now() + timedelta(minutes=1))

    renewed = services.renew_claim(
        case_id=case.pk, actor=moderator, token=case.claim_token
    )

    assert renewed is not None
    assert renewed.claim_token == case.claim_token
    assert renewed.claim_expires_at > timezone.now() + timedelta(minutes=29)
    assert services.renew_claim(case_id=case.pk, actor=lead) is None
    stale = services.renew_claim(case_id=case.pk, actor=moderator, token=uuid4())
    assert stale is None


def test_a_stale_token_decides_and_passes_on_nothing(
    moderator: User, lead: User
) -> None:
    case = services.claim_case(case_id=make_case().pk, actor=moderator)
    token = case.claim_token
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    services.claim_case(case_id=case.pk, actor=lead)
    because = {"case_id": case.pk, "actor": moderator, "because": "x", "token": token}

    with pytest.raises(ClaimError, match="took this case meanwhile"):
        decide(case, moderator, token=token)
    for act in (services.skip_case, services.hold_case, services.escalate_case):
        with pytest.raises(ClaimError):
            act(**because)
    with pytest.raises(ClaimError):
        services.release_case(case_id=case.pk, actor=moderator, token=token)
    assert now(case).claimed_by == lead


def test_a_token_of_a_claim_that_was_released_is_stale(moderator: User) -> None:
    case = services.claim_case(case_id=make_case().pk, actor=moderator)
    token = case.claim_token
    services.release_case(case_id=case.pk, actor=moderator)
    with pytest.raises(ClaimError, match="it is open now"):
        decide(case, moderator, token=token)
    services.claim_case(case_id=case.pk, actor=moderator)
    with pytest.raises(ClaimError):
        decide(case, moderator, token=token)
    decide(case, moderator, token=now(case).claim_token)


# --- Undo -------------------------------------------------------------------------
def test_a_decision_is_taken_back_within_its_seconds(moderator: User) -> None:
    case = make_case()
    decision = decide(case, moderator)
    assert decision.final_at - decision.created_at == GRACE
    token = services.undo_decision(decision_id=decision.pk, actor=moderator).claim_token

    case, decision = now(case), Decision.objects.get()
    assert (case.status, case.claimed_by, case.outcome) == ("claimed", moderator, "")
    assert decision.withdrawn_because == Withdrawal.UNDONE
    assert decision.withdrawn_by_name == str(moderator)
    decide(case, moderator, token=token)


def test_a_decision_is_not_taken_back_late_twice_or_by_others(
    moderator: User, lead: User
) -> None:
    decision = decide(make_case(), moderator)
    with pytest.raises(NotAllowedError, match="only they"):
        services.undo_decision(decision_id=decision.pk, actor=lead)
    services.undo_decision(decision_id=decision.pk, actor=moderator)
    with pytest.raises(TransitionError, match="withdrawn already"):
        services.undo_decision(decision_id=decision.pk, actor=moderator)
    late = decide(make_case(), moderator)
    Decision.objects.filter(pk=late.pk).update(final_at=timezone.now())
    with pytest.raises(TransitionError, match="30 seconds"):
        services.undo_decision(decision_id=late.pk, actor=moderator)


def test_a_decision_is_not_taken_back_once_something_has_followed(
    moderator: User,
) -> None:
    case = make_case()
    decision = decide(case, moderator)
    services.open_case(image=case.image, actor=moderator, because="again")
    with pytest.raises(TransitionError, match="already in the queue"):
        services.undo_decision(decision_id=decision.pk, actor=moderator)


def test_undoing_the_answer_to_an_appeal_puts_the_old_decision_in_force(
    moderator: User, lead: User
) -> None:
    case = make_appealed(moderator)
    first = Decision.objects.get()
    services.claim_case(case_id=case.pk, actor=lead)
    assert now(case).outcome == "fake"
    answer = decide(case, lead, outcome="authentic", reason="source_confirmed")
    first.refresh_from_db()
    assert first.withdrawn_because == Withdrawal.OVERTURNED

    services.undo_decision(decision_id=answer.pk, actor=lead)

    first.refresh_from_db()
    assert first.withdrawn_at is None
    assert (now(case).outcome, now(case).status) == ("fake", CaseStatus.CLAIMED)
    services.release_case(case_id=case.pk, actor=lead)
    assert now(case).status == CaseStatus.APPEALED
