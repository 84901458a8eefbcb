"""Making an organization, with all that it cannot work without."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from accounts.services import create_administrator
from forensics.analysis.types import Verdict
from moderation.models import Policy, PolicyVersion, Priority, Queue, VersionState
from moderation.models.queues import DEFAULT_QUEUE
from moderation.services.audit import record

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.services import Credentials


class First(NamedTuple):
    """A policy that opens a case of each picture with a verdict."""

    name: str
    description: str
    verdict: Verdict
    priority: Priority


# What the first organization began with, too.
FIRST_POLICIES = (
    First(
        "Called fake",
        "Strong evidence of manipulation or generation.",
        Verdict.FAKE,
        Priority.HIGH,
    ),
    First(
        "Called suspicious",
        "Something speaks against it.",
        Verdict.SUSPICIOUS,
        Priority.NORMAL,
    ),
)


@transaction.atomic
def create_organization(
    *, organization: Organization, actor: User | None
) -> Organization:
    """Store a new organization: its queue of last resort, its first policies.

    Its people, cases, pictures and all else begin empty.

    Parameters
    ----------
    organization : Organization
        Not stored yet.
    actor : User or None
        A superuser; None at the command line.

    Raises
    ------
    ValidationError
        The name is missing, or taken.
    """
    organization.full_clean()
    organization.save(force_insert=True)
    _make_queue(organization)
    for number, first in enumerate(FIRST_POLICIES, start=1):
        _make_policy(organization, number * 10, first)
    record(
        "organization_created",
        actor=actor,
        organization=organization.pk,
        name=organization.name,
    )
    return organization


@transaction.atomic
def create_organization_with(
    *, name: str, administrator: str, password: str = ""
) -> tuple[Organization, Credentials]:
    """Make an organization and its first person, who makes the others.

    Raises
    ------
    ValidationError
        A name is taken, or the password is too weak; nothing was made.
    """
    made = create_organization(organization=Organization(name=name), actor=None)
    person = create_administrator(
        username=administrator, password=password, organization=made
    )
    return made, person


def _make_queue(organization: Organization) -> None:
    queue = Queue(
        organization=organization,
        slug=DEFAULT_QUEUE,
        name="Review",
        description="Where every case goes that nothing sends elsewhere.",
        position=1000,
    )
    queue.full_clean()
    queue.save()


def _make_policy(organization: Organization, position: int, first: First) -> None:
    policy = Policy(
        organization=organization,
        name=first.name,
        description=first.description,
        position=position,
    )
    policy.full_clean()
    policy.save()
    version = PolicyVersion(
        policy=policy,
        number=1,
        state=VersionState.LIVE,
        conditions=[{"kind": "verdict_in", "value": [first.verdict.value]}],
        priority=first.priority,
        activated_at=timezone.now(),
    )
    version.full_clean()
    version.save()
