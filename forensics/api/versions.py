"""Versions of answers that a look at one row tells."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from forensics.api.beside import human_decisions
from forensics.api.permissions import person
from forensics.known import may_see_banks
from forensics.states import FINISHED

if TYPE_CHECKING:
    from rest_framework.request import Request

    from forensics.models import Analysis

# Changes whenever the same rows come to another answer.
SHAPE = "1"


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
