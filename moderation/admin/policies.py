"""Policies: to read. They are written in versions, on the dashboard's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin, ReadOnlyInline
from moderation.models import Policy, PolicyVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


class VersionInline(ReadOnlyInline):
    """Every version, newest first."""

    model = PolicyVersion
    fields = readonly_fields = (
        "number",
        "state",
        "action",
        "queue",
        "priority",
        "needs_approval",
        "said",
        "created_by_name",
        "created_at",
    )

    @admin.display(description=_("conditions"))
    def said(self, version: PolicyVersion) -> SafeString | str:
        """Show the conditions as they are stored."""
        return display.as_json(version.conditions)


@admin.register(Policy)
class PolicyAdmin(ReadOnlyAdmin):
    """What becomes of an analysis."""

    list_display = ("name", "position", "states", "updated_at")
    fields = ("name", "description", "position", "updated_at")
    inlines = (VersionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        """Load what a row shows."""
        policies: QuerySet[Policy] = super().get_queryset(request)
        return policies.prefetch_related("versions")

    @admin.display(description=_("versions"))
    def states(self, policy: Policy) -> str:
        """Say which versions are at work."""
        shown = [v for v in policy.versions.all() if v.state != "retired"]
        return ", ".join(f"v{v.number} {v.get_state_display()}" for v in shown)
