"""What outsiders are told: once, in order, only what is final, nothing of checks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.tasks import analyze_image
from forensics.models import Analysis
from forensics.services.queue import lease_analysis, release_lease
from moderation.models import CaseKind, Decision, Event
from moderation.services import (
    decide_case,
    flag_analysis,
    open_appeal,
    reopen_case,
    undo_decision,
)
from moderation.services.completing import complete_analysis
from moderation.services.policies import publish, retire
from moderation.services.publishing import prune_events, publish_events
from tests.factories import (
    make_analysis,
    make_case,
    make_image,
    make_policy,
    make_queued_analysis,
)

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=31)


def told(now: Any = None) -> list[str]:
    """Return the types of what is public by now, in order."""
    publish_events(now=now)
    public = Event.objects.filter(position__isnull=False).order_by("position")
    return list(public.values_list("type", flat=True))


def clean() -> Analysis:
    return make_analysis(verdict="authentic", score=0.05)


def decide(case: Any, actor: User, outcome: str = "fake") -> Decision:
    return decide_case(
        case_id=case.pk, actor=actor, outcome=outcome, reason="ai_generated"
    )


def test_a_flagged_analysis_tells_of_its_case_and_itself() -> None:
    analysis = make_analysis()
    complete_analysis(analysis)
    assert sorted(told()) == ["analysis.completed", "case.opened"]
    data = Event.objects.get(type="analysis.completed").data
    assert data["flagged"] is True
    assert data["case_id"] == str(analysis.cases.get().pk)
    assert data["verdict"] == "suspicious"
    flag_analysis(analysis)
    assert len(told()) == 2


def test_events_say_for_which_of_the_senders_records_a_picture_came(
    moderator: User, lead: User
) -> None:
    image = make_image()
    for number in range(11):
        said = {"external_id": f"claim-{number}", "context": {"shop": number}}
        image.submissions.create(door="api", **said)
    analysis = make_analysis(image=image)
    complete_analysis(analysis)
    case = analysis.cases.get()
    decide(case, moderator)
    told(timezone.now() + LATER)
    Decision.objects.update(final_at=timezone.now())
    open_appeal(case_id=case.pk, actor=lead, because="no", external_id="appeal-1")
    told()

    latest = [f"claim-{number}" for number in range(10, 0, -1)]
    for kind in ("analysis.completed", "case.opened", "case.decided", "case.appealed"):
        first, *others = Event.objects.get(type=kind).data["submissions"]
        assert set(first) == {"id", "external_id", "context"}
        assert first["context"] == {"shop": 10}
        assert [one["external_id"] for one in (first, *others)] == latest
    assert Event.objects.get(type="case.appealed").data["external_id"] == "appeal-1"


def test_an_unflagged_analysis_says_so() -> None:
    complete_analysis(clean())
    assert told() == ["analysis.completed"]
    assert Event.objects.get().data["flagged"] is False


def test_what_is_rolled_back_is_never_told() -> None:
    with transaction.atomic():
        complete_analysis(make_analysis())
        transaction.set_rollback(True)
    assert told() == []


def test_an_analysis_that_is_given_up_is_told_once() -> None:
    analysis = make_queued_analysis(attempts=99)
    lease = lease_analysis(analysis_id=analysis.pk)
    assert lease is not None
    release_lease(lease, because="it broke")
    release_lease(lease, because="it broke")
    assert told() == ["analysis.failed"]
    assert Event.objects.get().data["error_code"] == "gave_up"


def test_a_damaged_original_fails_in_public() -> None:
    analysis = make_queued_analysis()
    analyze_image.func(str(analysis.pk))  # its bytes are no picture
    assert Analysis.objects.get().status == "failed"
    assert told() == ["analysis.failed"]


def test_a_decision_is_told_when_it_is_final(moderator: User) -> None:
    case = make_case()
    decision = decide(case, moderator)
    assert told() == []
    assert told(timezone.now() + LATER) == ["case.decided"]
    data = Event.objects.get().data
    assert data["outcome"] == "fake"
    assert data["decision_id"] == str(decision.pk)
    assert str(moderator) not in str(data)


def test_a_decision_that_is_taken_back_in_time_was_never_there(moderator: User) -> None:
    decision = decide(make_case(), moderator)
    undo_decision(decision_id=decision.pk, actor=moderator)
    assert told(timezone.now() + LATER) == []


def test_a_decision_that_was_told_after_all_is_taken_back_in_public(
    moderator: User,
) -> None:
    """A worker's clock that runs ahead must not leave receivers with a wrong answer."""
    decision = decide(make_case(), moderator)
    told(timezone.now() + LATER)
    undo_decision(decision_id=decision.pk, actor=moderator)
    assert told() == ["case.decided", "case.undone"]


