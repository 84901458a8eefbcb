"""Changing the rules, with a record of what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from moderation.models import Policy
from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from accounts.models import User

FIELDS = (
    "name",
    "description",
    "is_active",
    "verdicts",
    "codes",
    "min_score",
    "priority",
)


@transaction.atomic
def save_policy(*, policy: Policy, actor: User) -> Policy:
    """Store a new or changed policy and record both versions."""
    before = Policy.objects.filter(pk=policy.pk).first()
    change = "change" if before else "add"
    require(actor, f"moderation.{change}_policy", f"{change} policies")
    policy.full_clean()
    policy.save()
    record(
        "policy_changed" if before else "policy_created",
        actor=actor,
        policy=policy,
        before=_as_dict(before) if before else None,
        after=_as_dict(policy),
    )
    return policy


@transaction.atomic
def delete_policy(*, policy: Policy, actor: User) -> None:
    """Remove a policy; its cases stay, and the record keeps what it said."""
    require(actor, "moderation.delete_policy", "delete policies")
    record("policy_deleted", actor=actor, before=_as_dict(policy))
    policy.delete()


def _as_dict(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in FIELDS}
