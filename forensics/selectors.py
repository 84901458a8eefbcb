"""Reads: images, analyses, evidence, and who may see them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from forensics.models import (
    Analysis,
    EvidenceFile,
    Finding,
    Image,
    Submission,
    Worker,
)
from forensics.states import PENDING, USABLE

if TYPE_CHECKING:
    from accounts.models import User

WORKER_SILENT_AFTER = timedelta(seconds=30)


def images_visible_to(user: User) -> QuerySet[Image]:
    """Return the images this person may see.

    Who holds ``forensics.view_image`` sees all (moderators, leads, administrators,
    auditors); anybody else only what they sent in themselves.
    """
    if user.has_perm("forensics.view_image"):
        return Image.objects.all()
    if not user.is_authenticated:
        return Image.objects.none()
    own = Submission.objects.filter(image=OuterRef("pk"), submitted_by=user)
    return Image.objects.filter(Exists(own))


def analyses_visible_to(user: User) -> QuerySet[Analysis]:
    """Return the analyses of the images this person may see."""
    return Analysis.objects.filter(image__in=images_visible_to(user))


def evidence_visible_to(user: User) -> QuerySet[EvidenceFile]:
    """Return the evidence files of the images this person may see."""
    return EvidenceFile.objects.filter(analysis__image__in=images_visible_to(user))


def with_list_details(images: QuerySet[Image]) -> QuerySet[Image]:
    """Load what a row shows in a fixed number of queries."""
    thumbnails = EvidenceFile.objects.filter(kind="thumbnail")
    return images.select_related("current_analysis").prefetch_related(
        Prefetch("current_analysis__evidence_files", thumbnails, to_attr="thumbnails"),
        Prefetch("submissions", Submission.objects.select_related("submitted_by")),
    )


def with_evidence(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Load findings and evidence files in a fixed number of queries."""
    return analyses.select_related("image", "requested_by").prefetch_related(
        Prefetch("findings", Finding.objects.prefetch_related("evidence_files")),
        "evidence_files",
    )


def newest_usable_analysis(image: Image) -> Analysis | None:
    """Return the newest analysis that has a result."""
    return image.analyses.filter(status__in=USABLE).first()


def pending_count() -> int:
    """Return how many analyses wait or run."""
    return Analysis.objects.filter(status__in=PENDING).count()


def worker_is_alive() -> bool:
    """Return whether any worker was heard of lately."""
    since = timezone.now() - WORKER_SILENT_AFTER
    return Worker.objects.filter(seen_at__gte=since).exists()
