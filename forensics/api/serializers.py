"""What images, analyses and evidence look like in the API. Read-only shapes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from forensics.analysis.types import FindingStatus
from forensics.api.fields import BlankAsNullField, LinkField, PersonField
from forensics.known import matches_shown_to
from forensics.models import (
    VERDICT_CHOICES,
    Analysis,
    EvidenceFile,
    Finding,
    Image,
    Submission,
)
from forensics.provenance import finding_of, in_short
from forensics.wording import INTEGRITY, TRUST

FINDING_STATUSES = [(status.value, status.value) for status in FindingStatus]


class EvidenceSerializer(serializers.ModelSerializer[EvidenceFile]):
    """A picture that an analysis made; fetch it from ``content_url``."""

    content_url = LinkField("api:evidence-content", source="pk")

    class Meta:
        model = EvidenceFile
        fields = (
            "id",
            "kind",
            "media_type",
            "width",
            "height",
            "byte_size",
            "caption",
            "content_url",
        )
        read_only_fields = fields


class ReasonSerializer(serializers.Serializer[Any]):
    """One signal's part in the verdict."""

    code = serializers.CharField(help_text="stable word")
    text = serializers.CharField(help_text="for people")
    weight = serializers.FloatField(help_text="above 0 speaks for fake, below against")


class ModelSerializer(serializers.Serializer[Any]):
    """Weights that took part."""

    name = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()
    engine = serializers.CharField()
    research_only = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text="trained on data that only research may use; null where the "
        "analysis is older than this record",
    )
    terms = serializers.CharField(
        default="", help_text="of the data that it was trained on"
    )


class FailureSerializer(serializers.Serializer[Any]):
    """Why there is no result."""

    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class BandsSerializer(serializers.Serializer[Any]):
    """Scores at which the bands begin."""

    inconclusive = serializers.FloatField()
    suspicious = serializers.FloatField()
    fake = serializers.FloatField()


class UntouchedSerializer(serializers.Serializer[Any]):
    """How many untouched pictures scored as high when the verdict was calibrated.

    By the checks of the pixels alone, whose score of this picture stands beside.
    """

    score = serializers.FloatField(help_text="what the pixels alone come to, 0 to 1")
    share = serializers.FloatField(help_text="0 to 1")
    upper = serializers.FloatField(help_text="upper end of its 95 % interval")
    pictures = serializers.IntegerField(help_text="how many were measured")


class StabilitySerializer(serializers.Serializer[Any]):
    """Scores of mildly altered copies."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    variants = serializers.DictField(child=serializers.FloatField())


class UncertaintySerializer(serializers.Serializer[Any]):
    """What the score is worth, in measured terms."""

    bands = BandsSerializer()
    untouched = UntouchedSerializer(
        allow_null=True, help_text="null where nothing comparable was measured"
    )
    stability = StabilitySerializer(
        allow_null=True, help_text="null unless the score lay near a threshold"
    )


class ProvenanceSerializer(serializers.Serializer[Any]):
    """What the file's Content Credentials (C2PA) are worth: two answers, never one."""

    integrity = serializers.ChoiceField(
        [(code, words.label) for code, words in INTEGRITY.items()],
        help_text="whether the file is what was signed; none: it carries no credential",
    )
    trust = serializers.ChoiceField(
        [(code, words.label) for code, words in TRUST.items()],
        help_text="whether the trust list vouches for the signer's name",
    )
    signer = serializers.CharField(allow_null=True, help_text="as the certificate says")
    organization = serializers.CharField(allow_null=True)
    issuer = serializers.CharField(
        allow_null=True, help_text="who issued the certificate"
    )
    signed_at = serializers.CharField(
        allow_null=True, help_text="by a time-stamping authority; null where none was"
    )
    signed_at_is_trusted = serializers.BooleanField(
        allow_null=True, help_text="whether that authority is on the trust list"
    )
    origin = serializers.CharField(
        allow_null=True,
        help_text="what it declares: generated, partly_generated, captured or unsaid",
    )
    trust_list_date = serializers.CharField(
        allow_null=True, help_text="null where no list, or one without a date, was used"
    )


class SignalSerializer(serializers.ModelSerializer[Finding]):
    """What one analyzer had to say."""

    name = serializers.CharField(source="analyzer")
    status = serializers.ChoiceField(FINDING_STATUSES)
    score = serializers.FloatField(
        allow_null=True, help_text="0 to 1; null where it makes no claim"
    )
    codes = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not .data
    evidence = EvidenceSerializer(source="evidence_files", many=True)

    class Meta:
        model = Finding
        fields = (
            "name",
            "version",
            "status",
            "score",
            "summary",
            "codes",
            "data",
            "elapsed_ms",
            "evidence",
        )
        read_only_fields = fields


class KnownMatchSerializer(serializers.Serializer[Any]):
    """An entry of a bank of known images that the picture was, or looked like."""

    code = serializers.CharField(help_text="stable word, such as `known_fake`")
    entry = serializers.UUIDField(
        allow_null=True, help_text="null for who may not look into banks"
    )
    bank = serializers.CharField(
        allow_null=True,
        help_text="the bank's name at the time; null for who may not look into banks",
    )
    purpose = serializers.CharField(help_text="`fake`, `good` or `custom`")
    method = serializers.CharField(
        help_text="`sha256`: the very file; `pdq`: it looks alike"
    )
    distance = serializers.IntegerField(
        help_text="bits of 256 that differ, 0 to 31; 0 for the very file"
    )
    transform = serializers.CharField(
        help_text="how the picture is turned against the entry; `same`: not at all"
    )


