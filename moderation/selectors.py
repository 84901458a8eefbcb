"""Reads: cases, decisions, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch, QuerySet

from forensics.models import EvidenceFile, Submission
from forensics.selectors import with_thumbnail
from moderation.models import AuditEvent, Case, CaseKind, Decision
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


def undecided_case_of(image_id: UUID) -> Case | None:
    """Return the one case of an image that somebody still has to decide, if any."""
    return Case.objects.filter(
        image=image_id, status__in=UNDECIDED, kind=CaseKind.REGULAR
    ).first()


def cases_visible_to(user: User) -> QuerySet[Case]:
    """Return the cases this person may see: all, or none."""
    if not user.has_perm("moderation.view_case"):
        return Case.objects.none()
    return Case.objects.all()


def decisions_visible_to(user: User) -> QuerySet[Decision]:
    """Return the decisions this person may see: all, or none."""
    if not user.has_perm("moderation.view_decision"):
        return Decision.objects.none()
    return Decision.objects.all()


def with_list_details(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Load what a row shows in a fixed number of queries."""
    return cases.select_related(
        "image", "analysis", "image__current_analysis", "claimed_by", "policy"
    ).prefetch_related(
        with_thumbnail("analysis__evidence_files"),
        Prefetch(
            "image__submissions", Submission.objects.select_related("submitted_by")
        ),
    )


def with_case_file(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Load what the page of one case shows in a fixed number of queries."""
    return cases.select_related(
        "image",
        "claimed_by",
        "assigned_to",
        "opened_by",
        "policy_version__policy",
        "policy",
        "queue",
    ).prefetch_related(
        "events",
        "decisions",
        Prefetch(
            "image__submissions", Submission.objects.select_related("submitted_by")
        ),
    )


def preview_of(case: Case) -> EvidenceFile | None:
    """Return the picture of a case as its page shows it, reduced for display."""
    return EvidenceFile.objects.filter(
        analysis=case.analysis_id, kind="preview"
    ).first()


def decisions_in_other_cases(case: Case) -> QuerySet[Decision]:
    """Return what was decided about the same picture in other cases."""
    return Decision.objects.filter(image_sha256=case.image.sha256).exclude(case=case)


def events_of(case: Case) -> QuerySet[AuditEvent]:
    """Return the history of a case, oldest first."""
    return case.events.order_by("position")
