"""Tiles of large pictures: whether they are there, and one tile at a time.

A tile is a part of a picture whose page was already recorded as looked at: tiles are
not events of their own, or they would flood the record.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from forensics import files, selectors
from forensics.analysis.pyramid import (
    HEADER_BYTES,
    ContainerError,
    Layout,
    TileIndex,
    index_size,
    read_index,
)
from forensics.exceptions import StorageError
from forensics.models import TilesStatus
from forensics.services import request_tiles
from forensics.serving import SANDBOX

if TYPE_CHECKING:
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from accounts.requests import AuthenticatedRequest
    from forensics.models import TilePyramid

logger = logging.getLogger(__name__)
# A tile's address names one content for ever; the browser need not ask again.
FRESH_SECONDS = 30 * 24 * 3600


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tiles(request: AuthenticatedRequest, image_id: UUID) -> JsonResponse:
    """Say how the tiles of an image stand; POST asks for them first."""
    image = get_object_or_404(selectors.images_visible_to(request.user), pk=image_id)
    if request.method == "POST":
        pyramid = request_tiles(image=image)
    else:
        pyramid = selectors.tiles_of(image)
    return JsonResponse(tiles_as_json(pyramid))


def tiles_as_json(pyramid: TilePyramid | None) -> dict[str, Any]:
    """Return what the viewer needs to know of a picture's tiles."""
    if pyramid is None or pyramid.status != TilesStatus.READY:
        return {"status": pyramid.status if pyramid else "none"}
    return {
        "status": pyramid.status,
        "width": pyramid.width,
        "height": pyramid.height,
        "tile_size": pyramid.tile_size,
        "overlap": pyramid.overlap,
        "levels": pyramid.levels,
        "url": _address_before_tiles(pyramid),
    }


def _address_before_tiles(pyramid: TilePyramid) -> str:
    """Return the part of a tile's address before level, column and row."""
    first = reverse("forensics:tile", args=[pyramid.pk, 0, 0, 0])
    return first.removesuffix("0/0-0/")


@login_required
@require_safe
def tile(
    request: AuthenticatedRequest, pyramid_id: UUID, level: int, column: int, row: int
) -> HttpResponseBase:
    """Send one tile: one range of the stored file."""
    pyramid = get_object_or_404(selectors.tiles_visible_to(request.user), pk=pyramid_id)
    layout = Layout(pyramid.width, pyramid.height, pyramid.tile_size, pyramid.overlap)
    if layout.number(level, column, row) is None:
        raise Http404(_("This picture has no such tile."))
    etag = f'"{pyramid.pk}-{level}-{column}-{row}"'
    try:
        response = get_conditional_response(request, etag=etag) or HttpResponse(
            _read(str(pyramid.file.name), layout, (level, column, row)),
            content_type="image/jpeg",
        )
    except (StorageError, ContainerError) as error:
        logger.exception("a tile is out of reach")
        raise Http404(
            _("The file storage does not give this tile. Tell whoever runs this.")
        ) from error
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Another person at the same browser is another cache entry.
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


def _read(name: str, layout: Layout, place: tuple[int, int, int]) -> bytes:
    found = _index(name, HEADER_BYTES + index_size(layout.count)).find(*place)
    if found is None or not found[1]:
        raise ContainerError("The file of tiles does not have this tile.")
    return files.read_range(name, *found)


@lru_cache(maxsize=128)  # a stored file never changes; an index is some kilobytes
def _index(name: str, size: int) -> TileIndex:
    return read_index(files.read_range(name, 0, size))
