"""The API's own pages: its index, its kinds of problems, its documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.api.authentication import BearerAuthentication
from config.problem_types import PROBLEM_TYPES
from config.problems import TYPE_PREFIX
from forensics.api.filters import refuse_unknown

if TYPE_CHECKING:
    from rest_framework.request import Request

RESOURCES = {
    "images": "image",
    "uploads": "upload",
    "fetches": "fetch",
    "analyses": "analysis",
    "signals": "signal",
    "evidence": "evidence",
    "cases": "case",
    "queues": "queue",
    "decisions": "decision",
    "appeals": "appeal",
    "policies": "policy",
    "banks": "bank",
    "models": "model",
    "audit": "audit",
    "events": "event",
    "webhook-endpoints": "webhook-endpoint",
    "webhook-deliveries": "webhook-delivery",
    "tokens": "token",
    "keys": "key",
    "service-accounts": "service-account",
    "problems": "problem",
    "deprecations": "deprecation",
}
LINKS = {
    "type": "object",
    "additionalProperties": {"type": "string", "format": "uri-reference"},
}


class ApiRoot(APIView):
    """Where everything is."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="root",
        tags=["api"],
        auth=[],
        responses={200: LINKS},
    )
    def get(self, request: Request) -> Response:
        """List the resources."""
        links = {
            plural: reverse(f"api:{name}-list") for plural, name in RESOURCES.items()
        }
        documents = {
            name: reverse(f"api:{name}") for name in ("schema", "docs", "redoc")
        }
        return Response(links | documents)


class ProblemTypeSerializer(serializers.Serializer[Any]):
    """What one kind of problem means."""

    type = serializers.CharField()
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    remedy = serializers.CharField()


class ProblemTypes(APIView):
    """What the ``type`` of a problem points at."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="problems_list",
        tags=["api"],
        auth=[],
        responses=ProblemTypeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List every kind of problem."""
        refuse_unknown(request)
        return Response([_described(code) for code in PROBLEM_TYPES])


class ProblemTypeView(APIView):
    """What one ``type`` of a problem means."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="problems_retrieve",
        tags=["api"],
        auth=[],
        responses=ProblemTypeSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        """Explain one kind of problem."""
        if code not in PROBLEM_TYPES:
            raise NotFound
        return Response(_described(code))


def _described(code: str) -> dict[str, Any]:
    kind = PROBLEM_TYPES[code]
    return {
        "type": f"{TYPE_PREFIX}{code}/",
        "code": code,
        "status": kind.status,
        "title": kind.title,
        "remedy": kind.remedy,
    }


class Schema(SpectacularAPIView):
    """The OpenAPI 3.1 description of this API."""


class NotThere(APIView):
    """Answers for every path under the API that is none, whatever the method.

    A key's request counts here, too, and its answer says so. A stranger's POST shall
    read 404 like everything else, not a page about CSRF.
    """

    authentication_classes = (BearerAuthentication,)
    permission_classes = (AllowAny,)
    schema = None

    def http_method_not_allowed(
        self, request: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Say that there is nothing."""
        hint = "" if request.path.endswith("/") else " Paths end with a slash."
        raise NotFound(f"There is no such resource.{hint}")

    options = http_method_not_allowed
