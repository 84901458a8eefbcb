"""Tiles of large originals: asked for by a page or an analysis, built by a worker.

They are a convenience of the viewer: whatever goes wrong here is noted in the row,
and the page goes on showing the display copy.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from datetime import timedelta
from typing import IO, TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from forensics import files
from forensics.analysis.pyramid import build_pyramid
from forensics.analysis.types import ForensicsError
from forensics.exceptions import LeaseLostError, StorageError
from forensics.heartbeat import Heartbeat
from forensics.models import Analysis, Image, TilePyramid, TilesStatus
from forensics.selectors import newest_usable_analysis
from forensics.services.pipeline import limits
from forensics.states import USABLE

if TYPE_CHECKING:
    from uuid import UUID

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 2
SECONDS = 120.0
# A job that the engine lost, or that went down with its worker, is offered again.
OFFERED_LONG_AGO = timedelta(minutes=5)


def request_tiles(*, image: Image) -> TilePyramid | None:
    """Make sure that tiles are there or on their way; None where there will be none.

    Only an image that an analysis has already decoded gets any.
    """
    if newest_usable_analysis(image) is None:
        return None
    with transaction.atomic():
        pyramid, is_new = TilePyramid.objects.get_or_create(image=image)
        if is_new or _take_lost(pyramid):
            transaction.on_commit(lambda: _enqueue(pyramid.id))
    return pyramid


def request_tiles_if_large(*, analysis_id: UUID) -> None:
    """Ask for the tiles of a large image whose analysis has a result."""
    analysis = (
        Analysis.objects.select_related("image")
        .filter(id=analysis_id, status__in=USABLE)
        .first()
    )
    if analysis is None:
        return
    if analysis.image.width * analysis.image.height >= settings.TILES_FROM_PIXELS:
        request_tiles(image=analysis.image)


def build_tiles(*, pyramid_id: UUID) -> None:
    """Build the tiles of one image. Does nothing if they are not to be built."""
    pyramid = _start(pyramid_id)
    if pyramid is None:
        return
    try:
        with Heartbeat(lambda: _still_ours(pyramid)):
            _build_and_store(pyramid)
    except (ForensicsError, MemoryError) as error:
        _fail(pyramid, str(error) or "There was not enough memory.")
    except Exception:
        logger.exception("tiles of image %s", pyramid.image_id)
        _fail(pyramid, "An unexpected error; see the worker's log.")


def _take_lost(pyramid: TilePyramid) -> bool:
    """Put a lost job back; of several that ask at once, one gets to offer it."""
    now = timezone.now()
    longest = timedelta(seconds=settings.ANALYSIS_TIME_LIMIT + settings.LEASE_SECONDS)
    lost = Q(status=TilesStatus.WAITING, requested_at__lt=now - OFFERED_LONG_AGO) | Q(
        status=TilesStatus.BUILDING, started_at__lt=now - longest
    )
    found = TilePyramid.objects.filter(lost, id=pyramid.id)
    if found.filter(attempts__lt=MOST_ATTEMPTS).update(
        status=TilesStatus.WAITING, requested_at=now
    ):
        return True
    found.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=TilesStatus.FAILED, finished_at=now, error="The worker was lost."
    )
    return False


def _enqueue(pyramid_id: UUID) -> None:
    try:
        import_string(settings.TILES_TASK).enqueue(str(pyramid_id))
    except Exception:  # any engine's error: the next page that asks offers it again
        logger.exception("tiles %s could not be handed to the queue", pyramid_id)


def _start(pyramid_id: UUID) -> TilePyramid | None:
    taken = TilePyramid.objects.filter(
        id=pyramid_id, status=TilesStatus.WAITING, attempts__lt=MOST_ATTEMPTS
    ).update(
        status=TilesStatus.BUILDING,
        started_at=timezone.now(),
        attempts=F("attempts") + 1,
    )
    if not taken:
        logger.info("tiles %s are built, or with another worker", pyramid_id)
        return None
    return TilePyramid.objects.select_related("image").get(id=pyramid_id)


def _ours(pyramid: TilePyramid) -> Q:
    return Q(id=pyramid.id, status=TilesStatus.BUILDING, attempts=pyramid.attempts)


def _still_ours(pyramid: TilePyramid) -> None:
    if not TilePyramid.objects.filter(_ours(pyramid)).exists():
        raise LeaseLostError(f"tiles {pyramid.id} were taken over")


def _build_and_store(pyramid: TilePyramid) -> None:
    image = pyramid.image
    data = files.read_bytes(str(image.original.name))
    if hashlib.sha256(data).hexdigest() != image.sha256:
        raise StorageError("The stored original is damaged.")
    with tempfile.TemporaryFile() as file:
        _build_into(file, data, pyramid)
        del data
        name = files.tiles_name(pyramid.id, pyramid.attempts)
        files.store_file(name, file)
    pyramid.file.name = name
    _finish(pyramid, TilesStatus.READY)


def _build_into(file: IO[bytes], data: bytes, pyramid: TilePyramid) -> None:
    layout, size = build_pyramid(data, file, limits=limits(), seconds=SECONDS)
    pyramid.width, pyramid.height = layout.width, layout.height
    pyramid.tile_size, pyramid.overlap = layout.tile_size, layout.overlap
    pyramid.levels, pyramid.byte_size = layout.levels, size


def _fail(pyramid: TilePyramid, error: str) -> None:
    logger.warning("no tiles of image %s: %s", pyramid.image_id, error)
    pyramid.error = error
    _finish(pyramid, TilesStatus.FAILED)


def _finish(pyramid: TilePyramid, status: TilesStatus) -> None:
    """Write the end, unless the row was given to another worker meanwhile."""
    with transaction.atomic():
        if not TilePyramid.objects.select_for_update().filter(_ours(pyramid)).exists():
            files.delete_quietly([str(pyramid.file.name)] if pyramid.file else [])
            return
        pyramid.status, pyramid.finished_at = status, timezone.now()
        pyramid.full_clean(exclude=["image"])
        pyramid.save()
