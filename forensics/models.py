"""Rows about images and their analyses. Fields and constraints only."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from accounts.models import DEFAULT_ORGANIZATION, Organization
from forensics.analysis.types import FindingStatus, Verdict
from forensics.known_models import Bank, BankEntry, BankPurpose, Fingerprint
from forensics.localization_models import LocalizedArea
from forensics.search_models import SearchDocument
from forensics.sending_models import (
    ContextValue,
    Fetch,
    FetchStatus,
    Upload,
    UploadStatus,
)
from forensics.states import PENDING, AnalysisStatus
from forensics.tile_models import TilePyramid, TilesStatus

# Django finds an app's models in this module; those about known images lie beside it.
__all__ = [
    "VERDICT_CHOICES",
    "Analysis",
    "Bank",
    "BankEntry",
    "BankPurpose",
    "ContextValue",
    "Door",
    "EvidenceFile",
    "Fetch",
    "FetchStatus",
    "Finding",
    "Fingerprint",
    "Image",
    "LocalizedArea",
    "SearchDocument",
    "Submission",
    "TilePyramid",
    "TilesStatus",
    "Trigger",
    "Upload",
    "UploadStatus",
    "Worker",
]

VERDICT_CHOICES = [(verdict.value, verdict.value.capitalize()) for verdict in Verdict]


class Door(models.TextChoices):
    """Through which door an image came in."""

    WEB = "web", _("Dashboard")
    API = "api", _("API")
    ADMIN = "admin", _("Admin")
    COMMAND = "command", _("Command line")


class Trigger(models.TextChoices):
    """What asked for an analysis."""

    SUBMISSION = "submission", _("Submission")
    REANALYSIS = "reanalysis", _("Re-analysis")


class Image(models.Model):
    """One original of an organization, unaltered, however often it was sent.

    Organizations that send the same bytes share the stored file and nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="images",
        editable=False,
        db_index=False,  # those below begin with it
        default=DEFAULT_ORGANIZATION,
    )
    sha256 = models.CharField("SHA-256", max_length=64)
    original = models.FileField(max_length=200)
    byte_size = models.PositiveBigIntegerField()
    format = models.CharField(max_length=16)
    media_type = models.CharField(max_length=64)
    width = models.PositiveIntegerField(
        help_text=_("stored pixels, before orientation")
    )
    height = models.PositiveIntegerField(
        help_text=_("stored pixels, before orientation")
    )
    created_at = models.DateTimeField(default=timezone.now)
    # The newest usable result, or the newest attempt while there is none: what lists
    # show, without a query for each row.
    current_analysis = models.ForeignKey(
        "Analysis", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id")),
            models.Index(fields=("organization", "format", "-created_at", "-id")),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("sha256", "organization"),
                name="one_image_per_organization",
                violation_error_message="This picture is stored already.",
            ),
        )
        permissions = (("reanalyze_image", "Can ask for a new analysis"),)

    def __str__(self) -> str:
        return f"{self.format} {self.width} x {self.height}, {self.sha256[:12]}"


