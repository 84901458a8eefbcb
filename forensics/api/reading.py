"""Lists and details that take ``fields`` and ``expand``, and know their version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response

from forensics.api.permissions import as_django, person
from forensics.api.shaping import (
    Expansion,
    check_choice,
    chosen_expansions,
    chosen_fields,
    expansions_of,
    leave_out,
    pruned,
)
from forensics.api.versions import not_modified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.viewsets import GenericViewSet


class Shaping:
    """What lists and details have in common.

    ``resource`` is the name under which other apps add expansions
    (``settings.API_EXPANSIONS``); ``expansions`` are the view's own.
    """

    resource: ClassVar[str] = ""
    expansions: ClassVar[Mapping[str, Expansion]] = {}

    def beside(self, rows: Sequence[Any]) -> Mapping[str, Any]:
        """Return what the serializer needs besides, in a fixed number of queries."""
        return {}

    def shaped(self, rows: Sequence[Any], *, is_list: bool) -> list[Any]:
        """Return the rows as the request wants them."""
        view = cast("GenericViewSet[Any]", self)
        expanded = chosen_expansions(view.request, expansions_of(self))
        choice = chosen_fields(view.request)
        context = {**view.get_serializer_context(), **self.beside(rows)}
        serializer = view.get_serializer_class()(rows, many=True, context=context)
        if choice is not None:
            kinds = {n: e.kind(is_list=is_list) for n, e in expanded.items()}
            check_choice(choice, serializer, kinds)
            expanded = {n: e for n, e in expanded.items() if n in choice}
            leave_out(serializer, choice)
        found = list(serializer.data)
        for name, expansion in expanded.items():
            self._expand(name, expansion, rows, found, is_list=is_list)
        return [pruned(one, choice) for one in found]

    def _expand(
        self,
        name: str,
        expansion: Expansion,
        rows: Sequence[Any],
        found: list[Any],
        *,
        is_list: bool,
    ) -> None:
        view = cast("GenericViewSet[Any]", self)
        user = person(view.request)
        objects = expansion.load(user, rows, is_list)
        kind = expansion.kind(is_list=is_list)
        context = {
            **view.get_serializer_context(),
            **expansion.beside(user, list(objects.values())),
        }
        distinct = list({one.pk: one for one in objects.values()}.values())
        bodies = kind(distinct, many=True, context=context).data
        by_key = {one.pk: body for one, body in zip(distinct, bodies, strict=True)}
        for row, body in zip(rows, found, strict=True):
            one = objects.get(row.pk)
            body[name] = None if one is None else by_key[one.pk]


class Listing(Shaping, ListModelMixin):
    """A list, one page at a time."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List them, a page at a time."""
        view = cast("GenericViewSet[Any]", self)
        rows = view.paginate_queryset(view.filter_queryset(view.get_queryset()))
        return view.get_paginated_response(self.shaped(rows or [], is_list=True))


class Retrieving(Shaping, RetrieveModelMixin):
    """One of them, by its id."""

    def version_of(self, request: Request) -> str:
        """Return a weak ETag that needs no more than a look; empty: the body's own."""
        return ""

    def headers_of(self, row: Any) -> Mapping[str, str]:
        """Return headers that the answer has beside the usual ones."""
        return {}

    def retrieve(  # type: ignore[override]  # 304 has no body to render
        self, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Read one."""
        etag = self.version_of(request)
        if etag:
            unchanged = not_modified(as_django(request), etag)
            if unchanged is not None:
                return unchanged
        row = cast("GenericViewSet[Any]", self).get_object()
        headers = {**self.headers_of(row), **({"ETag": etag} if etag else {})}
        return Response(self.shaped([row], is_list=False)[0], headers=headers)
