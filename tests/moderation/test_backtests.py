"""Back-tests: what a version would change, counted without acting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from moderation.exceptions import InvalidPolicyError, NotAllowedError
from moderation.models import (
    AuditEvent,
    BacktestState,
    Case,
    PolicyAction,
    PolicyBacktest,
    PolicyEffect,
    PolicyVersion,
    VersionState,
)
from moderation.services import Draft, create_policy, decide_case, save_draft
from moderation.services import backtests as services
from moderation.services.backtests import (
    cancel_backtest,
    recover_backtests,
    run_backtest_part,
    start_backtest,
)
from tests.factories import make_analysis, make_case, make_user

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
HIGH: list[dict[str, object]] = [{"kind": "score_at_least", "value": 0.9}]
FAKE: list[dict[str, object]] = [{"kind": "verdict_in", "value": ["fake"]}]


def draft_of(actor: User, conditions: list[dict[str, object]], **says: Any) -> Any:
    policy = create_policy(
        name=f"Tested {PolicyVersion.objects.count()}",
        draft=Draft(conditions=conditions, **says),
        actor=actor,
    )
    return policy.versions.get()


def finished(version: PolicyVersion, actor: User, size: int = 100) -> PolicyBacktest:
    backtest = start_backtest(version=version, size=size, actor=actor)
    for _part in range(20):
        run_backtest_part(backtest_id=backtest.pk)
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.COMPLETED, backtest.error
    return backtest


def test_a_draft_that_opens_more_says_what_it_would_open(lead: User) -> None:
    make_analysis(verdict="inconclusive", score=0.4)
    shown = make_analysis(verdict="inconclusive", score=0.95)
    make_analysis(verdict="fake", score=0.97)  # a live policy opens it today

    result = finished(draft_of(lead, HIGH), lead).result

    assert (result["looked"], result["matched"], result["acts"]) == (3, 2, 1)
    assert (result["opened_today"], result["opened_then"]) == (1, 2)
    assert result["changes"] == {
        "newly_opened": 1,
        "no_longer_opened": 0,
        "newly_decided": 0,
        "no_longer_decided": 0,
        "moved": 0,
    }
    (example,) = result["examples"]["newly_opened"]
    assert example["analysis"] == str(shown.pk)
    assert (example["before"], example["after"]["action"]) == (None, PolicyAction.OPEN)


def test_nothing_is_opened_decided_or_noted(lead: User) -> None:
    make_analysis(verdict="fake", score=0.97)
    version = draft_of(lead, [], action=PolicyAction.MARK_FAKE)
    finished(version, lead)
    assert not Case.objects.exists()
    assert not PolicyEffect.objects.exists()
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


def test_a_stricter_draft_of_a_live_policy_takes_its_place(lead: User) -> None:
    low = make_analysis(verdict="suspicious", score=0.6)
    make_analysis(verdict="suspicious", score=0.95)
    live = PolicyVersion.objects.get(
        policy__name="Called suspicious", state=VersionState.LIVE
    )
    draft = save_draft(
        policy=live.policy,
        draft=Draft(conditions=[*live.conditions, *HIGH], priority=40),
        actor=lead,
    )

    result = finished(draft, lead).result

    assert result["changes"]["no_longer_opened"] == 1
    assert result["changes"]["moved"] == 1  # another priority
    (gone,) = result["examples"]["no_longer_opened"]
    assert (gone["analysis"], gone["after"]) == (str(low.pk), None)


def test_decisions_without_an_approver_are_told_apart(administrator: User) -> None:
    make_analysis(verdict="fake", score=0.97)
    policy = PolicyVersion.objects.get(policy__name="Called fake").policy
    draft = save_draft(
        policy=policy,
        draft=Draft(
            conditions=FAKE, action=PolicyAction.MARK_FAKE, needs_approval=False
        ),
        actor=administrator,
    )
    result = finished(draft, administrator).result
    assert result["changes"]["newly_decided"] == 1
    assert (result["decided_today"], result["decided_then"]) == (0, 1)


def test_what_people_decided_is_held_against_it(lead: User) -> None:
    for score, outcome, reason in (
        (0.95, "fake", "ai_generated"),
        (0.96, "authentic", "source_confirmed"),
        (0.3, "authentic", "no_trace_found"),
    ):
        case = make_case(analysis=make_analysis(score=score))
        decide_case(case_id=case.pk, actor=lead, outcome=outcome, reason=reason)
    people = finished(draft_of(lead, HIGH), lead).result["people"]
    assert people["matched"] == {"fake": 1, "authentic": 1}
    assert people["others"] == {"authentic": 1}


def test_only_the_last_ones_are_looked_at(lead: User) -> None:
    for _number in range(5):
        make_analysis()
    assert finished(draft_of(lead, []), lead, size=3).result["looked"] == 3


def test_it_goes_on_in_parts(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for _number in range(5):
        make_analysis()
    monkeypatch.setattr(services, "BATCH", 2)
    monkeypatch.setattr(services, "PART", 2)
    backtest = start_backtest(version=draft_of(lead, []), size=100, actor=lead)
    seen = []
    for _part in range(4):
        run_backtest_part(backtest_id=backtest.pk)
        backtest.refresh_from_db()
        seen.append((backtest.done, str(backtest.state)))
    assert seen[:3] == [(2, "queued"), (4, "queued"), (5, "completed")]
    assert seen[3] == seen[2]  # over: one more job does nothing
    assert backtest.result["looked"] == 5


def test_each_batch_takes_the_same_number_of_queries(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = draft_of(lead, HIGH)
    make_analysis()
    small = queries_of(version, lead)
    for _number in range(12):
        make_analysis()
    assert queries_of(version, lead) == small
    monkeypatch.setattr(services, "BATCH", 5)
    assert queries_of(version, lead) < 3 * small


def queries_of(version: PolicyVersion, actor: User) -> int:
    backtest = start_backtest(version=version, size=100, actor=actor)
    with CaptureQueriesContext(connection) as queries:
        run_backtest_part(backtest_id=backtest.pk)
    backtest.refresh_from_db()
    assert backtest.state == BacktestState.COMPLETED
    return len(queries)


def test_cancelling_keeps_what_was_counted(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(4):
        make_analysis()
    monkeypatch.setattr(services, "BATCH", 2)
    monkeypatch.setattr(services, "PART", 2)
    backtest = start_backtest(version=draft_of(lead, []), size=100, actor=lead)
    run_backtest_part(backtest_id=backtest.pk)
    cancel_backtest(backtest=backtest, actor=lead)
    run_backtest_part(backtest_id=backtest.pk)
    backtest.refresh_from_db()
    assert (backtest.state, backtest.done) == (BacktestState.CANCELLED, 2)
    with pytest.raises(InvalidPolicyError):
        cancel_backtest(backtest=backtest, actor=lead)
    events = AuditEvent.objects.filter(action__startswith="backtest")
    assert [e.action for e in events.order_by("position")] == [
        "backtest_started",
        "backtest_cancelled",
    ]


def test_one_lost_with_its_worker_is_queued_again_and_given_up_in_the_end(
    lead: User, settings: Any
) -> None:
    backtest = start_backtest(version=draft_of(lead, []), size=100, actor=lead)
    later = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)
    for attempt in range(1, settings.MAX_ATTEMPTS + 1):
        lose(backtest, attempts=attempt)
        recover_backtests(now=later)
        backtest.refresh_from_db()
        is_last = attempt == settings.MAX_ATTEMPTS
        assert backtest.state == (
            BacktestState.FAILED if is_last else BacktestState.QUEUED
        )
    assert "lost" in backtest.error


def lose(backtest: PolicyBacktest, *, attempts: int) -> None:
    PolicyBacktest.objects.filter(pk=backtest.pk).update(
        state=BacktestState.RUNNING,
        token=backtest.pk,
        attempts=attempts,
        seen_at=timezone.now(),
    )


def test_a_changed_draft_does_not_change_a_test_under_way(lead: User) -> None:
    make_analysis(score=0.5)
    version = draft_of(lead, HIGH)
    backtest = start_backtest(version=version, size=10, actor=lead)
    save_draft(policy=version.policy, draft=Draft(), actor=lead)
    run_backtest_part(backtest_id=backtest.pk)
    backtest.refresh_from_db()
    assert backtest.result["matched"] == 0


@pytest.mark.parametrize("size", [0, -1, 10_001])
def test_a_number_that_makes_no_sense_is_refused(lead: User, size: int) -> None:
    with pytest.raises(InvalidPolicyError):
        start_backtest(version=draft_of(lead, []), size=size, actor=lead)


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_who_may_not_change_policies_tests_none(lead: User, group: str) -> None:
    version = draft_of(lead, [])
    with pytest.raises(NotAllowedError):
        start_backtest(version=version, size=10, actor=make_user(group))
    assert not PolicyBacktest.objects.exists()


def test_one_that_runs_is_not_begun_twice(lead: User) -> None:
    version = draft_of(lead, [])
    first = start_backtest(version=version, size=10, actor=lead)
    assert start_backtest(version=version, size=10, actor=lead) == first
