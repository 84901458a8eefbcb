"""Reads: rows of lists with what they show, saved views, tags, texts to be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q, QuerySet

from forensics.models import Submission
from forensics.selectors import with_thumbnail
from moderation.models import (
    BulkChange,
    Case,
    CaseTag,
    Comment,
    Decision,
    SavedView,
    Tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from accounts.models import User

MOST_VIEWS_SHOWN = 60
MOST_TAGS_OFFERED = 100


def with_row_details(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Load what a row of the list of cases shows in a fixed number of queries."""
    return cases.select_related(
        "image",
        "analysis",
        "claimed_by",
        "assigned_to",
        "uploader",
        "queue",
        "policy",
        "policy_version",
    ).prefetch_related(
        with_thumbnail("analysis__evidence_files"),
        Prefetch(
            "image__submissions", Submission.objects.select_related("submitted_by")
        ),
        Prefetch("case_tags", CaseTag.objects.select_related("tag")),
    )


def with_decision_details(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Load what a row of the list of decisions shows in a fixed number of queries."""
    return decisions.select_related("case__image", "analysis").prefetch_related(
        with_thumbnail("analysis__evidence_files"),
        Prefetch(
            "case__image__submissions",
            Submission.objects.select_related("submitted_by"),
        ),
    )


def saved_views_for(user: User, name: str) -> list[SavedView]:
    """Return the views of a list that this person sees: their own, then shared ones."""
    shared = Q(is_shared=True, owner__organization=user.organization_id)
    seen = SavedView.objects.filter(Q(owner=user) | shared, list=name)
    views = list(seen.select_related("owner")[:MOST_VIEWS_SHOWN])
    return sorted(views, key=lambda view: (view.owner_id != user.pk, view.created_at))


def default_view_of(user: User, name: str) -> SavedView | None:
    """Return the view with which this person's list opens, if they chose one."""
    return SavedView.objects.filter(owner=user, list=name, is_default=True).first()


def bulk_change_of(user: User, change_id: UUID) -> BulkChange | None:
    """Return what one of this person's own bulk actions did."""
    return BulkChange.objects.filter(pk=change_id, actor=user).first()


def tags_of(case: Case) -> list[CaseTag]:
    """Return the tags on a case."""
    return list(case.case_tags.select_related("tag"))


def tags_to_offer(user: User) -> list[str]:
    """Return names of tags to choose from; others can be typed."""
    tags = Tag.objects.filter(organization=user.organization_id)
    return list(tags.values_list("name", flat=True)[:MOST_TAGS_OFFERED])


def remarks_on(image_id: UUID) -> Iterator[str]:
    """Yield what people wrote about an image: notes, comments, tags, reasons."""
    decisions = Decision.objects.filter(case__image=image_id)
    yield from decisions.exclude(note="").values_list("note", flat=True)
    comments = Comment.objects.filter(case__image=image_id)
    yield from comments.values_list("text", flat=True)
    tags = Tag.objects.filter(cases__image=image_id).distinct()
    yield from tags.values_list("name", flat=True)
    by_hand = Case.objects.filter(~Q(opened_by=None), image=image_id)
    yield from by_hand.values_list("opened_because", flat=True)
