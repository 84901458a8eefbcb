"""The record. Called inside the transaction of whatever is recorded, as its last step.

Appending locks the end of the record until the transaction is over: what else a
transaction locks, it locks before, or two of them could wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.context import current_address
from moderation.audit_chain import hash_of, plain
from moderation.audit_selectors import READ, entry_of
from moderation.exceptions import NotAllowedError
from moderation.models import AuditEvent, AuditHead, Case, Policy
from moderation.services.announcing import announce
from moderation.services.permissions import require

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


@transaction.atomic
def record_audit_export(*, actor: User, query: str) -> int:
    """Record that somebody takes the record with them; return this row's position."""
    require(actor, READ, gettext("export the record"))
    return record("audit_exported", actor=actor, query=query).position


def _refuse_strangers(actor: User | None, organization_id: int | None) -> None:
    """End a change of what is another organization's, whatever door it came through."""
    if actor is None or actor.is_superuser:
        return
    if organization_id != actor.organization_id:
        raise NotAllowedError(gettext("This belongs to another organization."))


def record(  # noqa: PLR0913 - what an event names, each by its name
    action: str,
    *,
    actor: User | None,
    case: Case | None = None,
    policy: Policy | None = None,
    image_id: UUID | None = None,
    organization_id: int | None = None,
    **data: Any,
) -> AuditEvent:
    """Append one event; of a case also under its image. Outsiders may be told of it.

    It stands in the record of ``organization_id``; by default of the case's or policy's
    organization, else of the actor's. Of none of them: of the installation's.
    """
    about = next((one for one in (case, policy, actor) if one is not None), None)
    if organization_id is None and about is not None:
        organization_id = about.organization_id
    _refuse_strangers(actor, organization_id)
    announce(action, case=case, policy=policy, data=data)
    head = AuditHead.objects.select_for_update().get(pk=1)
    event = AuditEvent(
        position=head.count + 1,
        at=timezone.now(),
        action=action,
        organization_id=organization_id,
        actor=actor,
        actor_name=str(actor) if actor else "",
        address=current_address(),
        case=case,
        policy=policy,
        image=image_id or (case.image_id if case else None),
        data=plain(data),
        previous_hash=head.hash,
    )
    event.hash = hash_of(entry_of(event), event.previous_hash)
    event.save(force_insert=True)
    head.count, head.hash = event.position, event.hash
    head.save()
    return event
