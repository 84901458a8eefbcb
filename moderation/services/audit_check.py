"""The workers verify the whole record once a day, a part at each pulse."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from moderation.audit_chain import START
from moderation.audit_selectors import chain_breaks, stored_head
from moderation.models import AuditCheck, AuditHead

if TYPE_CHECKING:
    from datetime import datetime

EVERY = timedelta(days=1)
PART = 2000
MOST_KEPT = 20
KEEP = 30


def continue_check(*, now: datetime | None = None, part: int = PART) -> bool:
    """Verify the next rows; return whether there was anything to do.

    A part is small, so that the pulse goes on; a million rows take an hour of pulses.
    Of several workers one does it. What was found stays until the next verification.
    """
    now = now or timezone.now()
    with transaction.atomic():
        check = _check_to_continue(now)
        if check is None:
            return False
        head = stored_head()
        last: int | None = check.position + part
        if head is None or head.count <= check.position + part:
            AuditHead.objects.select_for_update().filter(pk=1).first()
            last = None
        # From the last row of the part before, which could itself have been taken out.
        found = chain_breaks(first=max(1, check.position), last=last)
        room = max(0, MOST_KEPT - len(check.breaks))
        new = [asdict(one) for one in islice(found, room + 1)]
        known = check.breaks
        check.breaks = [*known, *(one for one in new if one not in known)][:MOST_KEPT]
        check.position += part
        if last is None:
            head = stored_head()
            check.position, check.hash = (head.count, head.hash) if head else (0, START)
            check.finished_at = now
        check.save()
    _forget_old_ones()
    return True


def _check_to_continue(now: datetime) -> AuditCheck | None:
    under_way = AuditCheck.objects.filter(finished_at=None)
    check = under_way.select_for_update(skip_locked=True).order_by("id").first()
    if check is not None or under_way.exists():
        return check
    if AuditCheck.objects.filter(finished_at__gt=now - EVERY).exists():
        return None
    return AuditCheck.objects.create(started_at=now, hash=START)


def _forget_old_ones() -> None:
    kept = list(AuditCheck.objects.values_list("pk", flat=True)[:KEEP])
    AuditCheck.objects.exclude(pk__in=kept).delete()
