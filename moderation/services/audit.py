"""The record. Called inside the transaction of whatever is recorded, as its last step.

Appending locks the end of the record until the transaction is over: what else a
transaction locks, it locks before, or two of them could wait for each other.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.context import current_address
from forensics.models import Image
from moderation.audit_chain import hash_of, plain
from moderation.audit_selectors import READ, entry_of
from moderation.models import AuditEvent, AuditHead, Case, Policy
from moderation.services.permissions import require

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


@transaction.atomic
def record_audit_export(*, actor: User, query: str) -> int:
    """Record that somebody takes the record with them; return this row's position."""
    require(actor, READ, gettext("export the record"))
    return record("audit_exported", actor=actor, query=query).position


class Derived(Enum):
    """An event's organization that is not said."""

    FROM_THE_REST = auto()


def _organization_of(
    about: Case | Policy | None, image_id: UUID | None, actor: User | None
) -> int | None:
    if about is not None:
        return about.organization_id
    # Superusers look at the images of others, too; nobody else comes to them.
    if image_id is not None and (actor is None or actor.is_superuser):
        images = Image.objects.filter(pk=image_id)
        return images.values_list("organization", flat=True).first()
    return actor.organization_id if actor is not None else None


def record(  # noqa: PLR0913 - what an event has, each by its name
    action: str,
    *,
    actor: User | None,
    case: Case | None = None,
    policy: Policy | None = None,
    image_id: UUID | None = None,
    organization: int | Derived | None = Derived.FROM_THE_REST,
    **data: Any,
) -> AuditEvent:
    """Append one event; of a case also under its image.

    ``organization`` is whose event it is: by default that of the case, the policy or
    the image, or else of who acts. None: it concerns the installation.
    """
    if organization is Derived.FROM_THE_REST:
        organization = _organization_of(case or policy, image_id, actor)
    head = AuditHead.objects.select_for_update().get(pk=1)
    event = AuditEvent(
        position=head.count + 1,
        at=timezone.now(),
        action=action,
        actor=actor,
        actor_name=str(actor) if actor else "",
        address=current_address(),
        case=case,
        policy=policy,
        image=image_id or (case.image_id if case else None),
        organization_id=organization,
        data=plain(data),
        previous_hash=head.hash,
    )
    event.hash = hash_of(entry_of(event), event.previous_hash)
    event.save(force_insert=True)
    head.count, head.hash = event.position, event.hash
    head.save()
    return event