class AnalysisSummarySerializer(serializers.ModelSerializer[Analysis]):
    """An analysis as lists show it."""

    url = LinkField("api:analysis-detail", source="pk")
    image = serializers.UUIDField(source="image_id")
    verdict = BlankAsNullField(VERDICT_CHOICES)
    score = serializers.FloatField(
        allow_null=True, help_text="0.01 to 0.99; higher is more suspicious"
    )
    error = serializers.SerializerMethodField()

    class Meta:
        model = Analysis
        fields: tuple[str, ...] = (
            "id",
            "url",
            "image",
            "status",
            "trigger",
            "verdict",
            "score",
            "error",
            "pipeline_version",
            "attempts",
            "queued_at",
            "started_at",
            "finished_at",
            "elapsed_ms",
        )
        read_only_fields = fields

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, analysis: Analysis) -> Any:
        """Return why it failed, if it did."""
        return FailureSerializer(analysis).data if analysis.error_code else None


class AnalysisSerializer(AnalysisSummarySerializer):
    """An analysis with its evidence."""

    reasons = ReasonSerializer(many=True)
    signals = SignalSerializer(source="findings", many=True)
    models = ModelSerializer(source="models_used", many=True)
    codecs = serializers.DictField(child=serializers.CharField())
    parameters = serializers.DictField()
    uncertainty = UncertaintySerializer(
        source="measured", allow_null=True, help_text="what the score is worth"
    )
    known_matches = serializers.SerializerMethodField(
        help_text="what the banks of known images said at the time; those of purpose "
        "`custom` only for who may look into banks"
    )
    provenance = serializers.SerializerMethodField(
        help_text="null where the analysis is older than this check"
    )
    renditions = serializers.SerializerMethodField(
        help_text="display copies of the original"
    )

    class Meta(AnalysisSummarySerializer.Meta):
        fields = (
            *AnalysisSummarySerializer.Meta.fields,
            "reasons",
            "signals",
            "models",
            "codecs",
            "parameters",
            "uncertainty",
            "known_matches",
            "provenance",
            "renditions",
        )
        read_only_fields = fields

    @extend_schema_field(KnownMatchSerializer(many=True))
    def get_known_matches(self, analysis: Analysis) -> Any:
        """Return what the one who asks may know of them."""
        request = self.context.get("request")
        user = request.user if request is not None else None
        shown = matches_shown_to(user, analysis.known_matches)
        return KnownMatchSerializer(shown, many=True).data

    @extend_schema_field(ProvenanceSerializer(allow_null=True))
    def get_provenance(self, analysis: Analysis) -> Any:
        """Return what the finding about credentials comes to."""
        finding = finding_of(analysis.findings.all())
        return ProvenanceSerializer(in_short(finding)).data if finding else None

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_renditions(self, analysis: Analysis) -> Any:
        """Return the pictures that belong to no signal."""
        files = [f for f in analysis.evidence_files.all() if f.finding_id is None]
        return EvidenceSerializer(files, many=True).data


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """One arrival of an image."""

    submitted_by = PersonField(allow_null=True)
    context = serializers.DictField(help_text="what the sender said of it")  # type: ignore[assignment]  # a field

    class Meta:
        model = Submission
        fields = (
            "id",
            "door",
            "original_name",
            "external_id",
            "context",
            "submitted_by",
            "created_at",
        )
        read_only_fields = fields


class ImageSerializer(serializers.ModelSerializer[Image]):
    """An image with its newest result."""

    url = LinkField("api:image-detail", source="pk")
    original_url = LinkField("api:image-original", source="pk")
    analysis = AnalysisSummarySerializer(source="current_analysis", allow_null=True)
    renditions = serializers.SerializerMethodField(
        help_text="display copies, once there is a result"
    )
    submissions = SubmissionSerializer(
        source="visible_submissions",
        many=True,
        help_text="the arrivals that you may know of",
    )

    class Meta:
        model = Image
        fields: tuple[str, ...] = (
            "id",
            "url",
            "sha256",
            "format",
            "media_type",
            "width",
            "height",
            "byte_size",
            "created_at",
            "original_url",
            "analysis",
            "renditions",
            "submissions",
        )
        read_only_fields = fields

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_renditions(self, image: Image) -> Any:
        """Return the preview and the thumbnail."""
        files = getattr(image.current_analysis, "renditions", [])
        return EvidenceSerializer(files, many=True).data


class ReceivedImageSerializer(ImageSerializer):
    """An image just sent in."""

    analysis = serializers.SerializerMethodField(  # type: ignore[assignment]  # instead
        help_text="the one to poll; finished already where the bytes were known"
    )
    duplicate = serializers.SerializerMethodField(
        help_text="whether you could see these very bytes here before"
    )

    class Meta(ImageSerializer.Meta):
        fields = (*ImageSerializer.Meta.fields, "duplicate")
        read_only_fields = fields

    @extend_schema_field(AnalysisSummarySerializer)
    def get_analysis(self, image: Image) -> Any:
        """Return the analysis that stands for this arrival."""
        return AnalysisSummarySerializer(self.context["analysis"]).data

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_duplicate(self, image: Image) -> bool:
        """Return what is true of this person's own view."""
        return bool(self.context["is_duplicate"])
