"""Queues: to read. They are changed on the dashboard's pages, by the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin
from moderation.models import Queue

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


@admin.register(Queue)
class QueueAdmin(ReadOnlyAdmin):
    """Where cases wait together."""

    list_display = ("name", "position", "order", "due_minutes", "is_active")
    list_filter = ("is_active",)
    fields = (
        "name",
        "slug",
        "description",
        "position",
        "is_active",
        "order",
        "due_minutes",
        "said",
        "second_review_share",
        "golden_share",
        "members",
    )
    readonly_fields = ("said",)

    @admin.display(description=_("rules"))
    def said(self, queue: Queue) -> SafeString | str:
        """Show the rules as they are stored."""
        return display.as_json(queue.conditions)
