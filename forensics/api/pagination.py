"""Pages by cursor: stable while rows are added, equally fast however far in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.core.exceptions import ValidationError as FieldError
from django.db.models import Field, Model, Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_CURSOR = 1000

Ordering = Sequence[str]


class Ordered(Protocol):
    """A view that says what its list can be ordered by."""

    orderings: Mapping[str, Ordering]


class KeysetPagination(BasePagination):
    """Pages that begin after a row, named by the values it is ordered by.

    The view declares ``orderings``: a name for the client, and the fields, of which
    the last is unique. The first is the default. Every value ends up in ``WHERE``,
    so that a page costs the same wherever it lies and no row is skipped or shown
    twice when others are added meanwhile.
    """

    def paginate_queryset(  # type: ignore[override]  # rows of a table, no sequences
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        self._request = request
        size = _page_size(request)
        name, fields = _ordering(request, view)
        cursor = request.query_params.get("cursor")
        is_back, key = _decode(cursor, name, fields, queryset.model)
        if key is not None:
            queryset = queryset.filter(_beyond(fields, key, is_back=is_back))
        ordered = queryset.order_by(*(_flip(fields) if is_back else fields))
        rows = list(ordered[: size + 1])
        has_more, rows = len(rows) > size, rows[:size]
        if is_back:
            rows.reverse()
        has_next = has_more if not is_back else True
        has_previous = has_more if is_back else key is not None
        self._next = _encode(name, fields, rows[-1:], is_back=False) * has_next
        self._previous = _encode(name, fields, rows[:1], is_back=True) * has_previous
        return rows

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
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_PAGE_SIZE):
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


def _flip(fields: Ordering) -> list[str]:
    return [f[1:] if f.startswith("-") else f"-{f}" for f in fields]


def _beyond(fields: Ordering, key: Sequence[Any], *, is_back: bool) -> Q:
    """Return the condition for rows strictly after ``key`` (before, going back)."""
    condition, equal = Q(), Q()
    for field, value in zip(fields, key, strict=True):
        name = field.removeprefix("-")
        is_descending = field.startswith("-") != is_back
        lookup = f"{name}__{'lt' if is_descending else 'gt'}"
        condition |= equal & Q(**{lookup: value})
        equal &= Q(**{name: value})
    return condition


def _encode(name: str, fields: Ordering, row: Sequence[Model], *, is_back: bool) -> str:
    if not row:
        return ""
    values = [str(getattr(row[0], field.removeprefix("-"))) for field in fields]
    text = json.dumps([name, is_back, values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(
    cursor: str | None, name: str, fields: Ordering, model: type[Model]
) -> tuple[bool, list[Any] | None]:
    """Return the direction and the key; every part is checked, as input is hostile."""
    if cursor is None:
        return False, None
    try:
        raw = base64.urlsafe_b64decode(cursor[:MAX_CURSOR] + "=" * (-len(cursor) % 4))
        found = json.loads(raw)
        is_ours = isinstance(found, list) and found[:2] in ([name, True], [name, False])
        key = [
            _value(model, field.removeprefix("-"), text)
            for field, text in zip(fields, found[2] if is_ours else (), strict=True)
        ]
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise _no_cursor() from error
    except FieldError as error:
        raise _no_cursor() from error
    return found[1] is True, key


def _value(model: type[Model], field_name: str, text: object) -> Any:
    found = model._meta.get_field(field_name)  # noqa: SLF001 - Django's documented name
    field = cast("Field[Any, Any]", found)
    value = field.to_python(str(text))
    # A time without a zone raises, and one that does not exist in UTC overflows.
    return _in_utc(value) if isinstance(value, datetime) else value


def _in_utc(moment: datetime) -> datetime:
    if timezone.is_naive(moment):
        raise ValueError(moment)
    return moment.astimezone(UTC)


def _no_cursor() -> ValidationError:
    return ValidationError(
        {"cursor": "This is no cursor of this list and ordering. Begin anew."}
    )
