"""Any sequence of actions by several people keeps the cases consistent."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from moderation.exceptions import ModerationError
from moderation.models import (
    AuditEvent,
    Case,
    CaseKind,
    Decision,
    Queue,
    SecondReview,
    Withdrawal,
)
from moderation.states import UNDECIDED, CaseStatus
from tests.factories import make_analysis, make_case, make_image, make_user
from tests.moderation.case_actions import ACTIONS, OUTCOMES, UNRECORDED, World
from tests.moderation.chain import assert_chain_is_whole

CASES, PEOPLE = 2, 4
steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTIONS)),
        st.integers(0, CASES - 1),
        st.integers(0, 2 * PEOPLE - 1),
        st.sampled_from(sorted(OUTCOMES)),
    ),
    min_size=1,
    max_size=25,
)
CHECKING = (
    "appeal",
    "decide",
    "decide the check",
    "undo",
    "undo the check",
    "pass the check on",
    "claim next",
    "release",
    "reopen",
    "a minute passes",
)
checking = st.lists(
    st.tuples(
        st.sampled_from(CHECKING),
        st.integers(0, CASES - 1),
        st.integers(0, PEOPLE - 1),
        st.sampled_from(sorted(OUTCOMES)),
    ),
    min_size=5,
    max_size=15,
)
FIXED = ("case_id", "outcome", "reason", "decided_by_id", "created_at", "batch")


class CaseSequences(TestCase):
    """Two moderators and two leads act on two cases of one uploader in any order."""

    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(steps)
    def test_no_decision_is_doubled_or_lost_and_every_change_is_on_record(
        self, sequence: list[tuple[str, int, int, str]]
    ) -> None:
        self.run_through(new_world(), sequence)

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(checking)
    @example(
        [
            ("decide the check", 0, 0, "authentic"),
            ("undo", 0, 0, "authentic"),
        ]
    )
    @example(
        [
            ("decide the check", 0, 0, "fake"),
            ("appeal", 0, 0, "authentic"),
            ("undo the check", 0, 0, "authentic"),
        ]
    )
    def test_nor_while_decisions_are_checked_and_appealed(
        self, sequence: list[tuple[str, int, int, str]]
    ) -> None:
        world = new_world()
        for case in world.cases:
            ACTIONS["decide"](world, case, world.people[1], "fake")
        ACTIONS["a minute passes"](world, world.cases[0], world.people[0], "")
        # The one waits for its second review, the other for a tie-break.
        ACTIONS["decide the check"](world, world.cases[0], world.people[3], "authentic")
        ACTIONS["a minute passes"](world, world.cases[0], world.people[0], "")
        self.run_through(world, sequence)

    def run_through(
        self, world: World, sequence: list[tuple[str, int, int, str]]
    ) -> None:
        decided: dict[Any, tuple[Any, ...]] = {}
        for action, which, who, outcome in sequence:
            before, recorded = states(), AuditEvent.objects.count()
            with contextlib.suppress(ModerationError):
                act = ACTIONS[action]
                act(world, world.cases[which], world.person(which, who), outcome)
            if before != states() and action not in UNRECORDED:
                assert AuditEvent.objects.count() > recorded, action
            check_cases()
            check_checks()
            decided = check_decisions(decided)
        assert_chain_is_whole()


def new_world() -> World:
    Queue.objects.update(second_review_share=1.0)
    people = [make_user("moderator" if n % 2 else "lead") for n in range(PEOPLE)]
    sender = make_user("integrator")
    cases = [
        make_case(
            analysis=make_analysis(image=make_image(submitted_by=sender)),
            uploader=sender,
        )
        for _ in range(CASES)
    ]
    return World(cases=cases, people=people)


def states() -> list[tuple[Any, ...]]:
    fields = ("pk", "status", "outcome", "claimed_by", "claim_token", "assigned_to")
    return list(Case.objects.order_by("pk").values_list(*fields, "escalated_at"))


def check_cases() -> None:
    for case in Case.objects.all():
        in_force = list(Decision.objects.filter(case=case, withdrawn_at=None))
        assert [d.outcome for d in in_force] == [case.outcome] * bool(case.outcome)
        is_claimed = case.status == CaseStatus.CLAIMED
        assert (case.claim_token is not None) == is_claimed
        assert (case.claim_expires_at is not None) == is_claimed
        assert case.held_until is None or case.status == CaseStatus.HELD
        if case.status in {CaseStatus.DECIDED, CaseStatus.APPEALED}:
            assert in_force
            assert case.decided_at == in_force[0].created_at
        if case.status in {CaseStatus.OPEN, CaseStatus.HELD, CaseStatus.WITHDRAWN}:
            assert not in_force


def check_checks() -> None:
    """Hold second reviews, tie-breaks and appeals to the decisions they speak of."""
    for case in Case.objects.filter(kind=CaseKind.REGULAR):
        is_questioned = case.status == CaseStatus.APPEALED or (
            case.status == CaseStatus.CLAIMED and bool(case.outcome)
        )
        assert case.appeals.filter(resolved_at=None).count() == is_questioned
        if case.status != CaseStatus.DECIDED:
            assert not case.checks.filter(status__in=UNDECIDED).exists()
    for review in SecondReview.objects.select_related("first", "second", "final"):
        assert (review.agrees is None) == (review.second is None)
        assert (review.tiebreak is not None) == (review.agrees is False)
        if review.second is not None:
            assert review.second.decided_by != review.first.decided_by
        if review.final is not None and review.second is not None:
            gave = {review.first.decided_by, review.second.decided_by}
            assert review.final.decided_by not in gave
        if review.replacement is not None:
            assert review.first.withdrawn_because == Withdrawal.REVIEWED


def check_decisions(before: dict[Any, tuple[Any, ...]]) -> dict[Any, tuple[Any, ...]]:
    """Hold every decision that ever was to what it said; return all there are now."""
    now = {
        one.pk: tuple(getattr(one, name) for name in FIXED)
        for one in Decision.objects.all()
    }
    assert before.items() <= now.items()
    undone = Decision.objects.filter(withdrawn_because=Withdrawal.UNDONE)
    for one in undone:
        assert one.withdrawn_at is not None
        assert one.withdrawn_at < one.final_at or one.final_at < one.created_at
    for one in Decision.objects.exclude(withdrawn_at=None):
        assert one.withdrawn_because
        assert one.withdrawn_by_name
    return now
