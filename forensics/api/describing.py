"""What the description says of requests that send a picture, in one place."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiRequest,
    OpenApiResponse,
    PolymorphicProxySerializer,
)

from forensics.api import serializers
from forensics.api.sending_serializers import (
    AnsweredImageSerializer,
    BatchFormSerializer,
    FetchSerializer,
    ImageUploadSerializer,
)
from forensics.api.waiting import LONGEST_NUMBER, MOST_SECONDS

JSON = "application/json"
_AS_JSON = {"contentType": JSON}
A_PICTURE = OpenApiRequest(ImageUploadSerializer, encoding={"context": _AS_JSON})
A_BATCH = OpenApiRequest(BatchFormSerializer, encoding={"items": _AS_JSON})
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
TO_WAIT = [
    OpenApiParameter(
        "wait",
        {"type": "integer", "minimum": 0, "maximum": 10**LONGEST_NUMBER - 1},
        description=f"seconds to wait for the result, at most {MOST_SECONDS}; `200` "
        "if it is there in time, `202` as usual if not",
    ),
    OpenApiParameter(
        "Prefer",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="`wait=20`, `respond-async`",
    ),
    OpenApiParameter(
        "Preference-Applied",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        response=[200, 202],
        description="which preferences were honored",
    ),
]
OF_A_RAW_BODY = [
    OpenApiParameter(
        "external_id", OpenApiTypes.STR, description="of a raw body: your own id of it"
    ),
    OpenApiParameter(
        "context",
        {"type": "object", "additionalProperties": {}, "contentMediaType": JSON},
        description="of a raw body: what you know of it, as JSON",
    ),
]
ACCEPTED = PolymorphicProxySerializer(
    "AcceptedImage",
    [serializers.ReceivedImageSerializer, FetchSerializer],
    resource_type_field_name=None,
)
ANSWERED = PolymorphicProxySerializer(
    "AnsweredImageOrFetch",
    [AnsweredImageSerializer, FetchSerializer],
    resource_type_field_name=None,
)
REFUSALS = {
    413: OpenApiResponse(description="`too_many_bytes`"),
    415: OpenApiResponse(
        description="`not_an_image`, `unsupported_format`, `archive`, `svg`, or the "
        "request is of a type not taken here (`unsupported_media_type`)"
    ),
    422: OpenApiResponse(
        description="`empty`, `truncated`, `corrupt`, `too_many_pixels`, `url_refused`"
    ),
    503: OpenApiResponse(description="`storage_unavailable`: try again later"),
}
