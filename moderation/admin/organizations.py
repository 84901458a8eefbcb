"""Organizations in the admin: made by superusers, what is blurred for all by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin

from accounts.models import Organization
from accounts.scoped_admin import ScopedAdmin
from moderation.services.care import save_organization
from moderation.services.organizations import create_organization

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    """Made and named by superusers, never deleted: everybody belongs to one."""

    organization_path = "pk"
    list_display = ("name", "blur_by_default", "grayscale_by_default")
    fields = ("name", "blur_by_default", "grayscale_by_default")

    def get_list_filter(self, request: HttpRequest) -> tuple[()]:
        """Filter nothing: each row is one."""
        return ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        """Leave the name to superusers: a taken one would tell who else is here."""
        return () if cast("User", request.user).is_superuser else ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave new ones to superusers."""
        return cast("User", request.user).is_superuser

    def has_delete_permission(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> bool:
        """Refuse."""
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: Organization,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Store through the services, which record it."""
        actor = cast("User", request.user)
        if change:
            save_organization(organization=obj, actor=actor)
        else:
            create_organization(organization=obj, actor=actor)
