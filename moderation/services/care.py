"""What people see of pictures, for all and for each, with a record that it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.services import set_preferences
from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from accounts.models import User

DEFAULTS = ("blur_by_default", "grayscale_by_default")


@transaction.atomic
def save_care(*, actor: User, **values: Any) -> None:
    """Store one's own choices. The record says which changed, never to what.

    How much somebody can bear to see is their own affair.
    """
    changed = set_preferences(user=actor, **values)
    if changed:
        record("preferences_changed", actor=actor, changed=changed)


@transaction.atomic
def save_organization(*, organization: Organization, actor: User) -> Organization:
    """Store what holds for all who have not chosen, and record both versions."""
    require(actor, "accounts.change_organization", _("change what holds for everybody"))
    before = Organization.objects.select_for_update().get(pk=organization.pk)
    organization.full_clean()
    organization.save()
    if _defaults(before) != _defaults(organization):
        record(
            "organization_changed",
            actor=actor,
            organization_id=organization.pk,
            organization=organization.pk,
            before=_defaults(before),
            after=_defaults(organization),
        )
    return organization


def _defaults(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in ("name", *DEFAULTS)}
