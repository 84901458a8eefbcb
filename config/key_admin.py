"""Keys in the admin: to read, and to revoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages

from accounts.admin import editor_of
from accounts.key_models import ApiKey
from accounts.keys.exceptions import KeyNotAllowedError
from accounts.keys.selectors import MANAGE, keys_visible_to, state_of
from accounts.keys.services import revoke_key
from forensics.admin.base import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


@admin.register(ApiKey)
class KeyAdmin(ReadOnlyAdmin):
    """Keys of one's organization; superusers see all. Made on the settings pages."""

    list_display = ("name", "prefix", "account", "state", "last_used_at", "expires_at")
    list_select_related = ("account",)
    fields = readonly_fields = (
        "name",
        "prefix",
        "account",
        "organization",
        "state",
        "scopes",
        "per_minute",
        "burst",
        "images_per_day",
        "images_per_month",
        "created_at",
        "created_by",
        "expires_at",
        "last_used_at",
        "previous_ends_at",
        "revoked_at",
    )
    search_fields = ("=public_id", "name", "account__username")
    ordering = ("-id",)
    actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Return those that the editor sees elsewhere, too."""
        editor = editor_of(request)
        if editor.is_superuser:
            every: QuerySet[ApiKey] = super().get_queryset(request)
            return every
        return keys_visible_to(editor)

    def has_view_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Let those who manage keys see them."""
        return editor_of(request).has_perm(MANAGE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the heading to the same people."""
        return self.has_view_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let the same people end them."""
        return self.has_view_permission(request)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        """Say what became of it."""
        return state_of(key).value.replace("_", " ")

    @admin.action(description="Revoke the chosen keys at once", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """End the chosen keys; say of each that could not be ended."""
        ended = 0
        for key in queryset:
            try:
                revoke_key(actor=editor_of(request), key=key)
            except KeyNotAllowedError as error:
                messages.error(request, f"{key}: {error}")
            else:
                ended += 1
        messages.success(request, f"Keys that have ended: {ended}.")
