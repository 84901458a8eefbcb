"""Reads: how many pictures a person has had to see. For that person alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone

from moderation.models import AuditEvent

if TYPE_CHECKING:
    from accounts.models import User

# Whoever claims a case sees its picture.
SEEN = ("evidence_viewed", "case_claimed")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Different pictures seen."""

    today: int
    this_week: int


def exposure_of(user: User, *, now: datetime | None = None) -> Exposure:
    """Count the pictures that the record says this person has opened.

    Each picture counts once a span, however often it was opened. The week begins on
    Monday.
    """
    moment = timezone.localtime(now)
    today = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    seen = AuditEvent.objects.order_by().filter(
        actor=user, action__in=SEEN, at__gte=monday, image__isnull=False
    )
    counts = seen.aggregate(
        today=Count("image", distinct=True, filter=Q(at__gte=today)),
        this_week=Count("image", distinct=True),
    )
    return Exposure(**counts)
