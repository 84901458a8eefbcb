"""Pages of the Django admin that show people the rows of their organization only.

A superuser sees all of them, with a filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.filters import RelatedFieldListFilter
from django.core.exceptions import FieldDoesNotExist

from accounts.models import Organization
from accounts.organizations import of_organization

if TYPE_CHECKING:
    from django.db.models import ForeignKey, ManyToManyField, Model, QuerySet
    from django.http import HttpRequest

    from accounts.models import User


def organization_filter(path: str) -> type[admin.SimpleListFilter]:
    """Return the filter by which superusers choose among organizations."""

    class OrganizationFilter(admin.SimpleListFilter):
        """One organization, or all."""

        title = "organization"
        parameter_name = "organization"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[Any]:
            """Name them, where there are several."""
            found = Organization.objects.order_by("name").values_list("pk", "name")
            named = [(str(key), name) for key, name in found]
            return named if len(named) > 1 else []

        def queryset(
            self, request: HttpRequest, queryset: QuerySet[Any]
        ) -> QuerySet[Any]:
            """Narrow the list."""
            chosen = str(self.value() or "")
            if not (chosen.isascii() and chosen.isdigit()):
                return queryset
            return queryset.filter(**{path: int(chosen[:18])})

    return OrganizationFilter


class ScopedRelatedFilter(RelatedFieldListFilter):
    """A filter by a related row, which offers the organization's own only."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        """Leave out what belongs to others."""
        ordering = self.field_admin_ordering(field, request, model_admin)
        user = cast("User", request.user)
        own = {} if user.is_superuser else {"organization": user.organization_id}
        choices: list[tuple[Any, Any]] = field.get_choices(
            include_blank=False, ordering=ordering, limit_choices_to=own
        )
        return choices


class ScopedAdmin(admin.ModelAdmin[Any]):
    """Lists, pages, look-ups and choices of one organization's rows."""

    # From a row to its organization; empty for what is the installation's.
    organization_path = "organization"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Begin with what this person may know of, on every page of this admin."""
        rows: QuerySet[Any] = super().get_queryset(request)
        user = cast("User", request.user)
        if user.is_superuser or not self.organization_path:
            return rows
        return of_organization(rows, user, path=self.organization_path)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Let superusers choose an organization."""
        found = tuple(super().get_list_filter(request))
        is_super = cast("User", request.user).is_superuser
        if not is_super or not self.organization_path:
            return found
        return (*found, organization_filter(self.organization_path))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and take, the organization's own rows only."""
        if "queryset" not in kwargs:
            kwargs |= _offered(db_field.remote_field.model, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and take, the organization's own rows only."""
        if "queryset" not in kwargs:
            kwargs |= _offered(db_field.remote_field.model, request)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _offered(model: type[Model], request: HttpRequest) -> dict[str, QuerySet[Any]]:
    user = cast("User", request.user)
    try:
        model._meta.get_field("organization")  # noqa: SLF001 - Django's documented name
    except FieldDoesNotExist:
        return {}
    if user.is_superuser:
        return {}
    rows = cast("QuerySet[Any]", model._default_manager.all())  # noqa: SLF001 - Django's
    return {"queryset": of_organization(rows, user)}
