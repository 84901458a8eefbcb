"""Webhook endpoints over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.strict import StrictSerializer
from forensics.api.fields import BlankAsNullField, LinkField
from forensics.api.permissions import person
from forensics.models import VERDICT_CHOICES, Door
from moderation import webhook_selectors
from moderation.models import (
    OrderKey,
    Stopped,
    WebhookEndpoint,
)
from moderation.models.webhooks import MAX_URL
from moderation.services import endpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from forensics.keyset import Ordering

MOST_CHOSEN = 100


class FiltersSerializer(serializers.Serializer[Any]):
    """Which events, of those that have such a thing. Left out: all."""

    verdicts = serializers.ListField(
        child=serializers.ChoiceField(VERDICT_CHOICES),
        required=False,
        max_length=MOST_CHOSEN,
    )
    queues = serializers.ListField(
        child=serializers.SlugField(), required=False, max_length=MOST_CHOSEN
    )
    sources = serializers.ListField(
        child=serializers.ChoiceField(Door.choices),
        required=False,
        max_length=MOST_CHOSEN,
        help_text="by which door the picture came in",
    )


class EndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An address that is told of events."""

    self_url = LinkField("api:webhook-endpoint-detail", source="pk")
    event_types = serializers.ListField(
        child=serializers.ChoiceField(endpoints.EVENT_CHOICES)
    )
    filters = FiltersSerializer()
    order_by = BlankAsNullField(
        OrderKey.choices, help_text="what keeps its order; null: nothing"
    )
    disabled_because = BlankAsNullField(Stopped.choices)

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id",
            "self_url",
            "url",
            "description",
            "event_types",
            "filters",
            "order_by",
            "is_enabled",
            "disabled_because",
            "disabled_at",
            "failing_since",
            "created_at",
        )
        read_only_fields = fields


class EndpointWithSecretSerializer(EndpointSerializer):
    """A new endpoint, with the secret that is shown this once."""

    secret = serializers.CharField(help_text="`whsec_...`; keep it, it is shown once")

    class Meta:
        model = WebhookEndpoint
        fields = (*EndpointSerializer.Meta.fields, "secret")
        read_only_fields = fields


class WishSerializer(StrictSerializer):
    """What an endpoint shall be told, and where."""

    url = serializers.CharField(
        max_length=MAX_URL, help_text="https, on the public internet"
    )
    description = serializers.CharField(default="", allow_blank=True, max_length=200)
    event_types = serializers.ListField(
        child=serializers.ChoiceField(endpoints.EVENT_CHOICES),
        default=list,
        max_length=MOST_CHOSEN,
        help_text="empty: every type",
    )
    filters = FiltersSerializer(default=dict)
    order_by = serializers.ChoiceField(
        OrderKey.choices, default="", allow_blank=True, help_text="what keeps its order"
    )
    is_enabled = serializers.BooleanField(default=True)


class RotateSerializer(StrictSerializer):
    """How long earlier secrets sign along."""

    overlap_hours = serializers.IntegerField(
        default=24, min_value=0, max_value=endpoints.MOST_OVERLAP_HOURS
    )


class SecretSerializer(serializers.Serializer[Any]):
    """A secret that is shown this once."""

    secret = serializers.CharField()


class QueuedEventSerializer(serializers.Serializer[Any]):
    """The event that is on its way."""

    event = serializers.UUIDField()


class EndpointViewSet(
    RetrieveModelMixin, ListModelMixin, GenericViewSet[WebhookEndpoint]
):
    """Webhook endpoints of your organization."""

    needs: ClassVar[Mapping[str, str]] = {
        "list": webhook_selectors.VIEW,
        "retrieve": webhook_selectors.VIEW,
        "*": webhook_selectors.MANAGE,
    }
    lookup_value_converter = "uuid"
    queryset = WebhookEndpoint.objects.none()
    serializer_class = EndpointSerializer
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
    }

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Return what this person may see."""
        return webhook_selectors.endpoints_visible_to(person(self.request))

    @extend_schema(
        request=WishSerializer,
        responses={
            201: EndpointWithSecretSerializer,
            422: OpenApiResponse(description="`invalid_webhook`: says what is wrong"),
        },
    )
    def create(self, request: Request) -> Response:
        """Make an endpoint. The answer has its secret, which is shown this once."""
        wish, on = _wish(request)
        endpoint, secret = endpoints.create_endpoint(wish=wish, actor=person(request))
        if not on:
            endpoint = endpoints.switch_endpoint(
                endpoint_id=endpoint.pk, on=False, actor=person(request)
            )
        body = {**EndpointSerializer(endpoint).data, "secret": secret}
        return Response(
            body,
            status=status.HTTP_201_CREATED,
            headers={"Location": str(body["self_url"]), "Cache-Control": "no-store"},
        )

    @extend_schema(
        request=WishSerializer,
        responses={
            200: EndpointSerializer,
            422: OpenApiResponse(description="`invalid_webhook`: says what is wrong"),
        },
    )
    def update(self, request: Request, pk: str) -> Response:
        """Say anew what an endpoint is told, and whether it is switched on."""
        endpoint = self.get_object()
        wish, on = _wish(request)
        endpoints.change_endpoint(
            endpoint_id=endpoint.pk, wish=wish, actor=person(request)
        )
        endpoint = endpoints.switch_endpoint(
            endpoint_id=endpoint.pk, on=on, actor=person(request)
        )
        return Response(EndpointSerializer(endpoint).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget an endpoint, with its secrets and its log."""
        endpoints.delete_endpoint(
            endpoint_id=self.get_object().pk, actor=person(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=RotateSerializer,
        responses={
            200: SecretSerializer,
            422: OpenApiResponse(
                description="`invalid_webhook`: too many secrets sign already"
            ),
        },
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret. Deliveries carry both signatures during the overlap.

        No more than five secrets sign at once; with `overlap_hours` 0 the earlier ones
        end.
        """
        asked = RotateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        secret = endpoints.rotate_secret(
            endpoint_id=self.get_object().pk,
            actor=person(request),
            **asked.validated_data,
        )
        return Response({"secret": secret}, headers={"Cache-Control": "no-store"})

    @extend_schema(
        request=None,
        responses={
            202: QueuedEventSerializer,
            422: OpenApiResponse(description="`invalid_webhook`: it is switched off"),
        },
    )
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a `webhook.test` to this endpoint."""
        event = endpoints.send_test(
            endpoint_id=self.get_object().pk, actor=person(request)
        )
        return Response({"event": event.pk}, status=status.HTTP_202_ACCEPTED)


def _wish(request: Request) -> tuple[endpoints.Wish, bool]:
    asked = WishSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    values = dict(asked.validated_data)
    on = bool(values.pop("is_enabled"))
    return endpoints.Wish(**values), on
