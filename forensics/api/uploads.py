"""Direct uploads, batches, and pictures at an address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from forensics.api.arrivals import POLL_AFTER_SECONDS, answered, take_in_upload
from forensics.api.describing import TO_POLL, TO_WAIT
from forensics.api.parcels import said_in
from forensics.api.parsers import RawParser
from forensics.api.permissions import as_django, person
from forensics.api.sending_serializers import (
    AnsweredImageSerializer,
    BegunUploadSerializer,
    FetchSerializer,
    UploadRequestSerializer,
    UploadSerializer,
)
from forensics.api.serializers import ReceivedImageSerializer
from forensics.api.waiting import wish_of
from forensics.direct import s3_ticket
from forensics.models import Fetch, FetchStatus, Upload
from forensics.sending_selectors import fetches_visible_to, uploads_visible_to
from forensics.services.uploads import (
    VALID_FOR,
    begin_upload,
    signature_of,
    take_content,
)
from forensics.uploads import RAW, is_raw, raw_upload

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet
    from rest_framework.request import Request

    from forensics.keyset import Ordering

NEWEST_FIRST: Mapping[str, Ordering] = {
    "-created_at": ("-created_at", "-id"),
    "created_at": ("created_at", "id"),
}


class UploadViewSet(RetrieveModelMixin, ListModelMixin, GenericViewSet[Upload]):
    """Files that senders put into the storage themselves: one's own."""

    needs: ClassVar[Mapping[str, str]] = {
        "create": "forensics.add_image",
        "complete": "forensics.add_image",
    }
    lookup_value_converter = "uuid"
    queryset = Upload.objects.none()
    serializer_class = UploadSerializer
    orderings = NEWEST_FIRST

    def get_queryset(self) -> QuerySet[Upload]:
        """Return this person's own."""
        return uploads_visible_to(person(self.request))

    @extend_schema(
        request=UploadRequestSerializer,
        responses={
            201: BegunUploadSerializer,
            413: OpenApiResponse(description="`too_many_bytes`"),
        },
    )
    def create(self, request: Request) -> Response:
        """Announce a file, and learn where to put it. It is checked on completion."""
        asked = UploadRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        upload = begin_upload(
            byte_size=values["byte_size"],
            sha256=values["sha256"],
            original_name=values.get("filename", ""),
            said=said_in(asked.initial_data),
            sent_by=person(request),
        )
        context = {"put": _put(request, upload)}
        return Response(
            BegunUploadSerializer(upload, context=context).data,
            status=status.HTTP_201_CREATED,
            headers={
                "Location": reverse("api:upload-detail", args=[upload.pk]),
                "Cache-Control": "no-store",
            },
        )

    @extend_schema(
        request=None,
        parameters=[*TO_POLL, *TO_WAIT],
        responses={
            200: AnsweredImageSerializer,
            202: ReceivedImageSerializer,
            409: OpenApiResponse(description="`upload_missing`"),
            410: OpenApiResponse(description="`upload_expired`"),
            422: OpenApiResponse(description="`upload_mismatch`, or as for an image"),
        },
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: Any = None) -> Response:
        """Say that the file is there. It is taken in as if it had been sent here."""
        wish_of(request)
        return answered(request, take_in_upload(pk, person(request)))


class UploadContentView(APIView):
    """Takes the file of an upload where no storage does: the signed address says so."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (RawParser,)

    @extend_schema(
        operation_id="uploads_content_update",
        auth=[],
        request={RAW: OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("signature", OpenApiTypes.STR, required=True),
        ],
        responses={
            200: OpenApiResponse(description="The file is there; complete the upload."),
            403: OpenApiResponse(description="`upload_address_wrong`"),
            409: OpenApiResponse(description="`upload_closed`"),
            410: OpenApiResponse(description="`upload_expired`"),
            422: OpenApiResponse(description="`upload_mismatch`"),
            503: OpenApiResponse(description="`storage_unavailable`"),
        },
    )
    def put(self, request: Request, pk: UUID) -> HttpResponse:
        """Take the file as the whole body."""
        signature = request.query_params.get("signature", "")
        take_content(upload_id=pk, signature=signature, read=lambda: _file_in(request))
        return HttpResponse(status=200)


class FetchViewSet(RetrieveModelMixin, ListModelMixin, GenericViewSet[Fetch]):
    """Pictures that were sent as an address: one's own."""

    lookup_value_converter = "uuid"
    queryset = Fetch.objects.none()
    serializer_class = FetchSerializer
    orderings = NEWEST_FIRST

    def get_queryset(self) -> QuerySet[Fetch]:
        """Return this person's own."""
        return fetches_visible_to(person(self.request))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read what became of it; ask again while it is ``fetching``."""
        row = self.get_object()
        is_pending = row.status == FetchStatus.FETCHING
        headers = {"Retry-After": str(POLL_AFTER_SECONDS)} if is_pending else {}
        return Response(self.get_serializer(row).data, headers=headers)


def _file_in(request: Request) -> UploadedFile[bytes]:
    if request.content_type and not is_raw(request.content_type):
        raise UnsupportedMediaType(request.content_type)
    return raw_upload(as_django(request))


def problem_body(view: APIView, error: Exception) -> dict[str, Any]:
    """Return the problem that an error of one item would have been answered with."""
    handle = view.get_exception_handler()
    answer = handle(error, view.get_exception_handler_context())
    return cast("dict[str, Any]", json.loads(answer.content))


def _put(request: Request, upload: Upload) -> dict[str, Any]:
    ticket = s3_ticket(
        upload.stored_name,
        byte_size=upload.byte_size,
        sha256=upload.sha256,
        seconds=int(VALID_FOR.total_seconds()),
    )
    if ticket is not None:
        return {"method": "PUT", "url": ticket.url, "headers": dict(ticket.headers)}
    path = reverse("api:upload-content", args=[upload.pk])
    url = request.build_absolute_uri(f"{path}?signature={signature_of(upload)}")
    return {"method": "PUT", "url": url, "headers": {"Content-Type": RAW}}
