"""What images, analyses and evidence look like in the API. Read-only shapes."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from forensics.analysis.types import FindingStatus
from forensics.api.beside import (
    HumanDecisionSerializer,
    arrivals_in,
    decision_in,
)
from forensics.api.fields import BlankAsNullField, LinkField, PersonField
from forensics.api.quick import Quick
from forensics.api.results import LocalizationSerializer, area_of
from forensics.api.values import (
    BandsSerializer,
    FailureSerializer,
    KnownMatchSerializer,
    ModelSerializer,
    ProvenanceSerializer,
    ReasonSerializer,
    UncertaintySerializer,
)
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
from forensics.selectors import MOST_ARRIVALS

FINDING_STATUSES = [(status.value, status.value) for status in FindingStatus]


class EvidenceSerializer(Quick, serializers.ModelSerializer[EvidenceFile]):
    """A picture that an analysis made; fetch it from ``content_url``."""

    content_url = LinkField("api:evidence-content", source="pk")

    class Meta:
        model = EvidenceFile
        fields: tuple[str, ...] = (
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


class SignalSerializer(Quick, serializers.ModelSerializer[Finding]):
    """What one analyzer had to say."""

    name = serializers.CharField(source="analyzer")
    status = serializers.ChoiceField(FINDING_STATUSES)
    score = serializers.FloatField(
        allow_null=True, help_text="0 to 1; null where it makes no claim"
    )
    codes = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not .data
    evidence = EvidenceSerializer(source="evidence_files", many=True)
    localization = serializers.SerializerMethodField(
        help_text="where it sees edited places; null where it shows none"
    )

    class Meta:
        model = Finding
        fields: tuple[str, ...] = (
            "id",
            "name",
            "version",
            "status",
            "score",
            "summary",
            "codes",
            "data",
            "elapsed_ms",
            "evidence",
            "localization",
        )
        read_only_fields = fields

    @extend_schema_field(LocalizationSerializer(allow_null=True))
    def get_localization(self, finding: Finding) -> Any:
        """Return the places of this signal."""
        return area_of(finding.analysis, finding.analyzer)


class AnalysisSummarySerializer(Quick, serializers.ModelSerializer[Analysis]):
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
    decision = serializers.SerializerMethodField(
        help_text="of a person about the picture, as it stands now; null: none known"
    )
    thresholds = serializers.SerializerMethodField(
        help_text="scores at which the bands began; null where not recorded"
    )
    localization = serializers.SerializerMethodField(
        help_text="all signals' places joined; null where none shows any"
    )
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
            "decision",
            "thresholds",
            "reasons",
            "localization",
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

    @extend_schema_field(HumanDecisionSerializer(allow_null=True))
    def get_decision(self, analysis: Analysis) -> Any:
        """Return what a person decided, beside what the machine says."""
        return decision_in(self.context, analysis.image_id)

    @extend_schema_field(BandsSerializer(allow_null=True))
    def get_thresholds(self, analysis: Analysis) -> Any:
        """Return the bounds by which the verdict was read off the score."""
        return analysis.uncertainty.get("bands")

    @extend_schema_field(LocalizationSerializer(allow_null=True))
    def get_localization(self, analysis: Analysis) -> Any:
        """Return where the picture seems edited, by all signals."""
        return area_of(analysis, "")

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


class SubmissionSerializer(Quick, serializers.ModelSerializer[Submission]):
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


class ImageSerializer(Quick, serializers.ModelSerializer[Image]):
    """An image with its newest result."""

    url = LinkField("api:image-detail", source="pk")
    original_url = LinkField("api:image-original", source="pk")
    analysis = AnalysisSummarySerializer(source="current_analysis", allow_null=True)
    decision = serializers.SerializerMethodField(
        help_text="of a person about the picture, as it stands now; null: none known"
    )
    renditions = serializers.SerializerMethodField(
        help_text="display copies, once there is a result"
    )
    submissions = serializers.SerializerMethodField(
        help_text=f"the latest {MOST_ARRIVALS} arrivals that you may know of, newest "
        "first; all of them, by pages: `images/{id}/submissions/`"
    )
    submission_count = serializers.SerializerMethodField(
        help_text="how many arrivals you may know of"
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
            "decision",
            "renditions",
            "submissions",
            "submission_count",
        )
        read_only_fields = fields

    @extend_schema_field(HumanDecisionSerializer(allow_null=True))
    def get_decision(self, image: Image) -> Any:
        """Return what a person decided, beside what the machine says."""
        return decision_in(self.context, image.pk)

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_renditions(self, image: Image) -> Any:
        """Return the preview and the thumbnail."""
        files = getattr(image.current_analysis, "renditions", [])
        return [copies().to_representation(file) for file in files]

    @extend_schema_field(SubmissionSerializer(many=True))
    def get_submissions(self, image: Image) -> Any:
        """Return how it came here lately."""
        latest = arrivals_in(self.context, image.pk).latest
        return [arrivals().to_representation(one) for one in latest]

    @extend_schema_field({"type": "integer", "minimum": 0})
    def get_submission_count(self, image: Image) -> int:
        """Return how often it came here."""
        return arrivals_in(self.context, image.pk).count


# One for all rows: making it takes longer than using it.
@cache
def copies() -> EvidenceSerializer:
    """Return what writes the display copies of every image."""
    return EvidenceSerializer()


@cache
def arrivals() -> SubmissionSerializer:
    """Return what writes the arrivals of every image."""
    return SubmissionSerializer()


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
