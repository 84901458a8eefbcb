"""What an organization's programs have made: keys, webhooks, files on their way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.keys.scopes import Scope
from accounts.keys.services import KeyPlan, create_key, create_service_account
from forensics.models import Fetch, Upload
from moderation.models import Delivery, Event
from moderation.services.endpoints import Wish, create_endpoint

if TYPE_CHECKING:
    from accounts.models import User


def make_programs(mark: str, lead: User, boss: User) -> tuple[dict[str, Any], str]:
    """Return the key of one row of each kind, and a secret with all scopes."""
    own = {"organization_id": lead.organization_id}
    account = create_service_account(
        actor=boss, username=f"{mark}-program", groups=["integrator"]
    )
    plan = KeyPlan(name=f"{mark} key", scopes=Scope.values)
    issued = create_key(actor=boss, account=account, plan=plan)
    wish = Wish(url=f"https://{mark}.example.org/in", description=f"{mark} hook")
    endpoint, _ = create_endpoint(wish=wish, actor=boss)
    event = Event.objects.create(
        **own,
        type="policy.changed",
        position=issued.key.pk.int % 2**40,
        data={"is": mark},
    )
    delivery = Delivery.objects.create(
        endpoint=endpoint, event=event, position=event.position
    )
    coming = own | {"sent_by": account, "original_name": f"{mark}.jpg"}
    upload = Upload.objects.create(
        **coming,
        byte_size=1,
        sha256="b" * 64,
        stored_name=f"{mark}-stored",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    fetch = Fetch.objects.create(**coming, url=f"https://{mark}.example.org/a.jpg")
    return {
        "endpoint": endpoint.pk,
        "delivery": delivery.pk,
        "event": event.pk,
        "key": issued.key.pk,
        "upload": upload.pk,
        "fetch": fetch.pk,
    }, issued.secret
