"""What every page about evidence has in common: it is read, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from forensics.admin.owned import OwnedAdmin
from forensics.admin.paging import LookAheadPaginator

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


class ReadOnlyAdmin(OwnedAdmin):
    """Rows that services write. Nothing is added, changed or deleted by hand.

    Each names its ``owner``; what belongs to the installation has none.
    """

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole table

    class Media:
        css = {"all": ("admin_pixelwarden/admin.css",)}

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *_: Any
    ) -> LookAheadPaginator:
        """Count no further than a few pages ahead."""
        asked = request.GET.get("p", "")
        page = int(asked[:6]) if asked.isascii() and asked.isdigit() else 1
        return LookAheadPaginator(queryset, per_page, page=page)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows of another table, to read."""

    template = "admin/pixelwarden/read_only_inline.html"
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False
