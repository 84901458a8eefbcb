"""Answers of the API have a version: who has it already gets 304 and no body.

A view may name the version itself, from a row, before it reads the rest
(``forensics.api.versions``). Otherwise it is the hash of the body. It is weak: the same
answer may be compressed in several ways.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from forensics.api.versions import not_modified, versioned

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

API = "/api/v1/"
JSON = "application/json"


class ConditionalMiddleware:
    """Answers ``If-None-Match`` of the API; goes inside of what records views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, or that nothing has changed."""
        response = self.get_response(request)
        if not is_plain_read(request, response):
            return response
        answer = cast("HttpResponse", response)  # it is no stream
        etag = answer.headers.get("ETag") or etag_of(answer.content)
        return not_modified(request, etag) or versioned(answer, etag)


def etag_of(body: bytes) -> str:
    """Return the version of an answer by its body."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'


def is_plain_read(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether this is an answer in JSON that may be kept by who asked."""
    return (
        request.method in {"GET", "HEAD"}
        and request.path_info.startswith(API)
        and response.status_code == 200
        and not response.streaming
        and response.headers.get("Content-Type", "").split(";")[0] == JSON
        and "no-store" not in response.headers.get("Cache-Control", "")
    )
