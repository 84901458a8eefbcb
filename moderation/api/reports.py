"""Evidence reports over HTTP: files for other programs and for print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.viewsets import GenericViewSet

from forensics.api.negotiation import FileNegotiation
from forensics.api.permissions import person
from forensics.models import Analysis
from forensics.reporting.schema import SCHEMA
from moderation.reports.document import reportable_analyses
from moderation.reports.serving import serve_json, serve_pdf

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpResponse
    from rest_framework.request import Request


class ReportViewSet(GenericViewSet[Analysis]):
    """Evidence reports of the analyses you may see, by the analysis' id.

    There is one of every analysis that ended with a result.
    """

    lookup_value_converter = "uuid"
    queryset = Analysis.objects.none()
    content_negotiation_class = FileNegotiation

    def get_queryset(self) -> QuerySet[Analysis]:
        """Return the analyses that this person can have a report of."""
        return reportable_analyses(person(self.request))

    @extend_schema(responses={(200, "application/json"): SCHEMA})
    def retrieve(self, request: Request, pk: Any = None) -> HttpResponse:
        """Download the report as JSON, for `manage.py verify_report`."""
        return serve_json(self.get_object(), person(request))

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True)
    def pdf(self, request: Request, pk: Any = None) -> HttpResponse:
        """Download the report for print, with its pictures."""
        return serve_pdf(self.get_object(), person(request))
