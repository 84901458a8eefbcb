"""No evidence without a record: each view is recorded before its answer is sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.template.loader import render_to_string

from config.problems import Problem, answer
from moderation.evidence_pages import SHOWN
from moderation.exceptions import NotRecordedError
from moderation.services import record_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from accounts.models import User

logger = logging.getLogger(__name__)
RETRY_AFTER = {"Retry-After": "10"}


class ViewingMiddleware:
    """Records who looks at what evidence; what cannot be recorded is refused.

    Only whole answers count (200): not redirects, refusals, or *not modified*, where
    nothing is sent that the browser does not have from a recorded view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, recorded if it shows evidence."""
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or request.method != "GET" or response.status_code != 200:
            return response
        shown = SHOWN.get(match.view_name)
        if shown is None:
            return response
        try:
            record_view(
                shown=shown,
                key=str(match.kwargs[shown.key]),
                actor=_person(request),
                ahead=request.GET.get("ahead") == "1",
            )
        except NotRecordedError as error:
            logger.exception("a view of evidence could not be put on record")
            _close_file(response)
            return _refused(request, error)
        return response


def _person(request: HttpRequest) -> User | None:
    """Return who is signed in; the API sets the owner of the token here, too."""
    return request.user if request.user.is_authenticated else None


def _close_file(response: HttpResponseBase) -> None:
    """Give back the file of an answer that is not sent; the request itself goes on."""
    file = getattr(response, "file_to_stream", None)
    if file is not None:
        file.close()


def _refused(request: HttpRequest, error: NotRecordedError) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return answer(Problem(error.code, error.detail, headers=RETRY_AFTER))
    page = render_to_string("503.html", {"detail": error.detail})
    return HttpResponse(page, status=503, headers=RETRY_AFTER)
