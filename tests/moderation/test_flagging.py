"""From an analysis to a case or a decision: what live and shadow versions do."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from accounts.models import User
from moderation import services
from moderation.exceptions import NotAllowedError
from moderation.models import (
    AuditEvent,
    Case,
    Decision,
    PolicyAction,
    PolicyEffect,
    Priority,
    Queue,
    VersionState,
)
from moderation.rule_words import because_of
from moderation.services import flag_analysis
from moderation.states import CaseStatus
from tests.factories import (
    make_analysis,
    make_finding,
    make_image,
    make_policy,
    make_user,
)
from tests.moderation.chain import assert_chain_is_whole

pytestmark = pytest.mark.django_db
FAKE: dict[str, Any] = {"verdict": "fake", "score": 0.95}


def flagged(**fields: Any) -> Case:
    case = flag_analysis(make_analysis(**FAKE | fields))
    assert case is not None
    return case


def test_why_a_case_was_opened_is_said_in_the_readers_language() -> None:
    with override("de"):
        make_policy(name="Marked")
        case = flagged()
        assert case.opened_because == "Marked: the verdict is fake"
        assert because_of(case) != case.opened_because
        assert because_of(case).startswith("Marked: ")
    with override("en"):
        assert because_of(case) == case.opened_because


def test_the_first_policy_that_holds_acts() -> None:
    make_policy(name="Second", position=2, priority=Priority.URGENT)
    make_policy(name="First", position=1, priority=Priority.LOW)
    case = flagged()
    assert (str(case.policy), case.priority) == ("First", Priority.LOW)
    assert case.opened_because == "First: the verdict is fake"
    assert PolicyEffect.objects.get().version.policy.name == "First"


def test_shadow_notes_what_it_would_have_done_and_does_nothing() -> None:
    shadow = make_policy(state=VersionState.SHADOW, action=PolicyAction.MARK_FAKE)
    case = flagged()
    assert str(case.policy) == "Called fake"
    noted = PolicyEffect.objects.get(version=shadow)
    assert (noted.action, noted.is_live, noted.has_acted) == ("mark_fake", False, False)
    assert not Decision.objects.exists()


def test_drafts_and_retired_versions_are_not_looked_at() -> None:
    make_policy(state=VersionState.DRAFT)
    make_policy(state=VersionState.RETIRED)
    assert str(flagged().policy) == "Called fake"


def test_a_policy_names_queue_and_priority() -> None:
    queue = Queue.objects.create(slug="urgent", name="Urgent", due_minutes=30)
    make_policy(queue=queue, priority=Priority.URGENT)
    case = flagged()
    assert (case.queue, case.priority) == (queue, Priority.URGENT)
    assert case.due_at is not None


def test_held_cases_wait() -> None:
    make_policy(action=PolicyAction.HOLD)
    assert flagged().status == CaseStatus.HELD


def test_a_policy_that_may_decides_alone_and_a_lead_reopens(lead: User) -> None:
    make_policy(action=PolicyAction.MARK_FAKE, needs_approval=False, name="Marks")
    case = flagged()
    decision = case.decisions.get()
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, "fake")
    assert (decision.outcome, decision.is_automatic) == ("fake", True)
    assert (decision.decided_by, decision.decided_by_name) == (
        None,
        "Policy Marks v1",
    )
    assert decision.note == "Marks: the verdict is fake"
    services.reopen_case(case_id=case.pk, actor=lead, because="look again")
    assert not case.decisions.filter(withdrawn_at=None).exists()
    actions = AuditEvent.objects.order_by("position").values_list("action", flat=True)
    assert list(actions) == ["case_opened", "case_decided", "case_reopened"]
    assert_chain_is_whole()


def test_a_declared_generator_is_the_ground_of_the_decision() -> None:
    make_policy(action=PolicyAction.MARK_FAKE, needs_approval=False)
    analysis = make_analysis(**FAKE)
    make_finding(analysis=analysis, analyzer="provenance", codes=["ai_generated"])
    case = flag_analysis(analysis)
    assert case is not None
    assert case.decisions.get().reason == "ai_generated"


def test_pictures_are_cleared_without_a_person() -> None:
    authentic = {"kind": "verdict_in", "value": ["authentic"]}
    make_policy(authentic, action=PolicyAction.CLEAR, needs_approval=False)
    case = flagged(verdict="authentic", score=0.05)
    assert (case.outcome, case.decisions.get().reason) == (
        "authentic",
        "no_trace_found",
    )


def test_what_needs_approval_is_only_proposed() -> None:
    make_policy(action=PolicyAction.MARK_FAKE)
    case = flagged()
    assert (case.status, case.outcome) == (CaseStatus.OPEN, "")
    assert (case.proposed_outcome, case.proposed_reason) == ("fake", "other")
    assert not Decision.objects.exists()


def test_the_author_does_not_approve_their_own_policy(
    lead: User, moderator: User
) -> None:
    make_policy(action=PolicyAction.MARK_FAKE, created_by=lead)
    case = flagged()
    with pytest.raises(NotAllowedError, match="somebody else"):
        services.decide_case(
            case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
        )
    case.refresh_from_db()
    assert case.status == CaseStatus.OPEN
    services.decide_case(
        case_id=case.pk, actor=moderator, outcome="fake", reason="content_edited"
    )


def test_the_author_may_decide_otherwise(lead: User) -> None:
    make_policy(action=PolicyAction.MARK_FAKE, created_by=lead)
    case = flagged()
    services.decide_case(
        case_id=case.pk, actor=lead, outcome="authentic", reason="harmless_edit"
    )


def test_a_picture_that_has_a_case_is_left_to_it() -> None:
    live = make_policy(action=PolicyAction.MARK_FAKE, needs_approval=False)
    first = flagged()
    newer = make_analysis(image=first.image, **FAKE)
    assert flag_analysis(newer) is None
    assert Decision.objects.count() == 1
    noted = PolicyEffect.objects.get(version=live, analysis=newer)
    assert not noted.has_acted


def test_flagging_again_changes_nothing() -> None:
    make_policy()
    analysis = make_analysis(**FAKE)
    case = flag_analysis(analysis)
    assert flag_analysis(analysis) == case
    assert PolicyEffect.objects.count() == 1
    assert Case.objects.count() == 1


def test_queues_take_cases_by_their_own_rules(moderator: User) -> None:
    sent = {"kind": "sender_in", "value": ["shop"]}
    shop = make_user("integrator", username="shop")
    queue = Queue.objects.create(
        slug="shop", name="Shop", position=1, conditions=[sent]
    )
    Queue.objects.create(
        slug="off", name="Off", position=0, conditions=[sent], is_active=False
    )
    case = flagged(image=make_image(submitted_by=shop))
    assert case.queue == queue
    assert flagged().queue.slug == "review"
    by_hand = services.open_case(
        image=make_analysis(image=make_image(submitted_by=shop)).image,
        actor=moderator,
        because="",
    )
    assert by_hand.queue == queue


def test_conditions_see_tags_and_checks() -> None:
    make_policy(
        {"kind": "tag_contains", "name": "EXIF:Software", "value": "gimp"},
        {"kind": "signal_at_least", "name": "metadata", "value": 0.7},
        name="GIMP",
    )
    assert str(flagged().policy) == "GIMP"
