"""Organizations in the admin: what is blurred for all, stored by the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin

from accounts.models import Organization
from forensics.admin.owned import OwnedAdmin
from moderation.services.care import save_organization

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User


@admin.register(Organization)
class OrganizationAdmin(OwnedAdmin):
    """Changed here, never deleted: everybody belongs to one.

    ``manage.py create_organization`` makes one, with who looks after it.
    """

    owner = "pk"
    list_display = ("name", "blur_by_default", "grayscale_by_default")
    fields = ("name", "blur_by_default", "grayscale_by_default")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave names to superusers: they are taken once on the installation."""
        return () if cast("User", request.user).is_superuser else ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

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
        """Store through the service, which records both versions."""
        save_organization(organization=obj, actor=cast("User", request.user))
