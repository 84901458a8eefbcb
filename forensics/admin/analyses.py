"""Analyses, their findings and the workers that make them: to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin, ReadOnlyInline
from forensics.language import retold
from forensics.models import Analysis, Finding, Worker
from forensics.selectors import with_evidence, with_thumbnail

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


class FindingInline(ReadOnlyInline):
    """What each analyzer had to say."""

    model = Finding
    fields = readonly_fields = ("analyzer", "version", "status", "score", "says")

    @admin.display(description=_("summary"))
    def says(self, finding: Finding) -> str:
        """Show the summary in the reader's language."""
        return retold(finding.summary)


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    """One run of the pipeline over one image, with its evidence."""

    owner = "image__organization"

    list_display = (
        "thumbnail",
        "queued_at",
        "image",
        "status",
        "verdict_and_score",
        "trigger",
        "attempts",
        "elapsed_ms",
        "pipeline_version",
    )
    list_display_links = ("thumbnail", "queued_at")
    list_filter = ("status", "verdict", "trigger", "queued_at", "pipeline_version")
    list_select_related = ("image",)
    search_fields = ("^image__sha256",)
    search_help_text = _("How the image's SHA-256 begins.")
    inlines = (FindingInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "image",
                    "status",
                    "verdict_and_score",
                    "worth",
                    "reason_list",
                )
            },
        ),
        (_("Evidence"), {"fields": ("evidence",)}),
        (
            _("Run"),
            {
                "fields": (
                    "trigger",
                    "requested_by",
                    "attempts",
                    ("queued_at", "started_at", "finished_at"),
                    "elapsed_ms",
                    ("error_code", "error_detail"),
                )
            },
        ),
        (
            _("Versions"),
            {"fields": ("pipeline_version", "used_models", "used_codecs", "parameter")},
        ),
    )
    readonly_fields = (
        "verdict_and_score",
        "worth",
        "reason_list",
        "evidence",
        "used_models",
        "used_codecs",
        "parameter",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Analysis]:
        """Load what a row shows."""
        analyses: QuerySet[Analysis] = super().get_queryset(request)
        return analyses.prefetch_related(with_thumbnail("evidence_files"))

    @admin.display(description=_("picture"))
    def thumbnail(self, analysis: Analysis) -> SafeString | str:
        """Show the picture small, once there is one."""
        return display.thumbnail(getattr(analysis, "thumbnails", []))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Load the pictures along."""
        found = super().get_object(request, object_id, from_field)
        return (
            with_evidence(self.model.objects.all()).get(pk=found.pk) if found else None
        )

    @admin.display(description=_("verdict"), ordering="score")
    def verdict_and_score(self, analysis: Analysis) -> SafeString | str:
        """Show the band with its score."""
        return display.verdict(analysis)

    @admin.display(description=_("what the score is worth"))
    def worth(self, analysis: Analysis) -> SafeString | str:
        """Show in measured terms how far to trust it, and where the bands begin."""
        return display.uncertainty(analysis.uncertainty)

    @admin.display(description=_("reasons"))
    def reason_list(self, analysis: Analysis) -> SafeString | str:
        """Show why."""
        return display.reasons(analysis)

    @admin.display(description=_("pictures"))
    def evidence(self, analysis: Analysis) -> SafeString | str:
        """Show what was made, the original's preview first."""
        return display.pictures(analysis.evidence_files.all())

    @admin.display(description=_("models"))
    def used_models(self, analysis: Analysis) -> SafeString | str:
        """Show which weights took part, and under which terms."""
        return display.models(analysis.models_used)

    @admin.display(description=_("codecs"))
    def used_codecs(self, analysis: Analysis) -> SafeString | str:
        """Show which decoders took part."""
        return display.as_json(analysis.codecs)

    @admin.display(description=_("parameters"))
    def parameter(self, analysis: Analysis) -> SafeString | str:
        """Show how the pipeline was set."""
        return display.as_json(analysis.parameters)


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    """What one analyzer said in one analysis."""

    owner = "analysis__image__organization"

    list_display = ("analyzer", "status", "score", "says", "code_list", "elapsed_ms")
    list_filter = ("analyzer", "status")
    fields = (
        "analysis",
        ("analyzer", "version"),
        ("status", "score"),
        "says",
        "code_list",
        "evidence",
        "found",
        "elapsed_ms",
    )
    readonly_fields = ("says", "code_list", "evidence", "found")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Finding]:
        """Order by time, which an id begins with."""
        findings: QuerySet[Finding] = super().get_queryset(request)
        return findings.select_related("analysis").order_by("-id")

    @admin.display(description=_("summary"))
    def says(self, finding: Finding) -> str:
        """Show the summary in the reader's language."""
        return retold(finding.summary)

    @admin.display(description=_("codes"))
    def code_list(self, finding: Finding) -> str:
        """Show the stable words."""
        return ", ".join(finding.codes) or display.NOTHING

    @admin.display(description=_("pictures"))
    def evidence(self, finding: Finding) -> SafeString | str:
        """Show its heat maps."""
        return display.pictures(finding.evidence_files.all())

    @admin.display(description=_("data"))
    def found(self, finding: Finding) -> SafeString | str:
        """Show everything it found."""
        return display.as_json(finding.data)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers and when they were last heard of."""

    owner = ""

    list_display = ("name", "started_at", "seen_at")
