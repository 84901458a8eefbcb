"""Stops a file that is too large while it arrives, before it fills memory or disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class CappedUploadHandler(FileUploadHandler):
    """Cut a file off one byte past the cap; the rest is read and thrown away.

    The cut file goes on to the service, whose size check refuses it in plain words
    (how large it was is not known by then), while other files of the same request are
    not disturbed.
    """

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
