"""The record. Called inside the transaction of whatever is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation.models import AuditEvent, Case, Policy

if TYPE_CHECKING:
    from accounts.models import User


def record(
    action: str,
    *,
    actor: User | None,
    case: Case | None = None,
    policy: Policy | None = None,
    **data: Any,
) -> None:
    """Append one event."""
    AuditEvent.objects.create(
        action=action,
        actor=actor,
        actor_name=str(actor) if actor else "",
        case=case,
        policy=policy,
        data=data,
    )
