"""What people decided about pictures, for whoever may know it: one query a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import CharField, F, Value
from django.utils import timezone

from forensics.models import Submission
from moderation import blinding
from moderation.models import CaseKind, Decision

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User

VIEW = "moderation.view_decision"


def decisions_about(user: User, images: Collection[UUID]) -> Mapping[UUID, Decision]:
    """Return the decision in force about each of these images.

    Only of the cases that decide, not of those that check them. Who reads decisions
    sees what ``blinding`` lets them see. Who sent a picture learns of a decision once
    it is final, without its reason.
    """
    may_read = user.has_perm(VIEW)
    decisions = Decision.objects.filter(
        case__image__in=list(images), case__kind=CaseKind.REGULAR, withdrawn_at=None
    )
    shown = blinding.decisions_shown_to(decisions, user)
    if not may_read:
        shown = _told_to_sender(shown, user)
    found: dict[UUID, Decision] = {}
    told = F("reason") if may_read else Value(None, output_field=CharField())
    shown = shown.annotate(shown_reason=told, about=F("case__image"))
    for one in shown.order_by("created_at", "id"):
        found[one.about] = one
    return found


def _told_to_sender(decisions: QuerySet[Decision], user: User) -> QuerySet[Decision]:
    own = Submission.objects.filter(submitted_by=user).values("image")
    return decisions.filter(final_at__lte=timezone.now(), case__image__in=own)
