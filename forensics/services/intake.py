"""The one way in: every door that saves an image comes through here."""

from __future__ import annotations

import hashlib
import logging
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.idempotency import next_id
from accounts.keys.limits import refuse_spent, spend_image
from accounts.models import DEFAULT_ORGANIZATION
from forensics.analysis.image import ImageHeader, inspect_header
from forensics.analysis.types import ImageRejectedError, RejectionCode
from forensics.files import original_name as name_of_original
from forensics.files import store_once
from forensics.known import banks_have_news
from forensics.models import Analysis, ContextValue, Door, Image, Submission
from forensics.sending import MAX_VALUE, NOTHING, Said, leaves_of
from forensics.services.pipeline import current_pipeline, limits
from forensics.services.queue import create_analysis, enqueue_analysis
from forensics.services.search import index_image
from forensics.states import PENDING, USABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from accounts.models import User

logger = logging.getLogger(__name__)

MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one submission."""

    image: Image
    analysis: Analysis
    submission: Submission
    is_duplicate: bool


def submit_image(  # noqa: PLR0913 - what is known of an arrival, each by its name
    *,
    data: bytes,
    original_name: str,
    door: Door,
    submitted_by: User | None,
    said: Said = NOTHING,
    on_received: Callable[[Receipt], object] | None = None,
    organization_id: int | None = DEFAULT_ORGANIZATION,
) -> Receipt:
    """Check, store and enqueue one image of the submitter's organization.

    The bytes are stored unaltered, once. The same bytes again get a submission of
    their own and reuse the stored file and, in the same organization, its result: to
    another one they are as new. ``on_received`` is called at the end of the
    transaction; what it raises undoes the arrival.

    Parameters
    ----------
    data : bytes
        The file.
    original_name : str
        What it was called.
    door : Door
        Through which it comes.
    submitted_by : User or None
        Who sends it.
    said : Said
        What the sender says of it.
    on_received : callable, optional
        Called with the receipt.
    organization_id : int
        Whose it is, where nobody sends it.

    Raises
    ------
    ImageRejectedError
        Not an acceptable image; nothing was stored.
    StorageError
        The storage did not take the file; nothing was stored.
    QuotaExceededError
        The key that it came with has sent as many as it may; nothing was stored.
    """
    ident = next_id()
    earlier = _taken_in_before(ident)
    if earlier is not None:
        return earlier
    refuse_spent()
    header = inspect_header(data, limits())
    sha256 = hashlib.sha256(data).hexdigest()
    owner = submitted_by.organization_id if submitted_by else organization_id
    image = Image.objects.filter(sha256=sha256, organization=owner).first()
    name = name_of_original(sha256, header.extension)
    store_once(name, data)
    with transaction.atomic():
        spend_image()
        is_duplicate = image is not None
        if image is None:
            image, created = _get_or_create_image(
                sha256, owner, name, len(data), header
            )
            is_duplicate = not created
        # The same bytes at the same moment wait here, then find the first one's job.
        image = Image.objects.select_for_update().get(pk=image.pk)
        submission = _save_submission(
            Submission(
                **({"id": ident} if ident else {}),
                image=image,
                submitted_by=submitted_by,
                door=door,
                original_name=clean_name(original_name),
                external_id=said.external_id,
                context=dict(said.context),
            )
        )
        index_image(image_id=image.pk)
        analysis = _reusable_analysis(image) or _queue_analysis(image, submitted_by)
        receipt = Receipt(image, analysis, submission, is_duplicate)
        if on_received is not None:
            on_received(receipt)
    logger.info(
        "image %s from %s: %s", sha256[:12], door, "known" if is_duplicate else "new"
    )
    return receipt


def refuse_too_many_bytes(size: int) -> None:
    """Refuse by size alone, before the bytes are read into memory."""
    if size > settings.MAX_UPLOAD_BYTES:
        raise ImageRejectedError(
            RejectionCode.TOO_MANY_BYTES,
            # Not its size: an upload is cut off where it exceeds the limit.
            f"The file is larger than the {settings.MAX_UPLOAD_BYTES:,} bytes that are "
            "accepted. Send a smaller copy.",
        )


def clean_name(name: str) -> str:
    """Make a stranger's file name safe to store and show: last part, printable."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(
        char
        for char in last
        if unicodedata.category(char)[0] != "C" or char == "\u200d"
    )
    return printable.strip()[:MAX_NAME]


def _taken_in_before(ident: UUID | None) -> Receipt | None:
    """Return what a request made that crashed before it was answered."""
    if ident is None:
        return None
    rows = Submission.objects.select_related("image__current_analysis")
    found = rows.filter(pk=ident).first()
    if found is None:
        return None
    image = found.image
    analysis = _reusable_analysis(image) or image.current_analysis
    analysis = analysis or image.analyses.earliest("queued_at")
    others = image.submissions.filter(created_at__lt=found.created_at)
    return Receipt(image, analysis, found, others.exists())


def _save_submission(submission: Submission) -> Submission:
    given = ("image", "submitted_by")  # rows of ours, not words of a stranger's
    submission.full_clean(exclude=given, validate_unique=False)
    submission.save(force_insert=True)
    ContextValue.objects.bulk_create(
        ContextValue(submission=submission, path=path, value=value)
        for path, value in dict.fromkeys(leaves_of(submission.context))
        if len(value) <= MAX_VALUE
    )
    return submission


def _get_or_create_image(
    sha256: str, owner: int | None, name: str, size: int, header: ImageHeader
) -> tuple[Image, bool]:
    return Image.objects.get_or_create(
        sha256=sha256,
        organization_id=cast("int", owner),
        defaults={
            "original": name,
            "byte_size": size,
            "format": header.format,
            "media_type": header.media_type,
            "width": header.width,
            "height": header.height,
        },
    )


def _reusable_analysis(image: Image) -> Analysis | None:
    """Return the result, or the run under way, that stands for these bytes."""
    found = image.analyses.filter(
        Q(status__in=PENDING)
        | Q(status__in=USABLE, pipeline_version=current_pipeline().version)
    ).first()
    # A file that was put into a bank since must not pass as it did before, and one that
    # was taken out must not stay a known fake.
    is_outdated = (
        found is not None and found.status in USABLE and banks_have_news(found)
    )
    return None if is_outdated else found


def _queue_analysis(image: Image, requested_by: User | None) -> Analysis:
    analysis = create_analysis(image=image, requested_by=requested_by)
    transaction.on_commit(partial(enqueue_analysis, analysis_id=analysis.id))
    return analysis
