"""RFC 9457 problem details: the one place where API errors get their shape."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from django.views import defaults
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from uuid6 import uuid7

from accounts.keys.exceptions import (
    KeyNotAllowedError,
    KeyRefusedError,
    QuotaExceededError,
)
from accounts.tokens import TokenRefusedError
from config.problem_types import PROBLEM_TYPES, ProblemType
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import SendingError, StorageError
from moderation.exceptions import ModerationError

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "/api/v1/problems/"
SERVER_SIDE = 500
BAD_REQUEST = 400
# Of requests with a body, too; no field of a body is called so.
PARAMETERS = frozenset({"wait"})

Details: TypeAlias = "str | list[Any] | Mapping[str, Any]"


@dataclass(frozen=True, slots=True)
class Problem:
    """One error answer, before it is written out."""

    code: str
    detail: str
    status: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the members of RFC 9457 and ours."""
        kind = type_of(self.code, self.status)
        members: dict[str, Any] = {
            "type": f"{TYPE_PREFIX}{self.code}/",
            "title": kind.title,
            "status": self.status or kind.status,
            "code": self.code,
            "detail": _written(self.detail or kind.remedy),
            "request_id": request_id,
        }
        errors = [
            {name: _written(text) for name, text in one.items()} for one in self.errors
        ]
        return members | ({"errors": errors} if errors else {})


def _written(text: str) -> str:
    """Return a text as UTF-8 can hold it: half a character is none, and is escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def type_of(code: str, status: int) -> ProblemType:
    """Return what is documented of a code; an undocumented one is a bug of ours."""
    return PROBLEM_TYPES.get(code) or ProblemType(status, code, "")


def problem_details(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer any exception of an API view as a problem; the framework's hook."""
    request = context["request"]
    found = problem_of(error, is_read=request.method in SAFE_METHODS)
    return answer(found or _unexpected(error), error=error if not found else None)


def answer(problem: Problem, *, error: Exception | None = None) -> HttpResponse:
    """Write a problem out; what is our fault goes to the log under its id."""
    request_id = str(uuid7())
    body = problem.body(request_id)
    if body["status"] >= SERVER_SIDE:
        logger.error("%s, request %s", problem.code, request_id, exc_info=error)
    return HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=body["status"],
        content_type=MEDIA_TYPE,
        headers=problem.headers | {"Cache-Control": "no-store"},
    )


def problem_of(error: Exception, *, is_read: bool) -> Problem | None:
    """Return the problem that stands for an exception, or None for a bug of ours."""
    if isinstance(error, exceptions.APIException):
        return _from_framework(error, is_read=is_read)
    if isinstance(error, ImageRejectedError):
        return Problem(error.code.value, error.detail)
    if isinstance(error, ModerationError | SendingError):
        place = getattr(error, "pointer", "")
        entry = {"pointer": f"#{place}", "code": error.code, "detail": error.detail}
        return Problem(error.code, error.detail, errors=[entry] if place else [])
    return _from_keys(error) or _from_django(error)


def _from_keys(error: Exception) -> Problem | None:
    if isinstance(error, QuotaExceededError):
        headers = {"Retry-After": str(error.wait)}
        return Problem("quota_exceeded", str(error), headers=headers)
    if isinstance(error, KeyNotAllowedError):
        return Problem("permission_denied", str(error))
    if isinstance(error, KeyRefusedError):
        detail = {"code": "unprocessable", "detail": str(error)}
        place = {"pointer": f"#/{error.field}"} if error.field else {}
        return Problem("unprocessable", str(error), errors=[{**place, **detail}])
    return None


def _from_django(error: Exception) -> Problem | None:
    if isinstance(error, Http404):
        return Problem("not_found", "")
    if isinstance(error, PermissionDenied):
        return Problem("permission_denied", "")
    if isinstance(error, RequestDataTooBig):
        return Problem("too_many_bytes", "The form, or its fields, are too large.")
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return Problem("bad_request", "")
    if isinstance(error, TokenRefusedError):
        return Problem("invalid", str(error))
    return None


def _unexpected(error: Exception) -> Problem:
    if isinstance(error, StorageError):
        return Problem("storage_unavailable", "", headers={"Retry-After": "10"})
    return Problem("internal_error", "")


def _from_framework(error: exceptions.APIException, *, is_read: bool) -> Problem:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))  # rounded up already
    if isinstance(error, exceptions.ValidationError):
        errors = list(_pointed(error.detail, is_read=is_read))
        code = "invalid" if error.status_code == BAD_REQUEST else "unprocessable"
        return Problem(code, _in_words(errors), errors=errors, headers=headers)
    code = str(getattr(error.detail, "code", error.default_code))
    if isinstance(error, exceptions.Throttled):
        code = "throttled"
    elif code not in PROBLEM_TYPES:  # a code of the framework's for one message
        code = str(error.default_code)
    if code == "error":
        return _unexpected(error)
    return Problem(code, str(error.detail), error.status_code, headers=headers)


def _pointed(
    detail: Details, path: str = "", *, is_read: bool
) -> Iterator[dict[str, str]]:
    """Yield one entry for each message, with where it is."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            step = "" if name == "non_field_errors" else f"/{escaped}"
            yield from _pointed(inner, path + step, is_read=is_read)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _pointed(inner, path, is_read=is_read)
    else:
        is_parameter = is_read or path[1:] in PARAMETERS
        where = {"parameter": path[1:]} if is_parameter else {"pointer": f"#{path}"}
        yield where | {
            "code": str(getattr(detail, "code", "invalid")),
            "detail": str(detail),
        }


def _in_words(errors: list[dict[str, str]]) -> str:
    return " ".join(
        f"{entry.get('parameter') or entry.get('pointer', '#')[2:] or 'Body'}: "
        f"{entry['detail']}"
        for entry in errors
    )


# --- Errors outside of any view -----------------------------------------------------
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 400; see ``handler400``."""
    if not _is_api(request):
        return defaults.bad_request(request, exception)
    return answer(_from_django(exception) or Problem("bad_request", ""))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 403; see ``handler403``."""
    if not _is_api(request):
        return defaults.permission_denied(request, exception)
    return answer(Problem("permission_denied", ""))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 404; see ``handler404``."""
    if not _is_api(request):
        return defaults.page_not_found(request, exception)
    return answer(Problem("not_found", ""))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer 500; see ``handler500``. Django has logged the exception."""
    if not _is_api(request):
        return defaults.server_error(request)
    return answer(Problem("internal_error", ""))


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")
