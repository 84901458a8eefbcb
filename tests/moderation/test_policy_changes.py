"""Changing the rules: who may, what is at work, and what stays on record."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from moderation import services
from moderation.exceptions import InvalidPolicyError, NotAllowedError
from moderation.models import (
    AuditEvent,
    Policy,
    PolicyAction,
    PolicyVersion,
    Priority,
    VersionState,
)
from moderation.services import Draft
from tests.factories import make_policy, make_user

pytestmark = pytest.mark.django_db
GENERATED: list[dict[str, Any]] = [{"kind": "code_any", "value": ["ai_generated"]}]


def states(policy: Policy) -> dict[int, str]:
    return dict(policy.versions.values_list("number", "state"))


def test_policies_of_before_are_live_versions() -> None:
    policy = Policy.objects.get(name="Called fake")
    version = policy.versions.get()
    assert version.state == VersionState.LIVE
    assert version.conditions == [{"kind": "verdict_in", "value": ["fake"]}]
    assert version.priority == Priority.HIGH


def test_a_new_policy_is_a_draft_and_acts_nowhere(lead: User) -> None:
    draft = Draft(conditions=GENERATED, priority=Priority.URGENT)
    policy = services.create_policy(name="Generated", draft=draft, actor=lead)
    assert states(policy) == {1: VersionState.DRAFT}
    event = AuditEvent.objects.get()
    assert event.action == "policy_created"
    assert event.data["after"]["conditions"] == GENERATED
    assert event.policy_id == policy.pk


def test_a_draft_goes_to_shadow_and_then_live(lead: User) -> None:
    policy = services.create_policy(name="Generated", actor=lead)
    draft = services.save_draft(
        policy=policy, draft=Draft(conditions=GENERATED), actor=lead
    )
    assert draft.number == 1
    services.publish(version=draft, state="shadow", actor=lead)
    services.publish(version=draft, state="live", actor=lead)
    assert states(policy) == {1: VersionState.LIVE}
    actions = list(AuditEvent.objects.order_by("position").values_list("action"))
    assert [action for (action,) in actions] == [
        "policy_created",
        "policy_drafted",
        "policy_published",
        "policy_published",
    ]


def test_a_live_version_is_never_edited(lead: User) -> None:
    live = make_policy()
    draft = services.save_draft(
        policy=live.policy, draft=Draft(conditions=GENERATED), actor=lead
    )
    assert states(live.policy) == {1: VersionState.LIVE, 2: VersionState.DRAFT}
    services.publish(version=draft, state="live", actor=lead)
    assert states(live.policy) == {1: VersionState.RETIRED, 2: VersionState.LIVE}
    live.refresh_from_db()
    assert live.conditions != GENERATED


def test_an_older_version_comes_back_as_a_new_one(lead: User) -> None:
    first = make_policy()
    second = services.save_draft(policy=first.policy, draft=Draft(), actor=lead)
    services.publish(version=second, state="live", actor=lead)
    again = services.publish(version=first, state="live", actor=lead)
    assert again.number == 3
    assert again.conditions == first.conditions
    assert states(first.policy)[3] == VersionState.LIVE
    assert states(first.policy)[2] == VersionState.RETIRED


def test_what_is_at_work_can_be_retired_and_a_draft_discarded(lead: User) -> None:
    live = make_policy()
    services.retire(version=live, actor=lead)
    services.save_draft(policy=live.policy, draft=Draft(), actor=lead)
    services.discard_draft(policy=live.policy, actor=lead)
    assert states(live.policy) == {1: VersionState.RETIRED}
    with pytest.raises(InvalidPolicyError):
        services.retire(version=live, actor=lead)
    with pytest.raises(InvalidPolicyError):
        services.discard_draft(policy=live.policy, actor=lead)


def test_conditions_that_are_none_are_refused_with_their_place(lead: User) -> None:
    policy = make_policy().policy
    wrong: list[dict[str, object]] = [{"kind": "score_at_least", "value": 7}]
    with pytest.raises(InvalidPolicyError) as error:
        services.save_draft(policy=policy, draft=Draft(conditions=wrong), actor=lead)
    assert error.value.pointer == "/0/value"
    assert states(policy) == {1: VersionState.LIVE}


def test_an_unknown_action_is_refused(lead: User) -> None:
    with pytest.raises(ValidationError):
        services.create_policy(name="Odd", draft=Draft(action="delete"), actor=lead)
    assert not Policy.objects.filter(name="Odd").exists()


def test_only_administrators_spare_the_approver(
    lead: User, administrator: User
) -> None:
    alone = Draft(action=PolicyAction.MARK_FAKE, needs_approval=False)
    policy = make_policy().policy
    with pytest.raises(NotAllowedError):
        services.save_draft(policy=policy, draft=alone, actor=lead)
    draft = services.save_draft(policy=policy, draft=alone, actor=administrator)
    with pytest.raises(NotAllowedError):
        services.publish(version=draft, state="live", actor=lead)
    services.publish(version=draft, state="live", actor=administrator)


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_who_may_not_change_policies_changes_nothing(group: str) -> None:
    actor, live = make_user(group), make_policy()
    attempts = (
        lambda: services.create_policy(name="Mine", actor=actor),
        lambda: services.save_draft(policy=live.policy, draft=Draft(), actor=actor),
        lambda: services.publish(version=live, state="live", actor=actor),
        lambda: services.retire(version=live, actor=actor),
        lambda: services.discard_draft(policy=live.policy, actor=actor),
        lambda: services.move_policy(policy=live.policy, position=5, actor=actor),
        lambda: services.rename_policy(
            policy=live.policy, name="x", description="", actor=actor
        ),
        lambda: services.delete_policy(policy=live.policy, actor=actor),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowedError):
            attempt()
    assert states(live.policy) == {1: VersionState.LIVE}
    assert not AuditEvent.objects.exists()


def test_only_what_was_never_at_work_is_deleted(
    lead: User, administrator: User
) -> None:
    policy = services.create_policy(name="Trial", actor=lead)
    with pytest.raises(NotAllowedError):
        services.delete_policy(policy=policy, actor=lead)
    services.delete_policy(policy=policy, actor=administrator)
    deleted = AuditEvent.objects.get(action="policy_deleted")
    assert deleted.data["before"]["name"] == "Trial"
    with pytest.raises(InvalidPolicyError, match="retire it"):
        services.delete_policy(policy=make_policy().policy, actor=administrator)
    assert PolicyVersion.objects.filter(state=VersionState.LIVE).exists()
