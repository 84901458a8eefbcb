"""Pages by cursor: stable while rows are added, equally fast however far in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.api.refusing import UnprocessableError
from forensics.keyset import MAX_CURSOR, CursorError, Ordering, keyset_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.views import APIView

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class Ordered(Protocol):
    """A view that says what its list can be ordered by."""

    orderings: Mapping[str, Ordering]


class KeysetPagination(BasePagination):
    """Pages that begin after a row, named by the values it is ordered by.

    The view declares ``orderings``: a name for the client, and the fields, of which
    the last is unique. The first is the default. No row is skipped or shown twice when
    others are added meanwhile (``forensics.keyset``).
    """

    def paginate_queryset(  # type: ignore[override]  # rows of a table, no sequences
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        self._request = request
        name, fields = _ordering(request, view)
        try:
            page = keyset_page(
                queryset,
                name=name,
                fields=fields,
                cursor=request.query_params.get("cursor"),
                size=_page_size(request),
            )
        except CursorError as error:
            raise _no_cursor() from error
        self._next, self._previous = page.next, page.previous
        return page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Wrap a page with the ways to its neighbours."""
        return Response(
            {
                "next": self._link(self._next),
                "previous": self._link(self._previous),
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page as OpenAPI does."""
        link = {"type": ["string", "null"], "format": "uri-reference"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe the parameters as OpenAPI does."""
        names = list(orderings_of(view))
        return [
            _parameter(
                "cursor",
                {"type": "string", "maxLength": MAX_CURSOR},
                "Where the page begins; take it from `next` or `previous`.",
            ),
            _parameter(
                "page_size",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_PAGE_SIZE,
                    "default": DEFAULT_PAGE_SIZE,
                },
                "Rows on a page.",
            ),
            _parameter(
                "ordering",
                {"type": "string", "enum": names, "default": names[0]},
                "What comes first; `-` means descending.",
            ),
        ]

    def _link(self, cursor: str) -> str | None:
        if not cursor:
            return None
        return replace_query_param(self._request.get_full_path(), "cursor", cursor)


def orderings_of(view: APIView | None) -> Mapping[str, Ordering]:
    """Return what a view can be ordered by."""
    return cast("Ordered", view).orderings


def _parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _page_size(request: Request) -> int:
    text = request.query_params.get("page_size", str(DEFAULT_PAGE_SIZE))
    longest = len(str(MAX_PAGE_SIZE))
    is_number = text.isascii() and text.isdigit() and len(text) <= longest
    if not is_number or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise ValidationError(
            {"page_size": f"Use a whole number from 1 to {MAX_PAGE_SIZE}."}
        )
    return int(text)


def _ordering(request: Request, view: APIView | None) -> tuple[str, Ordering]:
    orderings = orderings_of(view)
    name = request.query_params.get("ordering", next(iter(orderings)))
    if name not in orderings:
        raise ValidationError({"ordering": f"Use one of: {', '.join(orderings)}."})
    return name, orderings[name]


def _no_cursor() -> UnprocessableError:
    return UnprocessableError(
        {"cursor": "This is no cursor of this list and ordering. Begin anew."}
    )
