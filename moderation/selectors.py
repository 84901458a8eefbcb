"""Reads: cases, decisions, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from forensics.models import Analysis, EvidenceFile, Submission
from forensics.selectors import DOCUMENTS, with_thumbnail
from moderation import blinding
from moderation.models import AuditEvent, Case, CaseKind, Decision
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from forensics.models import Image


def undecided_case_of(image_id: UUID) -> Case | None:
    """Return the one case of an image that somebody still has to decide, if any."""
    return Case.objects.filter(
        image=image_id, status__in=UNDECIDED, kind=CaseKind.REGULAR
    ).first()


def cases_visible_to(user: User) -> QuerySet[Case]:
    """Return the cases of their organization that this person may see.

    All but what is to be judged unseen.
    """
    if not user.has_perm("moderation.view_case"):
        return Case.objects.none()
    own = Case.objects.filter(organization=user.organization_id)
    return blinding.cases_shown_to(own, user)


def decisions_visible_to(user: User) -> QuerySet[Decision]:
    """Return the decisions of their organization that this person may see.

    All but what is judged unseen.
    """
    if not user.has_perm("moderation.view_decision"):
        return Decision.objects.none()
    own = Decision.objects.filter(organization=user.organization_id)
    return blinding.decisions_shown_to(own, user)


def as_summaries(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Load what the API shows of a case beside its decisions, in one query."""
    of_analysis = (f"analysis__{name}" for name in DOCUMENTS)
    return cases.select_related(
        "analysis", "opened_by", "claimed_by", "assigned_to", "queue"
    ).defer(*of_analysis)


def with_decisions(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """Load what was decided in each case, of what this person may see."""
    shown = decisions_visible_to(user).select_related("decided_by")
    return cases.prefetch_related(Prefetch("decisions", shown))


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


def with_cases(images: QuerySet[Image], user: User) -> QuerySet[Image]:
    """Load the cases of images that this person may see, newest first, and counts."""
    cases = Case.objects.none()
    if user.has_perm("moderation.view_case"):
        cases = blinding.cases_shown_to(Case.objects.all(), user)
    cases = cases.order_by("-opened_at", "-id")
    return images.prefetch_related(
        Prefetch(
            "cases",
            cases.select_related("claimed_by", "queue", "policy", "policy_version"),
            to_attr="files",
        )
    ).annotate(
        analysis_count=_counted(Analysis.objects.filter(image=OuterRef("pk"))),
        arrival_count=_counted(Submission.objects.filter(image=OuterRef("pk"))),
    )


def _counted(rows: QuerySet[Any]) -> Coalesce:
    """Count rows of another table for each row that is shown, and only for those."""
    counts = rows.order_by().values("image").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts), 0)


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


def decisions_in_other_cases(case: Case, user: User) -> QuerySet[Decision]:
    """Return what was decided about the same picture in other cases."""
    about = decisions_visible_to(user).filter(image_sha256=case.image.sha256)
    return about.exclude(case=case).exclude(case__kind=CaseKind.GOLDEN)


def events_of(case: Case) -> QuerySet[AuditEvent]:
    """Return the history of a case, oldest first."""
    return case.events.order_by("position")
