"""Answers of the API have a version: who has it already gets 304 and no body.

A view may name the version itself, from a row, before it reads the rest
(``forensics.api.versions``). Otherwise it is the hash of the body. It is weak: the same
answer may be compressed in several ways.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.utils.cache import get_conditional_response, patch_vary_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
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
        if not response.has_header("ETag"):
            digest = hashlib.sha256(response.content)  # type: ignore[attr-defined]
            response.headers["ETag"] = f'W/"{digest.hexdigest()[:32]}"'
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
        return (
            get_conditional_response(
                request,
                etag=response.headers["ETag"],
                response=response,  # type: ignore[arg-type]  # it is no stream
            )
            or response
        )


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
