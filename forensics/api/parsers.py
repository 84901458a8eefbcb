"""Request bodies, with a limit before anything is read into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import FileUploadParser, JSONParser

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO

MAX_JSON_BYTES = 64 * 1024
MAX_BATCH_BYTES = 1024 * 1024


class BodyTooLargeError(APIException):
    """A JSON body over the limit; pictures do not travel in JSON."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_many_bytes"


class RawParser(FileUploadParser):
    """Says that the body is a file itself; the view takes it as it comes."""

    media_type = "application/octet-stream"


class ImageParser(FileUploadParser):
    """The same, of a body that is called an image."""

    media_type = "image/*"


class SmallJSONParser(JSONParser):
    """JSON of a bounded size, and never NaN or Infinity."""

    strict = True
    most_bytes = MAX_JSON_BYTES

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parse after a look at the announced length."""
        meta = parser_context["request"].META if parser_context else {}
        # Without a length nothing is read at all, so this check is enough.
        if int(meta.get("CONTENT_LENGTH") or 0) > self.most_bytes:
            raise BodyTooLargeError(
                f"A JSON body may have at most {self.most_bytes:,} bytes here."
            )
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class BatchJSONParser(SmallJSONParser):
    """Room for a hundred pictures and what is said of each."""

    most_bytes = MAX_BATCH_BYTES
