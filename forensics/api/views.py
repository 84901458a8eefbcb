"""Images and analyses over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from forensics import selectors
from forensics.api import serializers
from forensics.api.beside import human_decisions
from forensics.api.expansions import (
    OF_ANALYSIS,
    OF_IMAGE,
    decisions_beside_analyses,
    decisions_beside_images,
)
from forensics.api.filters import AnalysisFilters, ImageFilters
from forensics.api.negotiation import FileNegotiation
from forensics.api.permissions import as_django, person
from forensics.api.reading import Listing, Retrieving
from forensics.api.versions import version_of_analysis
from forensics.models import Analysis, Door, Image
from forensics.services import request_reanalysis, submit_image
from forensics.services.intake import refuse_too_many_bytes
from forensics.serving import serve_mask, serve_original
from forensics.states import PENDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer

    from forensics.keyset import Ordering

POLL_AFTER_SECONDS = 1
TO_POLL = [
    OpenApiParameter(
        "Location",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        response=[202],
        description="The path of the analysis to poll.",
    ),
    OpenApiParameter(
        "Retry-After",
        OpenApiTypes.INT,
        OpenApiParameter.HEADER,
        response=[202],
        description="Seconds to wait before asking; absent where it is ready.",
    ),
]
REFUSALS = {
    413: OpenApiResponse(description="`too_many_bytes`"),
    415: OpenApiResponse(
        description="`not_an_image`, `unsupported_format`, `archive`, `svg`, or the "
        "request is not `multipart/form-data` (`unsupported_media_type`)"
    ),
    422: OpenApiResponse(
        description="`empty`, `truncated`, `corrupt`, `too_many_pixels`"
    ),
    503: OpenApiResponse(description="`storage_unavailable`: try again later"),
}


class ImageViewSet(Retrieving, Listing, GenericViewSet[Image]):
    """Images: all of them for reviewers, one's own for everybody else."""

    needs: ClassVar[Mapping[str, str]] = {
        "create": "forensics.add_image",
        "reanalyze": "forensics.reanalyze_image",
    }
    resource = "image"
    expansions = OF_IMAGE
    lookup_value_converter = "uuid"
    queryset = Image.objects.none()
    serializer_class = serializers.ImageSerializer
    filterset_class = ImageFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Image]:
        """Return what this person may see."""
        user = person(self.request)
        return selectors.with_visible_submissions(
            selectors.images_visible_to(user), user
        )

    def beside(self, rows: Sequence[Image]) -> Mapping[str, Any]:
        """Return what people decided about the images."""
        return decisions_beside_images(person(self.request), rows)

    @extend_schema(
        request={"multipart/form-data": serializers.ImageUploadSerializer},
        responses={202: serializers.ReceivedImageSerializer, **REFUSALS},
        parameters=TO_POLL,
    )
    def create(self, request: Request) -> Response:
        """Send an image. It is stored, and analyzed in the background."""
        user, upload = person(request), _sole_file(request)
        refuse_too_many_bytes(upload.size or 0)
        receipt = submit_image(
            data=upload.read(),
            original_name=upload.name or "",
            door=Door.API,
            submitted_by=user,
        )
        body = serializers.ReceivedImageSerializer(
            self.get_queryset().get(pk=receipt.image.pk),
            context={
                "analysis": receipt.analysis,
                "decisions": human_decisions(user, [receipt.image.pk]),
                # Speaks of this person's own view, and keeps no secret: the image's
                # created_at and a result at once tell that others sent these bytes.
                "is_duplicate": receipt.is_duplicate
                and selectors.was_known_to(user, receipt.submission),
            },
        )
        return _accepted(body.data, receipt.analysis)

    @extend_schema(
        request=None,
        responses={202: serializers.AnalysisSummarySerializer},
        parameters=TO_POLL,
    )
    @action(detail=True, methods=["post"])
    def reanalyze(self, request: Request, pk: Any = None) -> Response:
        """Ask for a new analysis; one already under way is answered instead."""
        analysis = request_reanalysis(
            image=self.get_object(), requested_by=person(request)
        )
        body = serializers.AnalysisSummarySerializer(analysis)
        return _accepted(body.data, analysis)

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=FileNegotiation)
    def original(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Download the original, unaltered."""
        return serve_original(as_django(request), self.get_object())

    def get_parsers(self) -> list[Any]:
        """Take pictures as forms with a file; everything else as usual."""
        if getattr(self, "action_map", {}).get("post") == "create":
            return [MultiPartParser()]
        return super().get_parsers()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return the form of an upload where there is one to show."""
        if self.action == "create":
            return serializers.ImageUploadSerializer
        return serializers.ImageSerializer


class AnalysisViewSet(Retrieving, Listing, GenericViewSet[Analysis]):
    """Analyses of the images you may see. Each is immutable once finished."""

    resource = "analysis"
    expansions = OF_ANALYSIS
    lookup_value_converter = "uuid"
    queryset = Analysis.objects.none()
    serializer_class = serializers.AnalysisSerializer
    filterset_class = AnalysisFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-queued_at": ("-queued_at", "-id"),
        "queued_at": ("queued_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Analysis]:
        """Return what this person may see; evidence only for one at a time."""
        visible = selectors.analyses_visible_to(person(self.request))
        return visible if self.action == "list" else selectors.with_evidence(visible)

    def get_serializer_class(self) -> type[BaseSerializer[Analysis]]:
        """Return the short shape for lists."""
        if self.action == "list":
            return serializers.AnalysisSummarySerializer
        return serializers.AnalysisSerializer

    def beside(self, rows: Sequence[Analysis]) -> Mapping[str, Any]:
        """Return what people decided about the image, where the answer shows it."""
        if self.action == "list":
            return {}
        return decisions_beside_analyses(person(self.request), rows)

    def version_of(self, request: Request) -> str:
        """Know a finished analysis by its row: findings are not read for it."""
        visible = selectors.analyses_visible_to(person(request))
        return version_of_analysis(
            request, visible.filter(pk=self.kwargs["pk"]).first()
        )

    def headers_of(self, row: Analysis) -> Mapping[str, str]:
        """Say how long to wait while it is pending."""
        return _wait(row)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "signal",
                OpenApiTypes.STR,
                description="its name; all joined if none",
            )
        ],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    @action(detail=True, content_negotiation_class=FileNegotiation)
    def mask(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Fetch the mask of where the picture seems edited, one px a cell."""
        area = selectors.area_visible_to(
            person(request),
            analysis_id=pk,
            signal=request.query_params.get("signal", "")[:32],
        )
        if area is None:
            raise NotFound
        return serve_mask(as_django(request), area)


def _sole_file(request: Request) -> UploadedFile[bytes]:
    if len(request.FILES.getlist("file")) > 1:
        raise ValidationError({"file": "Send one file in each request."})
    form = serializers.ImageUploadSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    upload: UploadedFile[bytes] = form.validated_data["file"]
    return upload


def _accepted(body: Any, analysis: Analysis) -> Response:
    location = reverse("api:analysis-detail", args=[analysis.pk])
    return Response(
        body,
        status=status.HTTP_202_ACCEPTED,
        headers={"Location": location, **_wait(analysis)},
    )


def _wait(analysis: Analysis) -> dict[str, str]:
    is_pending = analysis.status in PENDING
    return {"Retry-After": str(POLL_AFTER_SECONDS)} if is_pending else {}
