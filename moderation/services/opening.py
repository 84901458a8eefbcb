"""Making a case: the one place where its row is put together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forensics.models import Image
from moderation import blinding
from moderation.models import Case
from moderation.selectors import undecided_case_of
from moderation.services.audit import record
from moderation.services.permissions import require
from moderation.services.routing import queue_for
from moderation.services.search import refresh_remarks

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Analysis
    from moderation.models import Queue


@transaction.atomic
def open_case(*, image: Image, actor: User, because: str) -> Case:
    """Send a picture to review by hand; an undecided case is returned as it is."""
    require(actor, "moderation.decide_case", _("open cases"))
    locked = Image.objects.select_for_update().get(pk=image.pk)
    unseen = blinding.case_to_decide(locked.pk, actor)
    existing = unseen or undecided_case_of(locked.pk)
    if existing is not None:
        return existing
    case = new_case(
        image=locked,
        analysis=locked.current_analysis,
        opened_by=actor,
        opened_because=because.strip()[:255] or "Opened by hand",
    )
    refresh_remarks(image_id=locked.pk)
    record("case_opened", actor=actor, case=case, because=case.opened_because)
    return case


def new_case(
    *,
    image: Image,
    analysis: Analysis | None,
    queue: Queue | None = None,
    **fields: Any,
) -> Case:
    """Return a stored case in ``queue``, or in the one that its rules choose."""
    queue = queue or queue_for(analysis, organization_id=image.organization_id)
    now = timezone.now()
    due = timedelta(minutes=queue.due_minutes) if queue.due_minutes else None
    first = image.submissions.order_by("created_at", "id").first()
    case = Case(
        organization_id=image.organization_id,
        image=image,
        analysis=analysis,
        queue=queue,
        opened_at=now,
        due_at=now + due if due else None,
        uploader=first.submitted_by if first else None,
        door=first.door if first else "",
        image_format=image.format,
        received_at=image.created_at,
        **fields,
    )
    copy_result(case, analysis)
    case.full_clean(exclude=["image", "analysis"])
    case.save(force_insert=True)
    return case


def copy_result(case: Case, analysis: Analysis | None) -> None:
    """Set what a case repeats of its analysis."""
    case.analysis = analysis
    case.machine_verdict = analysis.verdict if analysis else ""
    case.machine_score = analysis.score if analysis else None
