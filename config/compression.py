"""Answers of the API in JSON, compressed with Brotli or gzip where the client takes it.

Only where the request names its sender by ``Authorization``, which no browser adds by
itself, and where nothing is set or kept secret: then nobody can make a victim's browser
send guesses and read lengths (BREACH). Pages are never compressed.
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import brotli
from django.utils.cache import patch_vary_headers

from config.conditional import is_plain_read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

# Below, the headers cost more than is won.
LEAST_BYTES = 1000
_ENTRY = re.compile(r"\s*([a-z*]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$", re.I)


def _brotli(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=4, mode=brotli.MODE_TEXT)
    return packed


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=5, mtime=0)


# The best first.
CODINGS: Mapping[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}


class CompressionMiddleware:
    """Compresses what may be; goes around everything that looks at the body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, compressed where that is safe and wanted."""
        response = self.get_response(request)
        if not is_plain_read(request, response) or response.cookies:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if "Authorization" not in request.headers:
            return response
        coding = chosen_coding(request.headers.get("Accept-Encoding", ""))
        body: bytes = response.content  # type: ignore[attr-defined]  # it is no stream
        if not coding or len(body) < LEAST_BYTES:
            return response
        packed = CODINGS[coding](body)
        response.content = packed  # type: ignore[attr-defined]  # it is no stream
        response.headers["Content-Encoding"] = coding
        response.headers["Content-Length"] = str(len(packed))
        return response


def chosen_coding(accepted: str) -> str:
    """Return the coding of ours that a client likes best; empty where none.

    ``*`` stands for those that are not named; what has ``q=0`` is refused.
    """
    weights: dict[str, float] = {}
    for entry in accepted[:500].split(","):
        if match := _ENTRY.match(entry):
            weights[match[1].lower()] = float(match[2] or 1)
    rest = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, rest))
    return best if weights.get(best, rest) > 0 else ""
