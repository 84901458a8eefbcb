"""Reads: images, analyses, evidence, and who may see them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, OuterRef, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from forensics.models import (
    Analysis,
    EvidenceFile,
    Finding,
    Image,
    LocalizedArea,
    Submission,
    TilePyramid,
    TilesStatus,
    Worker,
)
from forensics.states import PENDING, USABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

WORKER_SILENT_AFTER = timedelta(seconds=30)
MOST_ARRIVALS = 20  # shown with an image; it can have any number
FEW_ARRIVALS = 4  # of most images there are no more
# What a list never shows of an analysis: documents, each parsed for every row.
DOCUMENTS = (
    *("reasons", "models_used", "codecs", "parameters", "uncertainty"),
    "known_matches",
)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The latest arrivals of an image, newest first, and how many there are."""

    latest: Sequence[Submission] = ()
    count: int = 0


def images_visible_to(user: User | AnonymousUser) -> QuerySet[Image]:
    """Return the images of their organization that this person may see.

    Who holds ``forensics.view_image`` sees all (moderators, leads, administrators,
    auditors); anybody else only what they sent in themselves.
    """
    if not user.is_authenticated:
        return Image.objects.none()
    images = Image.objects.filter(organization=user.organization_id)
    if user.has_perm("forensics.view_image"):
        return images
    own = Submission.objects.filter(image=OuterRef("pk"), submitted_by=user)
    return images.filter(Exists(own))


def analyses_visible_to(user: User | AnonymousUser) -> QuerySet[Analysis]:
    """Return the analyses of the images this person may see."""
    return Analysis.objects.filter(image__in=images_visible_to(user))


def evidence_visible_to(user: User | AnonymousUser) -> QuerySet[EvidenceFile]:
    """Return the evidence files of the images this person may see."""
    return EvidenceFile.objects.filter(analysis__image__in=images_visible_to(user))


def findings_visible_to(user: User | AnonymousUser) -> QuerySet[Finding]:
    """Return the findings about the images this person may see."""
    return Finding.objects.filter(analysis__image__in=images_visible_to(user))


