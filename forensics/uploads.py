"""Stops a file that is too large while it arrives, before it fills memory or disk."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters

if TYPE_CHECKING:
    from django.http import HttpRequest

RAW = "application/octet-stream"
PART = 64 * 1024
# Of a form with many files, as many times the limit of one.
MOST_OF_A_FORM = 8


class CappedUploadHandler(FileUploadHandler):
    """Cut a file off one byte past the cap; the rest is read and thrown away.

    The cut file goes on to the service, whose size check refuses it in plain words
    (how large it was is not known by then), while other files of the same request are
    not disturbed.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django's name
        content_length: int,
        *args: Any,
        **more: Any,
    ) -> None:
        """Refuse a form that is too large as a whole, before it is read."""
        if content_length > MOST_OF_A_FORM * settings.MAX_UPLOAD_BYTES:
            raise RequestDataTooBig("The form is too large as a whole.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Start counting anew."""
        super().new_file(*args, **kwargs)
        self._room = settings.MAX_UPLOAD_BYTES + 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass on what fits."""
        if self._room <= 0:
            return None
        chunk = raw_data[: self._room]
        self._room -= len(chunk)
        return chunk

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


def is_raw(content_type: str) -> bool:
    """Return whether a body of this type is a file itself."""
    kind = content_type.split(";", 1)[0].strip().lower()
    return kind == RAW or kind.startswith("image/")


def raw_upload(request: HttpRequest) -> UploadedFile[bytes]:
    """Take a request's body as a file, large ones on disk; cut off like a form's.

    It is among ``request.FILES`` afterwards and closed with the request, so that a
    second call, and whoever looked at the body before, get the same file.
    """
    known: UploadedFile[bytes] | None = getattr(request, "_raw_upload", None)
    if known is not None:
        return known
    file = _spooled(request)
    size = file.tell()
    file.seek(0)
    upload = UploadedFile(file, _name_of(request), request.content_type, size)
    # Where Django keeps a form's, to close them with the request.
    vars(request).update(
        _raw_upload=upload, _post=QueryDict(), _files=MultiValueDict({"file": [upload]})
    )
    return upload


def _spooled(request: HttpRequest) -> SpooledTemporaryFile[bytes]:
    # Closed with the request; see above.
    file = SpooledTemporaryFile(settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    room = settings.MAX_UPLOAD_BYTES + 1
    while part := request.read(PART):
        file.write(part[:room])
        room -= min(room, len(part))
    return file


def _name_of(request: HttpRequest) -> str:
    """Return the name that headers give: ``Content-Disposition``, or ``X-Filename``."""
    given = request.headers.get("Content-Disposition", "")
    try:
        name = parse_header_parameters(given)[1].get("filename", "")
    except ValueError:
        name = ""
    return name or unquote(request.headers.get("X-Filename", "")) or "unnamed"
