"""Originals and evidence pictures, to whoever may see their image."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from forensics import files, selectors
from forensics.exceptions import StorageError
from forensics.file_head import STRING_BYTES, read_head
from forensics.serving import serve_evidence, serve_original

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from accounts.requests import AuthenticatedRequest

logger = logging.getLogger(__name__)
_GONE = _(
    "The file storage does not give this file. Tell whoever runs this installation."
)


@login_required
@require_safe
def original(request: AuthenticatedRequest, image_id: UUID) -> HttpResponseBase:
    """Offer the unaltered original for download, under a name of ours."""
    image = get_object_or_404(selectors.images_visible_to(request.user), pk=image_id)
    try:
        return serve_original(request, image)
    except StorageError as error:
        logger.exception("an original is out of reach")
        raise Http404(_GONE) from error


@login_required
@never_cache
@require_safe
def head(request: AuthenticatedRequest, image_id: UUID) -> HttpResponse:
    """Show the first bytes of the original, and the words among them."""
    image = get_object_or_404(selectors.images_visible_to(request.user), pk=image_id)
    try:
        data = files.read_head(str(image.original.name), STRING_BYTES)
    except StorageError as error:
        logger.exception("an original is out of reach")
        raise Http404(_GONE) from error
    context = {"image": image, "head": read_head(data)}
    return render(request, "forensics/image_head.html", context)


@login_required
@require_safe
def evidence(request: AuthenticatedRequest, evidence_id: UUID) -> HttpResponseBase:
    """Show one evidence picture."""
    file = get_object_or_404(
        selectors.evidence_visible_to(request.user), pk=evidence_id
    )
    try:
        return serve_evidence(request, file)
    except StorageError as error:
        logger.exception("an evidence file is out of reach")
        raise Http404(_GONE) from error
