"""Streams stored files to whoever may see them; the caller has checked that."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from forensics.exceptions import StorageError
from forensics.localized import as_png

if TYPE_CHECKING:
    from django.db.models.fields.files import FieldFile
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from forensics.models import EvidenceFile, Image, LocalizedArea

# What a browser may show in place. Anything else is offered for download.
SHOWN_IN_PLACE = frozenset({"image/png", "image/webp", "image/jpeg"})
# Even a file taken for a page by a browser runs nothing and loads nothing.
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
FRESH_SECONDS = 300


def serve_original(request: HttpRequest, image: Image) -> HttpResponseBase:
    """Return an original, unaltered, as a download under a name of ours.

    Raises
    ------
    StorageError
        The file is not there, or the storage is out of reach.
    """
    extension = "." + str(image.original.name).rsplit(".", 1)[-1]
    return serve_file(
        request,
        file=image.original,
        media_type=image.media_type,
        etag=f'"{image.sha256}"',
        download_as=image.sha256 + extension,
    )


def serve_evidence(request: HttpRequest, evidence: EvidenceFile) -> HttpResponseBase:
    """Return a picture that an analysis made, to be shown in place.

    Raises
    ------
    StorageError
        The file is not there, or the storage is out of reach.
    """
    return serve_file(
        request,
        file=evidence.file,
        media_type=evidence.media_type,
        etag=f'"{evidence.pk}"',
    )


def serve_mask(request: HttpRequest, area: LocalizedArea) -> HttpResponseBase:
    """Return where an analysis saw edited places, drawn from its run lengths."""
    etag = f'"{area.pk}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        as_png(area), content_type="image/png"
    )
    _guard(response, etag)
    return response


def serve_file(
    request: HttpRequest,
    *,
    file: FieldFile,
    media_type: str,
    etag: str,
    download_as: str = "",
) -> HttpResponseBase:
    """Stream ``file`` so that no browser can mistake it for a page.

    Parameters
    ----------
    request : HttpRequest
        Its ``If-None-Match`` is answered with 304, without opening the file.
    file : FieldFile
        Where it lies, whatever the storage: reads are proxied.
    media_type : str
        From our row, never from the name or the storage.
    etag : str
        Quoted; names the content, which never changes.
    download_as : str, default: ""
        A name of ours; makes it an attachment.

    Raises
    ------
    StorageError
        The file is not there, or the storage is out of reach.
    """
    not_modified = get_conditional_response(request, etag=etag)
    response = not_modified or _stream(file, media_type, download_as)
    _guard(response, etag)
    return response


def _guard(response: HttpResponseBase, etag: str) -> None:
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # Another person at the same browser is another cache entry.
    patch_vary_headers(response, ["Cookie", "Authorization"])


def _stream(file: FieldFile, media_type: str, download_as: str) -> HttpResponseBase:
    is_shown = media_type in SHOWN_IN_PLACE and not download_as
    try:
        with ExitStack() as until_sent:
            opened = until_sent.enter_context(file.storage.open(str(file.name), "rb"))
            # It asks for the size, whereupon S3's library fetches the whole object.
            response = FileResponse(
                opened,
                as_attachment=not is_shown,
                filename=download_as,  # else the storage's name, which is ours as well
                content_type=media_type,
            )
            until_sent.pop_all()  # the response closes it
            return response
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(
            f"The file storage did not give {file.name}: {error}"
        ) from error
