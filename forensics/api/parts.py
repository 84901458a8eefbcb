"""Parts of images and analyses over HTTP: arrivals, signals, evidence pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.viewsets import GenericViewSet

from forensics import selectors
from forensics.api.expansions import OF_ANALYSIS_PART
from forensics.api.fields import LinkField
from forensics.api.filters import EvidenceFilters, SignalFilters, SubmissionFilters
from forensics.api.negotiation import FileNegotiation
from forensics.api.permissions import as_django, person
from forensics.api.quick import Quick
from forensics.api.reading import Listing, Retrieving
from forensics.api.serializers import (
    EvidenceSerializer,
    SignalSerializer,
    SubmissionSerializer,
)
from forensics.api.views import AnalysisViewSet
from forensics.models import EvidenceFile, Finding, Submission
from forensics.serving import serve_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer

    from forensics.keyset import Ordering
    from forensics.models import Analysis


class ImageAnalysesViewSet(AnalysisViewSet):
    """The analyses of one image, the newest first. None replaces another."""

    def get_queryset(self) -> QuerySet[Analysis]:
        """Return them, where this person may see the image."""
        visible = selectors.images_visible_to(person(self.request))
        image = get_object_or_404(visible, pk=self.kwargs["image"])
        return image.analyses.all()


class ImageSubmissionsViewSet(Listing, GenericViewSet[Submission]):
    """The arrivals of one image, the newest first: one's own, or all for reviewers."""

    resource = "submission"
    queryset = Submission.objects.none()
    serializer_class = SubmissionSerializer
    filterset_class = SubmissionFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Submission]:
        """Return those that this person may know of, where they may see the image."""
        user = person(self.request)
        image = get_object_or_404(
            selectors.images_visible_to(user), pk=self.kwargs["image"]
        )
        arrivals = selectors.submissions_visible_to(user).filter(image=image)
        return arrivals.select_related("submitted_by")


class SignalSummarySerializer(Quick, serializers.ModelSerializer[Finding]):
    """A signal as lists show it: without its data and pictures."""

    url = LinkField("api:signal-detail", source="pk")
    analysis = serializers.UUIDField(source="analysis_id")
    name = serializers.CharField(source="analyzer")
    codes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Finding
        fields = (
            "id",
            "url",
            "analysis",
            "name",
            "version",
            "status",
            "score",
            "summary",
            "codes",
            "elapsed_ms",
        )
        read_only_fields = fields


class SignalDetailSerializer(SignalSerializer):
    """A signal by itself."""

    url = LinkField("api:signal-detail", source="pk")
    analysis = serializers.UUIDField(source="analysis_id")

    class Meta(SignalSerializer.Meta):
        fields = ("id", "url", "analysis", *SignalSerializer.Meta.fields[1:])
        read_only_fields = fields


class EvidenceDetailSerializer(EvidenceSerializer):
    """A picture that an analysis made, by itself."""

    url = LinkField("api:evidence-detail", source="pk")
    analysis = serializers.UUIDField(source="analysis_id")
    signal = serializers.UUIDField(
        source="finding_id", allow_null=True, help_text="null: a copy for display"
    )

    class Meta(EvidenceSerializer.Meta):
        fields = (
            "id",
            "url",
            "analysis",
            "signal",
            *EvidenceSerializer.Meta.fields[1:],
        )
        read_only_fields = fields


class SignalViewSet(Retrieving, Listing, GenericViewSet[Finding]):
    """What single analyzers had to say, of the images you may see."""

    resource = "signal"
    expansions = OF_ANALYSIS_PART
    lookup_value_converter = "uuid"
    queryset = Finding.objects.none()
    serializer_class = SignalDetailSerializer
    filterset_class = SignalFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {"-id": ("-id",), "id": ("id",)}

    def get_queryset(self) -> QuerySet[Finding]:
        """Return what this person may see."""
        visible = selectors.findings_visible_to(person(self.request))
        return (
            visible if self.action == "list" else selectors.with_whole_finding(visible)
        )

    def get_serializer_class(self) -> type[BaseSerializer[Finding]]:
        """Return the short shape for lists."""
        if self.action == "list":
            return SignalSummarySerializer
        return SignalDetailSerializer


class EvidenceViewSet(Retrieving, Listing, GenericViewSet[EvidenceFile]):
    """Pictures that analyses made: heat maps and display copies."""

    resource = "evidence"
    expansions = OF_ANALYSIS_PART
    lookup_value_converter = "uuid"
    queryset = EvidenceFile.objects.none()
    serializer_class = EvidenceDetailSerializer
    filterset_class = EvidenceFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {"-id": ("-id",), "id": ("id",)}

    def get_queryset(self) -> QuerySet[EvidenceFile]:
        """Return what this person may see."""
        return selectors.evidence_visible_to(person(self.request))

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=FileNegotiation)
    def content(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Fetch the picture itself."""
        return serve_evidence(as_django(request), self.get_object())
