"""Reads: the undecided cases of pictures that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from forensics.known import near_images
from moderation import flow_selectors, selectors
from moderation.models import CaseKind
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from moderation.models import Case

MOST_RELATED = 50


@dataclass(frozen=True, slots=True)
class Related:
    """A case that can be decided together with another, and why it may belong to it.

    ``distance`` is in bits of 256 where the pictures look alike.
    """

    case: Case
    distance: int | None
    same_uploader: bool


def related_cases(
    case: Case, *, user: User, only: Collection[UUID] | None = None
) -> Sequence[Related]:
    """Return what this person could decide together with ``case``, nearest first.

    Undecided cases of pictures that look alike, or that the same uploader sent, which
    they may take themselves; at most ``MOST_RELATED``. With ``only``, no others.
    """
    now = timezone.now()
    distances = near_images(case.image).distances
    takable = _takable(user, now).exclude(pk=case.pk)
    if only is not None:
        takable = takable.filter(pk__in=list(only))
    loaded = selectors.with_list_details(takable)
    alike = list(loaded.filter(image__in=list(distances))[:MOST_RELATED])
    found = {one.pk: one for one in alike}
    if case.uploader_id is not None:
        same = loaded.filter(uploader=case.uploader_id)[: MOST_RELATED + 1]
        found |= {one.pk: one for one in same}
    related = [
        Related(
            case=one,
            distance=distances.get(one.image_id),
            same_uploader=one.uploader_id is not None
            and one.uploader_id == case.uploader_id,
        )
        for one in found.values()
    ]
    return sorted(related, key=_nearest_first)[:MOST_RELATED]


def _takable(user: User, now: Any) -> QuerySet[Case]:
    """Return the cases that this person may decide in this moment."""
    waiting = Q(
        pk__in=flow_selectors.cases_for(user, now=now).filter(
            status=CaseStatus.OPEN, queue__in=flow_selectors.queues_of(user)
        )
    )
    mine = Q(status=CaseStatus.CLAIMED, claimed_by=user, outcome="")
    together = Q(kind__in=(CaseKind.REGULAR, CaseKind.SECOND))
    return selectors.cases_visible_to(user).filter(waiting | mine, together)


def _nearest_first(one: Related) -> tuple[bool, int, Any, Any]:
    is_alike = one.distance is not None
    return (not is_alike, one.distance or 0, one.case.opened_at, one.case.pk)
