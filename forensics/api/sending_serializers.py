"""What sending pictures looks like in the API: requests, and what is on its way."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.strict import StrictSerializer
from forensics.api.fields import LinkField
from forensics.api.serializers import AnalysisSerializer, ReceivedImageSerializer
from forensics.api.values import FailureSerializer
from forensics.models import Fetch, Upload
from forensics.sending import MAX_EXTERNAL_ID

MOST_IN_A_BATCH = 100
CONTEXT_SAYS = "what you know of it: an object of at most 8 KB and 4 levels"


class SaidSerializer(StrictSerializer):
    """What every way of sending takes beside the picture."""

    external_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_EXTERNAL_ID,
        help_text="your own id of it",
    )
    context = serializers.DictField(  # type: ignore[assignment]  # a field
        required=False, help_text=CONTEXT_SAYS
    )


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ContextPart(serializers.CharField):
    """A part of a form that is a JSON object."""


class ImageUploadSerializer(serializers.Serializer[Any]):
    """The form of an upload."""

    file = serializers.FileField(write_only=True, help_text="The image, unaltered.")
    external_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_EXTERNAL_ID,
        help_text="your own id of it",
    )
    context = ContextPart(  # type: ignore[assignment]  # a field
        required=False, help_text=f"as JSON: {CONTEXT_SAYS}"
    )


class ImageAddressSerializer(SaidSerializer):
    """A picture that is fetched from an address."""

    url = serializers.CharField(help_text="https, public; switched off by default")
    filename = serializers.CharField(
        required=False, help_text="what to call it; by default the address' last part"
    )


class UploadRequestSerializer(SaidSerializer):
    """A file that is to come."""

    byte_size = serializers.IntegerField(min_value=1)
    sha256 = serializers.RegexField(
        "^[0-9a-f]{64}$", max_length=64, help_text="of the whole file, hexadecimal"
    )
    filename = serializers.CharField(required=False, max_length=255, allow_blank=True)


class OnItsWaySerializer(serializers.ModelSerializer[Any]):
    """What uploads and fetches share."""

    context = serializers.DictField()  # type: ignore[assignment]  # a field
    error = serializers.SerializerMethodField(help_text="why there is no image")
    image = serializers.SerializerMethodField(help_text="once it was received")
    analysis_url = serializers.SerializerMethodField(help_text="once it was received")

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, row: Any) -> Any:
        """Return what went wrong last."""
        return FailureSerializer(row).data if row.error_code else None

    @extend_schema_field({"type": ["string", "null"], "format": "uuid"})
    def get_image(self, row: Any) -> str | None:
        """Return the image's id."""
        return str(row.submission.image_id) if row.submission else None

    @extend_schema_field({"type": ["string", "null"], "format": "uri-reference"})
    def get_analysis_url(self, row: Any) -> str | None:
        """Return the path of the analysis to poll."""
        link = LinkField("api:analysis-detail")
        return link.to_representation(row.analysis_id) if row.analysis_id else None


SHARED = (
    "id",
    "url",
    "status",
    "original_name",
    "external_id",
    "context",
    "created_at",
    "error",
    "image",
    "analysis_url",
)


class FetchSerializer(OnItsWaySerializer):
    """A picture that a worker fetches."""

    url = LinkField("api:fetch-detail", source="pk")
    source_url = serializers.CharField(source="url")

    class Meta:
        model = Fetch
        fields = (*SHARED, "source_url", "attempts")
        read_only_fields = fields


class UploadSerializer(OnItsWaySerializer):
    """A file that its sender puts into the storage."""

    url = LinkField("api:upload-detail", source="pk")
    complete_url = LinkField("api:upload-complete", source="pk")

    class Meta:
        model = Upload
        fields: tuple[str, ...] = (
            *SHARED,
            "byte_size",
            "sha256",
            "expires_at",
            "complete_url",
        )
        read_only_fields = fields


class PutSerializer(serializers.Serializer[Any]):
    """How to send the file: this method, to this address, with these headers."""

    method = serializers.CharField()
    url = serializers.CharField(help_text="whole; use it exactly as it is")
    headers = serializers.DictField(child=serializers.CharField())


class BegunUploadSerializer(UploadSerializer):
    """An upload, and how to send its file; said this once."""

    put = serializers.SerializerMethodField()

    class Meta(UploadSerializer.Meta):
        fields = (*UploadSerializer.Meta.fields, "put")
        read_only_fields = fields

    @extend_schema_field(PutSerializer)
    def get_put(self, upload: Upload) -> Any:
        """Return what the view found out."""
        return self._context["put"]  # ``context`` is a field here


class AnsweredImageSerializer(ReceivedImageSerializer):
    """An image just sent in, with its result."""

    @extend_schema_field(AnalysisSerializer)
    def get_analysis(self, image: Any) -> Any:
        """Return the whole result."""
        return AnalysisSerializer(self.context["analysis"], context=self.context).data


class BatchItemSerializer(SaidSerializer):
    """One picture of a batch, named in one of three ways."""

    url = serializers.CharField(required=False)
    upload = serializers.UUIDField(required=False, help_text="an upload, to complete")
    file = serializers.IntegerField(
        required=False, help_text="which `file` of the form, from 0"
    )
    filename = serializers.CharField(required=False, allow_blank=True)


class BatchRequestSerializer(serializers.Serializer[Any]):
    """A batch as JSON."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=BatchItemSerializer(), min_length=1, max_length=MOST_IN_A_BATCH
    )


@extend_schema_field(
    serializers.ListSerializer(
        child=BatchItemSerializer(), min_length=1, max_length=MOST_IN_A_BATCH
    )
)
class ItemsPart(serializers.CharField):
    """A part of a form that is a JSON list."""


class BatchFormSerializer(serializers.Serializer[Any]):
    """A batch as a form: files, and what there is to say of them."""

    file = serializers.ListField(
        child=serializers.FileField(), required=False, max_length=MOST_IN_A_BATCH
    )
    items = ItemsPart(
        required=False,
        help_text="a JSON list, one object for each picture; without it each file is "
        "one, in their order",
    )


class BatchAnswerSerializer(serializers.Serializer[Any]):
    """What became of one picture of a batch."""

    index = serializers.IntegerField()
    status = serializers.IntegerField(help_text="as if it had been sent alone")
    external_id = serializers.CharField()
    location = serializers.CharField(allow_null=True, help_text="what to poll")
    image = ReceivedImageSerializer(allow_null=True)
    fetch = FetchSerializer(allow_null=True)
    problem = serializers.DictField(allow_null=True, help_text="RFC 9457")


class BatchResultSerializer(serializers.Serializer[Any]):
    """What became of a batch."""

    accepted = serializers.IntegerField()
    refused = serializers.IntegerField()
    items = BatchAnswerSerializer(many=True)
