"""What is left of a key's limits, on every answer to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.keys.limits import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class KeyMiddleware:
    """Adds ``RateLimit-Policy`` and ``RateLimit``.

    They are those of draft-ietf-httpapi-ratelimit-headers-10 and later. Quotas of
    pictures are named where a picture was sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with the headers if it came with a key."""
        with answering() as used:
            response = self.get_response(request)
        if used.allowances:
            left = used.allowances.values()
            response.headers["RateLimit-Policy"] = ", ".join(one.policy for one in left)
            response.headers["RateLimit"] = ", ".join(one.state for one in left)
        return response