def with_whole_finding(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """Load a finding's pictures and places in a fixed number of queries."""
    return findings.select_related("analysis").prefetch_related(
        "evidence_files", "analysis__localized_areas"
    )


def area_visible_to(
    user: User | AnonymousUser, *, analysis_id: UUID, signal: str
) -> LocalizedArea | None:
    """Return where an analysis saw edited places, of one signal, or ``""``: joined."""
    if not signal.isprintable():  # no analyzer's name, and no text to PostgreSQL
        return None
    visible = analyses_visible_to(user).filter(pk=analysis_id)
    return LocalizedArea.objects.filter(analysis__in=visible, signal=signal).first()


def tiles_visible_to(user: User | AnonymousUser) -> QuerySet[TilePyramid]:
    """Return the finished tiles of the images this person may see."""
    return TilePyramid.objects.filter(
        status=TilesStatus.READY, image__in=images_visible_to(user)
    )


def tiles_of(image: Image) -> TilePyramid | None:
    """Return an image's tiles, finished or not."""
    return TilePyramid.objects.filter(image=image).first()


def submissions_visible_to(user: User | AnonymousUser) -> QuerySet[Submission]:
    """Return the arrivals this person may know of.

    Those of their organization, or of these only their own.
    """
    if not user.is_authenticated:
        return Submission.objects.none()
    arrivals = Submission.objects.filter(image__organization=user.organization_id)
    if user.has_perm("forensics.view_submission"):
        return arrivals
    return arrivals.filter(submitted_by=user)


def was_known_to(user: User, submission: Submission) -> bool:
    """Return whether this person could see the image before this arrival of it."""
    earlier = submissions_visible_to(user).filter(image=submission.image_id)
    return earlier.exclude(pk=submission.pk).exists()


def latest_arrivals(user: User, images: Collection[UUID]) -> Mapping[UUID, Arrivals]:
    """Return of each image the arrivals that this person may know of.

    In one query, or in two more where images came often: of a picture that was sent
    100,000 times no more is loaded than what is shown, and a few for each image.
    """
    if not images:
        return {}
    arrivals = submissions_visible_to(user).filter(image__in=images)
    most = MOST_ARRIVALS + FEW_ARRIVALS * len(images)
    # In the order of an index: neither a scan of all nor one by time is ever chosen.
    latest = arrivals.order_by("image_id", "-created_at", "-id")
    rows = list(latest.select_related("submitted_by")[:most])
    by_image: defaultdict[UUID, list[Submission]] = defaultdict(list)
    for row in rows:
        by_image[row.image_id].append(row)
    is_all = len(rows) < most
    if is_all and all(len(own) <= MOST_ARRIVALS for own in by_image.values()):
        return {image: Arrivals(own, len(own)) for image, own in by_image.items()}
    return _latest_of_many(arrivals)


def _latest_of_many(arrivals: QuerySet[Submission]) -> Mapping[UUID, Arrivals]:
    placed = (
        arrivals.annotate(
            place=Window(
                RowNumber(),
                partition_by=F("image_id"),
                order_by=(F("created_at").desc(), F("id").desc()),
            ),
            among=Window(Count("pk"), partition_by=F("image_id")),
        )
        .filter(place__lte=MOST_ARRIVALS)
        .order_by("image_id", "place")
    )
    keys = list(placed.values_list("pk", "image_id", "among"))
    rows = Submission.objects.select_related("submitted_by").in_bulk(
        [pk for pk, _, _ in keys]
    )
    latest: defaultdict[UUID, list[Submission]] = defaultdict(list)
    for pk, image, _ in keys:
        if pk in rows:
            latest[image].append(rows[pk])
    return {image: Arrivals(latest[image], count) for _, image, count in keys}


def with_newest_result(images: QuerySet[Image]) -> QuerySet[Image]:
    """Load the newest result and its pictures."""
    copies = Prefetch(
        "current_analysis__evidence_files",
        EvidenceFile.objects.filter(finding=None),
        to_attr="renditions",
    )
    newest = images.select_related("current_analysis").prefetch_related(copies)
    return newest.defer(*(f"current_analysis__{name}" for name in DOCUMENTS))


def with_thumbnail(lookup: str) -> Prefetch[str, QuerySet[EvidenceFile], str]:
    """Return the prefetch of an analysis' thumbnail, as its list ``thumbnails``.

    Parameters
    ----------
    lookup : str
        From the queried rows to the evidence files, such as
        ``current_analysis__evidence_files``.
    """
    thumbnails = EvidenceFile.objects.filter(kind="thumbnail")
    return Prefetch(lookup, thumbnails, to_attr="thumbnails")


def with_list_details(images: QuerySet[Image]) -> QuerySet[Image]:
    """Load what a row shows in a fixed number of queries."""
    return images.select_related("current_analysis").prefetch_related(
        with_thumbnail("current_analysis__evidence_files"),
        Prefetch("submissions", Submission.objects.select_related("submitted_by")),
    )


def as_summaries(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Load what lists show of analyses."""
    return analyses.defer(*DOCUMENTS)


def with_evidence(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Load findings and evidence files in a fixed number of queries."""
    return analyses.select_related("image", "requested_by").prefetch_related(
        Prefetch("findings", Finding.objects.prefetch_related("evidence_files")),
        "evidence_files",
        "localized_areas",
    )


def newest_usable_analysis(image: Image) -> Analysis | None:
    """Return the newest analysis that has a result."""
    return image.analyses.filter(status__in=USABLE).first()


def pending_count() -> int:
    """Return how many analyses wait or run."""
    return Analysis.objects.filter(status__in=PENDING).count()


def unfinished_among(analysis_ids: Collection[UUID]) -> int:
    """Return how many of these analyses wait or run."""
    return sum(
        Analysis.objects.filter(id__in=part, status__in=PENDING).count()
        for part in _parts(analysis_ids)
    )


def verdicts_among(analysis_ids: Collection[UUID]) -> Mapping[str, int]:
    """Return how often each verdict occurs among these analyses."""
    counts: Counter[str] = Counter()
    for part in _parts(analysis_ids):
        counts.update(
            Analysis.objects.filter(id__in=part).values_list("verdict", flat=True)
        )
    return counts


def _parts(ids: Collection[UUID], size: int = 500) -> Iterator[tuple[UUID, ...]]:
    remaining = iter(ids)  # databases limit how many values one query takes
    while part := tuple(islice(remaining, size)):
        yield part


def worker_is_alive() -> bool:
    """Return whether any worker was heard of lately."""
    since = timezone.now() - WORKER_SILENT_AFTER
    return Worker.objects.filter(seen_at__gte=since).exists()
