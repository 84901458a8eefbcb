"""Evidence reports, to whoever may see the analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from moderation.reports.document import reportable_analyses
from moderation.reports.serving import serve_json, serve_pdf

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


@login_required
@require_safe
def report_json(request: AuthenticatedRequest, analysis_id: UUID) -> HttpResponse:
    """Download the report as JSON."""
    found = get_object_or_404(reportable_analyses(request.user), pk=analysis_id)
    return serve_json(found, request.user)


@login_required
@require_safe
def report_pdf(request: AuthenticatedRequest, analysis_id: UUID) -> HttpResponse:
    """Download the report for print."""
    found = get_object_or_404(reportable_analyses(request.user), pk=analysis_id)
    return serve_pdf(found, request.user)
