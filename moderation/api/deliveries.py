"""The log of what was sent to webhooks, over HTTP, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.refusing import UnprocessableError
from accounts.api.strict import StrictSerializer
from forensics.api.fields import LinkField
from forensics.api.permissions import person
from moderation import webhook_selectors
from moderation.api.filters import DeliveryFilters
from moderation.models import Delivery, DeliveryAttempt
from moderation.services import replaying
from moderation.services.deliveries import body_of
from moderation.webhook_states import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from forensics.keyset import Ordering


class AttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    """One request, and what came back."""

    request_headers = serializers.DictField(child=serializers.CharField())
    response_headers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField())
    )
    status = serializers.IntegerField(allow_null=True)

    class Meta:
        model = DeliveryAttempt
        fields = (
            "number",
            "started_at",
            "duration_ms",
            "request_headers",
            "status",
            "response_headers",
            "response_body",
            "error",
            "error_words",
        )
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One event on its way to one endpoint."""

    url = LinkField("api:webhook-delivery-detail", source="pk")
    endpoint = serializers.UUIDField(source="endpoint_id")
    event = serializers.UUIDField(source="event_id")
    event_type = serializers.ChoiceField(EventType.choices, source="event.type")
    attempts_made = serializers.IntegerField()
    last_status = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Delivery
        fields = (
            "id",
            "url",
            "endpoint",
            "event",
            "event_type",
            "state",
            "attempts_made",
            "next_at",
            "last_status",
            "last_error",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields


class DeliveryDetailSerializer(DeliverySerializer):
    """A delivery with its body and the log of its attempts."""

    body = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = (*DeliverySerializer.Meta.fields, "body", "attempts")
        read_only_fields = fields

    def get_body(self, delivery: Delivery) -> str:
        """Return what is sent, byte for byte."""
        return body_of(delivery.event).decode()


class SpanSerializer(StrictSerializer):
    """What to send again."""

    endpoint = serializers.UUIDField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    failed_only = serializers.BooleanField(
        default=True, help_text="false: also what was delivered, and what was missed"
    )


class CountSerializer(serializers.Serializer[Any]):
    """How many events are sent again."""

    events = serializers.IntegerField()


class DeliveryViewSet(RetrieveModelMixin, ListModelMixin, GenericViewSet[Delivery]):
    """The log of what was sent to your organization's webhooks."""

    needs: ClassVar[Mapping[str, str]] = {
        "list": webhook_selectors.VIEW,
        "retrieve": webhook_selectors.VIEW,
        "*": webhook_selectors.MANAGE,
    }
    lookup_value_converter = "uuid"
    queryset = Delivery.objects.none()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Delivery]:
        """Return what this person may see."""
        return webhook_selectors.deliveries_visible_to(person(self.request))

    def get_serializer_class(self) -> type[DeliverySerializer]:
        """Show attempts of one delivery only."""
        if self.action == "retrieve":
            return DeliveryDetailSerializer
        return DeliverySerializer

    @extend_schema(
        operation_id="webhooks_deliveries_replay_one",
        request=None,
        responses={
            202: DeliverySerializer,
            422: OpenApiResponse(description="`invalid_webhook`: it is being sent"),
        },
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Send one delivery again, at once."""
        delivery = replaying.replay_delivery(
            delivery_id=self.get_object().pk, actor=person(request)
        )
        return Response(
            DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED
        )

    @extend_schema(
        operation_id="webhooks_deliveries_replay_range",
        request=SpanSerializer,
        responses={
            202: CountSerializer,
            422: OpenApiResponse(description="`invalid_webhook`: the span is too long"),
        },
    )
    @action(detail=False, methods=["post"], url_path="replay")
    def replay_range(self, request: Request) -> Response:
        """Send again what happened in a span of time, to one endpoint."""
        asked = SpanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        seen = webhook_selectors.endpoints_visible_to(person(request))
        if not seen.filter(pk=values["endpoint"]).exists():
            raise UnprocessableError({"endpoint": "There is no such endpoint."})
        count = replaying.replay_range(
            endpoint_id=values.pop("endpoint"), actor=person(request), **values
        )
        return Response({"events": count}, status=status.HTTP_202_ACCEPTED)
