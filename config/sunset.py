"""Says of what will go that it will, and refuses it when its time has come.

``Deprecation`` is RFC 9745, ``Sunset`` RFC 8594.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from config.problems import Problem, answer
from forensics.api.filters import refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request

    from config.deprecation import Deprecation

API = "/api/"
_NAME = re.compile(r"<(?:[^:>]+:)?[^>]+>|\{[^}]+\}|\(\?P<[^>]+>[^)]*\)")


def deprecations() -> tuple[Deprecation, ...]:
    """Return all that will go."""
    declared: tuple[Deprecation, ...] = settings.API_DEPRECATIONS
    return declared


class SunsetMiddleware:
    """Adds the headers to answers of what will go; answers 410 for what has gone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and say what of it will go."""
        response = self.get_response(request)
        if used := _used(request):
            soonest = min(used, key=lambda one: one.sunset)
            since = min(one.since for one in used)
            response.headers["Deprecation"] = f"@{int(since.timestamp())}"
            response.headers["Sunset"] = http_date(soonest.sunset.timestamp())
            response.headers["Link"] = _linked(response.headers.get("Link", ""))
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Refuse what has gone, before anything is done."""
        now = timezone.now()
        for one in _used(request):
            if one.sunset <= now and not one.field:
                return answer(_gone(one))
        return None


def _used(request: HttpRequest) -> list[Deprecation]:
    """Return what this request makes use of that will go."""
    match = request.resolver_match
    if match is None or not request.path_info.startswith(API):
        return []
    method = "GET" if request.method == "HEAD" else request.method
    return [
        one
        for one in deprecations()
        if one.method == method
        and _plain(one.path) == _plain(f"/{match.route}")
        and (not one.parameter or one.parameter in request.GET)
    ]


def _plain(path: str) -> str:
    """Return a path without the names of its variables, which views call otherwise."""
    return _NAME.sub("{}", path).replace("^", "").replace("$", "").replace("\\Z", "")


def _linked(links: str) -> str:
    where = reverse("api:deprecation-list")
    ours = ", ".join(
        f'<{where}>; rel="{relation}"; type="application/json"'
        for relation in ("deprecation", "sunset")
    )
    return f"{links}, {ours}" if links else ours


def _gone(one: Deprecation) -> Problem:
    detail = f"It ended on {one.sunset:%Y-%m-%d}. {one.instead}"
    entry = {"parameter": one.parameter, "code": "gone", "detail": detail}
    return Problem("gone", detail, errors=[entry] if one.parameter else [])


# --- The list ------------------------------------------------------------------------
class DeprecationSerializer(serializers.Serializer[Any]):
    """What will go, and when."""

    method = serializers.CharField()
    path = serializers.CharField()
    parameter = serializers.CharField(help_text="empty: the whole operation or a field")
    field = serializers.CharField(help_text="empty: the whole operation or a parameter")
    since = serializers.DateTimeField()
    sunset = serializers.DateTimeField(help_text="from then on: 410, `gone`")
    instead = serializers.CharField()


class Deprecations(APIView):
    """What of this API will go. The `Link` of a deprecated answer points here."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="deprecations_list",
        tags=["api"],
        auth=[],
        responses=DeprecationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List it; what goes first comes first."""
        refuse_unknown(request)
        rows = sorted(deprecations(), key=lambda one: one.sunset)
        return Response(DeprecationSerializer(rows, many=True).data)


# --- In the description ---------------------------------------------------------------
def mark_deprecated(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,  # noqa: FBT001 - called so
) -> dict[str, Any]:
    """Mark what will go; a hook of drf-spectacular."""
    for one in deprecations():
        operation = result["paths"][one.path][one.method.lower()]
        for part in _parts(result, operation, one):
            part["deprecated"] = True
            said = part.get("description", "")
            until = f"Goes on {one.sunset:%Y-%m-%d}. {one.instead}"
            part["description"] = f"{said} {until}".strip()
        if not one.field:
            operation["responses"].setdefault("410", _answered())
    return result


def _answered() -> dict[str, Any]:
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "description": "`gone`",
        "content": {"application/problem+json": content},
    }


def _parts(
    result: dict[str, Any], operation: dict[str, Any], one: Deprecation
) -> Iterable[dict[str, Any]]:
    """Return what is to be marked: an operation, a parameter, or a field."""
    if one.parameter:
        given = operation.get("parameters", [])
        return [p for p in given if (p["in"], p["name"]) == ("query", one.parameter)]
    if not one.field:
        return [operation]
    return list(_fields(result, operation["responses"]["200"]["content"], one.field))


def _fields(
    result: dict[str, Any], node: Any, name: str, *, depth: int = 0
) -> Iterable[dict[str, Any]]:
    """Yield the field in each schema that the operation answers with."""
    if isinstance(node, list):
        for inner in node:
            yield from _fields(result, inner, name, depth=depth)
    elif isinstance(node, dict):
        if "$ref" in node and depth < 2:  # a page, and the rows on it
            schema = result["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]]
            properties = schema.get("properties", {})
            if name in properties:
                yield properties[name]
            else:
                yield from _fields(result, schema, name, depth=depth + 1)
        for inner in node.values():
            yield from _fields(result, inner, name, depth=depth)
