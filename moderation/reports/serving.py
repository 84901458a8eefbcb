"""Answers with a report as a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import override

from moderation.reports.document import evidence_report
from moderation.reports.pdf import as_pdf

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Analysis

# Reports of one analysis are compared word for word, whoever had them made.
REPORT_LANGUAGE = "en"


def serve_json(analysis: Analysis, user: User) -> HttpResponse:
    """Return the report that ``verify_report`` reads."""
    with override(REPORT_LANGUAGE):
        report = evidence_report(analysis, made_for=user)
    return _download(report.as_json(), "application/json", f"{report.file_name}.json")


def serve_pdf(analysis: Analysis, user: User) -> HttpResponse:
    """Return the report for print, with its pictures."""
    with override(REPORT_LANGUAGE):
        report = evidence_report(analysis, made_for=user)
        data = as_pdf(report)
    return _download(data, "application/pdf", f"{report.file_name}.pdf")


def _download(data: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
