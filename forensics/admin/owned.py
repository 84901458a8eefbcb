"""Each organization's staff sees its own rows in the admin; superusers see all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin

from accounts.models import Organization

if TYPE_CHECKING:
    from django.db.models import Field, ForeignKey, ManyToManyField, QuerySet
    from django.http import HttpRequest

    from accounts.models import User


def own_rows(
    rows: QuerySet[Any], request: HttpRequest, owner: str = "organization"
) -> QuerySet[Any]:
    """Return those of the editor's organization, or for superusers all."""
    editor = cast("User", request.user)
    if editor.is_superuser:
        return rows
    return rows.filter(**{owner: editor.organization_id})


class OwnedAdmin(admin.ModelAdmin[Any]):
    """Lists, pages, searches and choices of one's own organization.

    ``owner`` is where a row's organization stands; empty: the installation's.
    """

    owner: str = "organization"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave out what is another organization's."""
        rows = super().get_queryset(request)
        return own_rows(rows, request, self.owner) if self.owner else rows

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer one's own only."""
        _offer_own(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer one's own only."""
        _offer_own(db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class OwnChoices(admin.RelatedFieldListFilter):
    """A filter by what is related; it offers one's own only."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        """Return the choices."""
        model = field.remote_field.model
        owner = "pk" if model is Organization else "organization"
        rows = own_rows(model._default_manager.all(), request, owner)  # noqa: SLF001 - Django's
        return [(row.pk, str(row)) for row in rows]


def _offer_own(
    db_field: Field[Any, Any], request: HttpRequest, kwargs: dict[str, Any]
) -> None:
    model: Any = db_field.remote_field.model if db_field.remote_field else None
    names = {field.name for field in model._meta.fields} if model else set()  # noqa: SLF001
    if "organization" in names and "queryset" not in kwargs:
        kwargs["queryset"] = own_rows(model.objects.all(), request)
