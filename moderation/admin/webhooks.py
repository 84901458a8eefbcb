"""Webhooks, their deliveries, and events: to read. The dashboard changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from accounts.admin import editor_of
from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin
from forensics.admin.owned import OwnChoices
from moderation import blinding
from moderation.models import Event, WebhookEndpoint

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Who is told; never the secrets."""

    list_display = ("__str__", "organization", "is_enabled", "failing_since")
    list_filter = ("is_enabled", ("organization", OwnChoices))
    fields = (
        "url",
        "description",
        "organization",
        "wants",
        "order_by",
        "is_enabled",
        "disabled_because",
        "disabled_at",
        "failing_since",
        "created_at",
        "created_by_name",
    )
    readonly_fields = ("wants",)

    @admin.display(description="told of")
    def wants(self, endpoint: WebhookEndpoint) -> SafeString | str:
        """Show types and filters as they are stored."""
        return display.as_json(
            {"event_types": endpoint.event_types, "filters": endpoint.filters}
        )


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What outsiders are told."""

    list_display = ("type", "organization", "occurred_at", "position")
    list_filter = ("type", ("organization", OwnChoices))
    fields = ("id", "type", "organization", "occurred_at", "available_at", "said")
    readonly_fields = ("said",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Leave out what the reader is to judge unseen."""
        rows: QuerySet[Event] = super().get_queryset(request)
        return blinding.told_shown_to(rows, editor_of(request))

    @admin.display(description="data")
    def said(self, event: Event) -> SafeString | str:
        """Show the data as they are sent."""
        return display.as_json(event.data)
