"""Making an organization: with what it cannot work without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from accounts.services import create_person
from forensics.analysis.types import Verdict
from moderation.models import Policy, PolicyVersion, Priority, Queue, VersionState
from moderation.models.queues import DEFAULT_QUEUE
from moderation.services.audit import record

if TYPE_CHECKING:
    from accounts.services import Credentials

# What a new installation begins with, too (migration 0002).
POLICIES = (
    ("Called fake", "Strong evidence of manipulation.", Verdict.FAKE, Priority.HIGH),
    (
        "Called suspicious",
        "Something speaks against it.",
        Verdict.SUSPICIOUS,
        Priority.NORMAL,
    ),
)


@transaction.atomic
def create_organization(*, name: str, administrator: str) -> Credentials:
    """Make an organization with its last-resort queue, policies and administrator.

    Raises
    ------
    ValidationError
        The name is taken, or the user name is; nothing was made.
    """
    organization = Organization(name=" ".join(name.replace("\0", " ").split()))
    organization.full_clean()
    organization.save(force_insert=True)
    queue = Queue(
        organization=organization,
        slug=DEFAULT_QUEUE,
        name="Review",
        description="Where every case goes that nothing sends elsewhere.",
        position=1000,
    )
    queue.full_clean()
    queue.save(force_insert=True)
    _add_policies(organization)
    made = create_person(
        username=administrator,
        group="administrator",
        is_staff=True,
        organization=organization,
    )
    record(
        "organization_created",
        actor=None,
        organization_id=organization.pk,
        organization=organization.name,
        administrator=administrator,
    )
    return made


def _add_policies(organization: Organization) -> None:
    for place, (name, description, verdict, priority) in enumerate(POLICIES, start=1):
        policy = Policy(
            organization=organization,
            name=name,
            description=description,
            position=place * 10,
        )
        policy.full_clean()
        policy.save(force_insert=True)
        PolicyVersion.objects.create(
            policy=policy,
            number=1,
            state=VersionState.LIVE,
            conditions=[{"kind": "verdict_in", "value": [verdict.value]}],
            priority=priority,
            activated_at=timezone.now(),
        )