class Submission(models.Model):
    """One arrival of an image: who sent it, through which door, under what name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="submissions"
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="submissions",
    )
    door = models.CharField(max_length=16, choices=Door.choices)
    original_name = models.CharField(max_length=255, blank=True)
    # The database's own default lets processes of the release before insert rows.
    external_id = models.CharField(
        max_length=255, blank=True, default="", db_default=""
    )
    context = models.JSONField(default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("external_id",),
                name="submissions_by_external_id",
                condition=~Q(external_id=""),
            ),
            models.Index(fields=("submitted_by", "-created_at")),
            models.Index(fields=("submitted_by", "image")),
            models.Index(fields=("door", "image")),
            models.Index(
                fields=("image", "-created_at", "-id"), name="arrivals_of_an_image"
            ),
        )

    def __str__(self) -> str:
        return self.original_name or "(no name)"


class Analysis(models.Model):
    """One run of the pipeline over one image. Immutable once finished."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="analyses")
    status = models.CharField(
        max_length=16, choices=AnalysisStatus.choices, default=AnalysisStatus.QUEUED
    )
    trigger = models.CharField(
        max_length=16, choices=Trigger.choices, default=Trigger.SUBMISSION
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    pipeline_version = models.CharField(max_length=64, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    elapsed_ms = models.FloatField(null=True, blank=True)

    verdict = models.CharField(max_length=16, choices=VERDICT_CHOICES, blank=True)
    score = models.FloatField(null=True, blank=True, help_text=_("0.01 to 0.99"))
    reasons = models.JSONField(default=list, blank=True)
    models_used = models.JSONField(default=list, blank=True)
    codecs = models.JSONField(default=dict, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    # The database's own default lets processes of the release before insert rows.
    uncertainty = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=_("bands, share of untouched pictures that score as high, stability"),
    )
    known_matches = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text=_(
            "entries of banks that the picture was, or looked like, at the time"
        ),
    )
    error_code = models.CharField(max_length=32, blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = _("analyses")
        ordering = ("-queued_at", "-id")
        indexes = (
            models.Index(fields=("status", "queued_at")),
            models.Index(fields=("verdict", "-queued_at")),
            models.Index(fields=("-queued_at", "-id"), name="analyses_by_time"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("image",),
                condition=Q(status__in=PENDING),
                name="one_pending_analysis_per_image",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0.01, 0.99)),
                name="analysis_score_is_clamped",
            ),
            models.CheckConstraint(
                condition=Q(status=AnalysisStatus.RUNNING, lease_token__isnull=False)
                | (~Q(status=AnalysisStatus.RUNNING) & Q(lease_token__isnull=True)),
                name="only_a_running_analysis_is_leased",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.verdict}".strip()

    @property
    def measured(self) -> dict[str, Any] | None:
        """What the score is worth; None of an analysis from before it was known."""
        return self.uncertainty or None


class Finding(models.Model):
    """What one analyzer had to say in one analysis."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    analysis = models.ForeignKey(
        Analysis, on_delete=models.CASCADE, related_name="findings"
    )
    position = models.PositiveSmallIntegerField()
    analyzer = models.CharField(max_length=32)
    version = models.CharField(max_length=64)
    status = models.CharField(
        max_length=16,
        choices=[(s.value, s.value.replace("_", " ")) for s in FindingStatus],
    )
    score = models.FloatField(null=True, blank=True)
    summary = models.TextField()
    codes = models.JSONField(default=list, blank=True)
    data = models.JSONField(default=dict, blank=True)
    elapsed_ms = models.FloatField()

    class Meta:
        ordering = ("analysis", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("analysis", "analyzer"), name="one_finding_per_analyzer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.analyzer}: {self.status}"


class MetadataText(models.Model):
    """Names and values of an analysis' tags, in small letters, to be searched.

    A row of its own: lists of analyses need not carry it.
    """

    analysis = models.OneToOneField(
        Analysis,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="metadata_text",
    )
    text = models.TextField()

    def __str__(self) -> str:
        return f"{len(self.text):,} characters"


class EvidenceFile(models.Model):
    """A picture made by an analysis: a heat map, or a display copy of the original."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    analysis = models.ForeignKey(
        Analysis, on_delete=models.CASCADE, related_name="evidence_files"
    )
    finding = models.ForeignKey(
        Finding,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="evidence_files",
    )
    kind = models.CharField(max_length=32)
    file = models.FileField(max_length=200)
    media_type = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    byte_size = models.PositiveBigIntegerField()
    caption = models.TextField(blank=True)

    class Meta:
        ordering = ("analysis", "kind")
        constraints = (
            models.UniqueConstraint(
                fields=("analysis", "kind"), name="one_file_per_kind"
            ),
        )

    def __str__(self) -> str:
        return self.kind


class Worker(models.Model):
    """A worker process and when it was last heard of, so that a dead one is visible."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-seen_at",)

    def __str__(self) -> str:
        return self.name
