"""Decisions and the audit trail: to read, never to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin
from forensics.selectors import with_thumbnail
from moderation import blinding
from moderation.models import AuditEvent, Decision

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from accounts.models import User


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What people decided, beside what the machine had said."""

    list_display = (
        "thumbnail",
        "created_at",
        "outcome",
        "reason",
        "decided_by_name",
        "machine",
        "case",
        "withdrawn_at",
    )
    list_display_links = ("thumbnail", "created_at")
    list_filter = ("outcome", "reason", "machine_verdict", "created_at")
    list_select_related = ("case", "analysis")
    search_fields = ("^image_sha256", "decided_by_name")
    search_help_text = _("How the image's SHA-256 begins, or a name.")
    fields = (
        "case",
        ("outcome", "reason"),
        "note",
        ("decided_by", "decided_by_name"),
        "machine",
        "analysis",
        "image_sha256",
        ("created_at", "withdrawn_at"),
    )
    readonly_fields = ("machine",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        """Load what a row shows."""
        decisions: QuerySet[Decision] = super().get_queryset(request)
        decisions = blinding.decisions_shown_to(decisions, cast("User", request.user))
        return decisions.prefetch_related(with_thumbnail("analysis__evidence_files"))

    @admin.display(description=_("picture"))
    def thumbnail(self, decision: Decision) -> SafeString | str:
        """Show the picture small, for as long as its analysis is kept."""
        return display.thumbnail(getattr(decision.analysis, "thumbnails", []))

    @admin.display(description=_("machine's verdict"), ordering="machine_score")
    def machine(self, decision: Decision) -> SafeString | str:
        """Show the band with its score."""
        return display.band(decision.machine_verdict, decision.machine_score)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what, append-only."""

    list_display = ("position", "at", "action", "actor_name", "address", "case")
    list_filter = ("action", "at")
    list_select_related = ("case",)
    search_fields = ("actor_name",)
    fields = (
        ("position", "at"),
        "action",
        ("actor_name", "address"),
        ("case", "policy", "image"),
        "details",
        "previous_hash",
        "hash",
    )
    readonly_fields = ("details",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Leave out what gives away the answer to a case that waits for this person."""
        events: QuerySet[AuditEvent] = super().get_queryset(request)
        return blinding.events_shown_to(events, cast("User", request.user))

    @admin.display(description=_("details"))
    def details(self, event: AuditEvent) -> SafeString | str:
        """Show what was recorded."""
        return display.as_json(event.data)