def test_a_fresh_decision_that_a_lead_reopens_was_never_there(
    moderator: User, lead: User
) -> None:
    case = make_case()
    decide(case, moderator)
    reopen_case(case_id=case.pk, actor=lead, because="too quick")
    assert told(timezone.now() + LATER) == []


def test_an_old_decision_that_a_lead_reopens_is_told(
    moderator: User, lead: User
) -> None:
    case = make_case()
    decide(case, moderator)
    told(timezone.now() + LATER)
    reopen_case(case_id=case.pk, actor=lead, because="wrong")
    assert told() == ["case.decided", "case.reopened"]


def test_an_appeal_and_its_answer(moderator: User, lead: User) -> None:
    case = make_case()
    decision = decide(case, moderator)
    told(timezone.now() + LATER)
    Decision.objects.update(final_at=timezone.now())
    open_appeal(case_id=case.pk, actor=lead, because="no", external_id="x-1")
    answer = decide_case(
        case_id=case.pk, actor=lead, outcome="authentic", reason="no_trace_found"
    )
    assert told() == ["case.decided", "case.appealed"]
    everything = told(timezone.now() + LATER)
    assert sorted(everything[2:]) == ["appeal.resolved", "case.decided"]
    data = Event.objects.get(type="appeal.resolved").data
    assert data["resolution"] == "overturned"
    assert data["external_id"] == "x-1"
    assert data["decision_id"] == str(answer.pk) != str(decision.pk)


def test_an_answer_to_an_appeal_that_is_taken_back_was_never_there(
    moderator: User, lead: User
) -> None:
    case = make_case()
    decide(case, moderator)
    Decision.objects.update(final_at=timezone.now())
    told(timezone.now() + LATER)
    open_appeal(case_id=case.pk, actor=lead, because="no")
    answer = decide(case, lead)
    undo_decision(decision_id=answer.pk, actor=lead)
    assert told(timezone.now() + LATER) == ["case.decided", "case.appealed"]


@pytest.mark.parametrize("kind", [CaseKind.SECOND, CaseKind.GOLDEN, CaseKind.TIEBREAK])
def test_checks_are_never_told(kind: CaseKind) -> None:
    from moderation.services.audit import record

    case = make_case(kind=kind)
    record("case_opened", actor=None, case=case, because="")
    assert told() == []


def test_what_policies_do_is_told_and_drafts_are_not(administrator: User) -> None:
    version = make_policy(state="draft")
    publish(version=version, state="live", actor=administrator)
    retire(version=version, actor=administrator)
    assert told() == ["policy.changed"] * 2
    changes = Event.objects.order_by("position").values_list("data__change", flat=True)
    assert list(changes) == ["published", "retired"]


def test_positions_have_no_gaps_and_old_events_are_pruned() -> None:
    for _ in range(3):
        complete_analysis(clean())
        publish_events()
    positions = Event.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == [1, 2, 3]
    assert prune_events() == 0
    Event.objects.filter(position=1).update(
        occurred_at=timezone.now() - timedelta(days=31)
    )
    assert prune_events() == 1
    complete_analysis(clean())
    publish_events()
    assert Event.objects.order_by("position").last().position == 4  # type: ignore[union-attr]
