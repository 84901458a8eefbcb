"""Changing the rules: who may, and what stays on record."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from moderation.exceptions import NotAllowedError
from moderation.models import AuditEvent, Policy, Priority
from moderation.services import delete_policy, save_policy
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_change_records_what_was_and_what_is(lead: User) -> None:
    policy = save_policy(
        policy=Policy(name="Generated", codes=["ai_generated"]), actor=lead
    )
    policy.priority = Priority.URGENT
    save_policy(policy=policy, actor=lead)
    created, changed = AuditEvent.objects.order_by("id")
    assert created.action == "policy_created"
    assert created.data["before"] is None
    assert changed.action == "policy_changed"
    assert (changed.data["before"]["priority"], changed.data["after"]["priority"]) == (
        Priority.NORMAL,
        Priority.URGENT,
    )


def test_a_deleted_policy_stays_on_record(administrator: User) -> None:
    policy = Policy.objects.get(name="Called fake")
    delete_policy(policy=policy, actor=administrator)
    assert AuditEvent.objects.get().data["before"]["name"] == "Called fake"
    assert not Policy.objects.filter(name="Called fake").exists()


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_who_may_not_change_policies_changes_nothing(group: str) -> None:
    actor = make_user(group)
    policy = Policy.objects.get(name="Called fake")
    policy.is_active = False
    with pytest.raises(NotAllowedError):
        save_policy(policy=policy, actor=actor)
    with pytest.raises(NotAllowedError):
        save_policy(policy=Policy(name="Mine"), actor=actor)
    with pytest.raises(NotAllowedError):
        delete_policy(policy=policy, actor=actor)
    assert Policy.objects.get(name="Called fake").is_active
    assert not AuditEvent.objects.exists()


def test_a_lead_changes_but_does_not_delete(lead: User) -> None:
    with pytest.raises(NotAllowedError):
        delete_policy(policy=Policy.objects.get(name="Called fake"), actor=lead)


def test_a_score_outside_the_scale_is_refused(lead: User) -> None:
    with pytest.raises(ValidationError):
        save_policy(policy=Policy(name="Odd", min_score=1.5), actor=lead)
