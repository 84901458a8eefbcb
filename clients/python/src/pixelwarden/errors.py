"""What can go wrong, as one tree of exceptions under ``PixelwardenError``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the server says of a file that it does not take, whatever the status.
FILE_CODES = frozenset(
    {
        "archive",
        "corrupt",
        "empty",
        "not_an_image",
        "svg",
        "too_many_bytes",
        "too_many_pixels",
        "truncated",
        "unreadable",
        "unsupported_format",
    }
)


class PixelwardenError(Exception):
    """Anything that this package raises on purpose."""


class ConfigurationError(PixelwardenError, ValueError):
    """The address or the key is missing or makes no sense."""


class ConnectionFailed(PixelwardenError):  # noqa: N818  # named for what happened
    """No answer came, after all tries."""


class UnexpectedAnswer(PixelwardenError):  # noqa: N818  # same
    """What answered is not a Pixelwarden server, or one that this cannot speak to."""


class ResultTimeout(PixelwardenError, TimeoutError):  # noqa: N818  # same
    """The analysis did not end in the time given. It goes on; ask again later."""


class FetchFailed(PixelwardenError):  # noqa: N818  # same
    """The server could not get the picture from its address.

    Attributes
    ----------
    code : str
        Why, as a stable word.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class WebhookError(PixelwardenError):
    """A delivery that must not be trusted, or cannot be read."""


@dataclass(frozen=True)
class FieldError:
    """One part of a request that is at fault.

    Attributes
    ----------
    pointer : str
        A JSON pointer into the body, or empty.
    parameter : str
        The name of a query parameter, or empty.
    code, detail : str
        What is wrong, as a word and for people.
    """

    code: str
    detail: str
    pointer: str = ""
    parameter: str = ""


class ApiError(PixelwardenError):
    """The server refused, and says why (RFC 9457).

    Attributes
    ----------
    status : int
        The HTTP status.
    code : str
        A stable word; decide by it.
    title, detail : str
        For people; the wording may change.
    errors : tuple of FieldError
        The parts of the request that are at fault.
    request_id : str
        Tell it to the operator.
    retry_after : float or None
        Seconds that the server asks to wait.
    raw : mapping
        The whole problem, unknown members too.
    """

    def __init__(
        self,
        status: int,
        raw: Mapping[str, Any],
        *,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.raw = raw
        self.code = str(raw.get("code", f"http_{status}"))
        self.title = str(raw.get("title", ""))
        self.detail = str(raw.get("detail", ""))
        self.request_id = str(raw.get("request_id", ""))
        self.retry_after = retry_after
        found = raw.get("errors")
        self.errors = tuple(
            FieldError(
                code=str(item.get("code", "")),
                detail=str(item.get("detail", "")),
                pointer=str(item.get("pointer", "")),
                parameter=str(item.get("parameter", "")),
            )
            for item in (found if isinstance(found, list) else [])
            if isinstance(item, dict)
        )
        words = f"{status} {self.code}: {self.detail or self.title}"
        super().__init__(
            words + (f" (request {self.request_id})" if self.request_id else "")
        )


class InvalidRequest(ApiError):  # noqa: N818  # same
    """400 or 422: correct the request."""


class ImageRefused(ApiError):  # noqa: N818  # same
    """The file itself is not taken; ``code`` says why. Another try will not help."""


class AuthenticationFailed(ApiError):  # noqa: N818  # same
    """401: the key is missing, wrong, or has ended."""


class PermissionDenied(ApiError):  # noqa: N818  # same
    """403: the key may not do this."""


class NotFound(ApiError):  # noqa: N818  # same
    """404: no such resource, or not yours to see."""


class Conflict(ApiError):  # noqa: N818  # same
    """409 or 410: the state of things does not allow it."""


class RateLimited(ApiError):  # noqa: N818  # same
    """429: too many requests; see ``retry_after``."""


class ServerError(ApiError):
    """500 and above, after all tries."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    410: Conflict,
    422: InvalidRequest,
    429: RateLimited,
}


def api_error(
    status: int, raw: Mapping[str, Any], *, retry_after: float | None = None
) -> ApiError:
    """Return the exception that fits a problem."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    if raw.get("code") in FILE_CODES:
        kind = ImageRefused
    return kind(status, raw, retry_after=retry_after)
