"""Versions of answers: who has one already is told so, and no more."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from forensics.api.beside import human_decisions
from forensics.api.permissions import person
from forensics.known import may_see_banks
from forensics.states import FINISHED

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request

    from forensics.models import Analysis

KEEP_BUT_ASK = "private, no-cache"
WHO_ASKS = ("Accept", "Authorization", "Cookie")
# Changes whenever the same rows come to another answer.
SHAPE = "1"


def not_modified(request: HttpRequest, etag: str) -> HttpResponse | None:
    """Return 304 where ``If-None-Match`` names this version; nothing otherwise.

    Of ``If-Match`` and the like, which are for changes, reads take no notice.
    """
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" not in known and not any(_weak(one) == _weak(etag) for one in known):
        return None
    return versioned(HttpResponseNotModified(), etag)


def versioned(answer: HttpResponse, etag: str) -> HttpResponse:
    """Say of an answer which version it is, and for whom it may be kept."""
    answer.headers["ETag"] = etag
    answer.headers.setdefault("Cache-Control", KEEP_BUT_ASK)
    patch_vary_headers(answer, WHO_ASKS)
    return answer


def _weak(etag: str) -> str:
    return etag.removeprefix("W/")


def version_of_analysis(request: Request, analysis: Analysis | None) -> str:
    """Return the ETag of a finished analysis as this person sees it; else nothing.

    It never changes but for what stands beside it: a person's decision, what this
    person may know of banks, and what the request asks for.
    """
    if analysis is None or analysis.status not in FINISHED:
        return ""
    if "expand" in request.query_params:  # other rows, which change by themselves
        return ""
    user = person(request)
    decision = human_decisions(user, [analysis.image_id]).get(analysis.image_id)
    parts = (
        SHAPE,
        analysis.pk,
        analysis.finished_at,
        decision and (decision.pk, decision.final_at, decision.shown_reason),
        may_see_banks(user),
        request.META.get("QUERY_STRING", ""),
        request.META.get("HTTP_ACCEPT", ""),
    )
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
