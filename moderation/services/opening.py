"""Making a case: the one place where its row is put together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from moderation.models import Case
from moderation.services.routing import queue_for

if TYPE_CHECKING:
    from forensics.models import Analysis, Image
    from moderation.models import Queue


def new_case(
    *,
    image: Image,
    analysis: Analysis | None,
    queue: Queue | None = None,
    **fields: Any,
) -> Case:
    """Return a stored case in ``queue``, or in the one that its rules choose."""
    queue = queue or queue_for(analysis)
    now = timezone.now()
    due = timedelta(minutes=queue.due_minutes) if queue.due_minutes else None
    first = image.submissions.order_by("created_at", "id").first()
    case = Case(
        image=image,
        analysis=analysis,
        queue=queue,
        opened_at=now,
        due_at=now + due if due else None,
        uploader=first.submitted_by if first else None,
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
