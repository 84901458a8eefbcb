"""Images and analyses over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.idempotency import MAY_BE_REDONE
from forensics import selectors
from forensics.api import serializers
from forensics.api.arrivals import (
    analysis_answered,
    answered,
    take_in,
    wait_header,
)
from forensics.api.batches import answer_batch, items_of, may_be_redone
from forensics.api.describing import (
    A_BATCH,
    A_PICTURE,
    ACCEPTED,
    ANSWERED,
    OF_A_RAW_BODY,
    REFUSALS,
    TO_POLL,
    TO_WAIT,
)
from forensics.api.expansions import (
    OF_ANALYSIS,
    OF_IMAGE,
    decisions_beside_analyses,
    of_images,
)
from forensics.api.filters import AnalysisFilters, ImageFilters
from forensics.api.negotiation import FileNegotiation
from forensics.api.parcels import parcel_of
from forensics.api.parsers import (
    BatchJSONParser,
    ImageParser,
    RawParser,
    SmallJSONParser,
)
from forensics.api.permissions import as_django, person
from forensics.api.reading import Listing, Retrieving
from forensics.api.sending_serializers import (
    BatchRequestSerializer,
    BatchResultSerializer,
    ImageAddressSerializer,
    ImageUploadSerializer,
)
from forensics.api.versions import version_of_analysis
from forensics.api.waiting import wish_of
from forensics.models import Analysis, Image
from forensics.services import request_reanalysis
from forensics.serving import serve_mask, serve_original
from forensics.uploads import RAW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer

    from forensics.keyset import Ordering


class ImageViewSet(Retrieving, Listing, GenericViewSet[Image]):
    """Images: all of them for reviewers, one's own for everybody else."""

    needs: ClassVar[Mapping[str, str]] = {
        "create": "forensics.add_image",
        "batch": "forensics.add_image",
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
        visible = selectors.images_visible_to(person(self.request))
        return selectors.with_newest_result(visible)

    def beside(self, rows: Sequence[Image]) -> Mapping[str, Any]:
        """Return what people decided about the images, and how they arrived."""
        return of_images(person(self.request), rows)

    @extend_schema(
        request={
            "multipart/form-data": A_PICTURE,
            "application/json": ImageAddressSerializer,
            "image/*": OpenApiTypes.BINARY,
            RAW: OpenApiTypes.BINARY,
        },
        responses={
            200: ANSWERED,
            202: ACCEPTED,
            403: OpenApiResponse(
                description="`permission_denied`; `fetching_is_off` of an address"
            ),
            **REFUSALS,
        },
        parameters=[*TO_POLL, *TO_WAIT, *OF_A_RAW_BODY],
    )
    def create(self, request: Request) -> Response:
        """Send an image. It is stored, and analyzed in the background."""
        wish_of(request)  # what is wrong with it is said before anything is stored
        return answered(request, take_in(parcel_of(request), person(request)))

    @extend_schema(
        request={
            "multipart/form-data": A_BATCH,
            "application/json": BatchRequestSerializer,
        },
        responses={
            207: BatchResultSerializer,
            400: OpenApiResponse(description="`wrong_batch`, `parse_error`"),
        },
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Send up to 100 images; each is answered as if it had come alone."""
        items, files = items_of(request)
        body = answer_batch(self, request, items, files)
        answer = Response(body, status=status.HTTP_207_MULTI_STATUS)
        setattr(answer, MAY_BE_REDONE, may_be_redone(body))
        return answer

    @extend_schema(
        request=None,
        responses={
            200: serializers.AnalysisSummarySerializer,
            202: serializers.AnalysisSummarySerializer,
        },
        parameters=[*TO_POLL, *TO_WAIT],
    )
    @action(detail=True, methods=["post"])
    def reanalyze(self, request: Request, pk: Any = None) -> Response:
        """Ask for a new analysis; one already under way is answered instead."""
        wish_of(request)
        analysis = request_reanalysis(
            image=self.get_object(), requested_by=person(request)
        )
        return analysis_answered(request, analysis)

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=FileNegotiation)
    def original(self, request: Request, pk: Any = None) -> HttpResponseBase:
        """Download the original, unaltered."""
        return serve_original(as_django(request), self.get_object())

    def get_parsers(self) -> list[Any]:
        """Take pictures in every way they are sent; everything else as usual."""
        sends = getattr(self, "action_map", {}).get("post")
        if sends == "create":
            ways = (MultiPartParser, SmallJSONParser, ImageParser, RawParser)
            return [way() for way in ways]
        if sends == "batch":
            return [MultiPartParser(), BatchJSONParser()]
        return super().get_parsers()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return the form of an upload where there is one to show."""
        if self.action == "create":
            return ImageUploadSerializer
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
        if self.action == "list":
            return selectors.as_summaries(visible)
        return selectors.with_evidence(visible)

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
        return wait_header(row)

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
