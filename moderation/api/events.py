"""Events over HTTP: for a client that was away, to catch up with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.refusing import UnprocessableError
from forensics.api.permissions import person
from forensics.api.quick import Quick
from moderation import webhook_selectors
from moderation.models import Event
from moderation.webhook_states import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

DEFAULT_LIMIT = 100
MOST = 500
PARAMETERS = ("after", "latest", "limit", "type")


class EventSerializer(Quick, serializers.ModelSerializer[Event]):
    """What has happened: as a webhook's body says it."""

    timestamp = serializers.DateTimeField(source="occurred_at")
    data = serializers.DictField()  # type: ignore[assignment]  # the row's own name

    class Meta:
        model = Event
        fields = ("id", "type", "timestamp", "data")
        read_only_fields = fields


@extend_schema_serializer(many=False)
class EventsSerializer(serializers.Serializer[Any]):
    """Events, oldest first."""

    results = EventSerializer(many=True)
    has_more = serializers.BooleanField(help_text="ask again at once")
    after = serializers.UUIDField(
        allow_null=True, help_text="the `after` of the next request"
    )


class EventViewSet(GenericViewSet[Event]):
    """Events of your organization, oldest first. None is ever left out or moved.

    An event appears here once it is final, with all that came before it: whoever asks
    with the last id they have read misses none, however transactions overlap.
    """

    needs: ClassVar[Mapping[str, str]] = {"*": webhook_selectors.READ_EVENTS}
    queryset = Event.objects.none()
    serializer_class = EventSerializer
    pagination_class = None
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Event]:
        """Return what this person may see."""
        return webhook_selectors.events_visible_to(person(self.request))

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "after", UUID, description="The last id you have read. None: all."
            ),
            OpenApiParameter(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST,
                    "default": DEFAULT_LIMIT,
                },
            ),
            OpenApiParameter(
                "type",
                {"type": "string", "enum": EventType.values},
                description="Only this type.",
            ),
            OpenApiParameter(
                "latest",
                {"type": "string", "enum": ["true"]},
                description="No events, and in `after` where to read on from, for "
                "whoever wants only what is to come. Alone.",
            ),
        ],
        responses=EventsSerializer,
    )
    def list(self, request: Request) -> Response:
        """Read on from where you were."""
        limit = _limit(request)
        rows = self._narrowed(request).order_by("position")
        asked = request.query_params.get("after")
        if {"type", "latest"} & request.query_params.keys():
            asked = self._newest() or asked  # read before the rows, so none is passed
        found = [] if "latest" in request.query_params else list(rows[: limit + 1])
        shown = found[:limit]
        return Response(
            {
                "results": EventSerializer(shown, many=True).data,
                "has_more": len(found) > limit,
                "after": str(shown[-1].pk) if shown else asked,
            }
        )

    def _newest(self) -> str | None:
        keys = self.get_queryset().order_by("-position").values_list("pk", flat=True)
        newest = keys.first()
        return None if newest is None else str(newest)

    def _narrowed(self, request: Request) -> QuerySet[Event]:
        unknown = sorted(set(request.query_params) - set(PARAMETERS))
        if unknown:
            says = f"Unknown parameter. Known are: {', '.join(PARAMETERS)}."
            raise serializers.ValidationError(dict.fromkeys(unknown, says))
        _check_latest(request)
        rows = self.get_queryset()
        if (kind := request.query_params.get("type")) is not None:
            if kind not in EventType.values:
                raise serializers.ValidationError(
                    {"type": f"Use one of: {', '.join(EventType.values)}."}
                )
            rows = rows.filter(type=kind)
        if (after := request.query_params.get("after")) is not None:
            rows = rows.filter(position__gt=_position(request, after))
        return rows


def _position(request: Request, text: str) -> int:
    try:
        key = UUID(text)
    except ValueError:
        says = {"after": "Expected the id of an event."}
        raise serializers.ValidationError(says) from None
    position = webhook_selectors.position_of(person(request), key)
    if position is None:
        raise UnprocessableError(
            {
                "after": "There is no such event; it may be older than events are "
                "kept. Read on without `after`, and compare with what you have."
            }
        )
    return position


def _check_latest(request: Request) -> None:
    if (latest := request.query_params.get("latest")) is None:
        return
    if latest != "true":
        raise serializers.ValidationError({"latest": "Use `true`, or leave it out."})
    if len(request.query_params) > 1:
        raise UnprocessableError({"latest": "It goes with no other parameter."})


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MOST))
    if not is_number or not 1 <= int(text) <= MOST:
        raise serializers.ValidationError(
            {"limit": f"Use a whole number from 1 to {MOST}."}
        )
    return int(text)
