"""Keys and service accounts over HTTP. Every rule is a service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api import key_serializers as shapes
from accounts.api.permissions import HoldsScope
from accounts.api.refusing import UnprocessableError
from accounts.key_models import ApiKey
from accounts.keys import services
from accounts.keys.selectors import MANAGE, accounts_visible_to, keys_visible_to
from accounts.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from accounts.keys.services import IssuedKey

NO_STORE = {"Cache-Control": "no-store"}


class KeyViewSet(RetrieveModelMixin, ListModelMixin, GenericViewSet[ApiKey]):
    """The keys of your organization, for those who manage them."""

    needs: ClassVar[Mapping[str, str]] = {"*": MANAGE}
    lookup_value_converter = "uuid"
    queryset = ApiKey.objects.none()
    serializer_class = shapes.KeySerializer
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-id": ("-id",), "id": ("id",)}

    def get_queryset(self) -> QuerySet[ApiKey]:
        """Return those of one's organization."""
        return keys_visible_to(_person(self.request))

    @extend_schema(
        request=shapes.NewKeySerializer, responses={201: shapes.IssuedKeySerializer}
    )
    def create(self, request: Request) -> Response:
        """Make a key; its secret is shown this once.

        A key makes no key with more than itself.
        """
        asked = shapes.NewKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        person, name = _person(request), values.pop("account")
        account = accounts_visible_to(person).filter(username=name).first()
        if account is None:
            raise UnprocessableError({"account": "There is no such service account."})
        is_usual = "days" not in asked.initial_data
        plan = services.KeyPlan(**values, may_end_sooner=is_usual)
        issued = services.create_key(
            actor=person, account=account, plan=plan, through=_through(request)
        )
        return _shown_once(issued, status.HTTP_201_CREATED)

    @extend_schema(
        request=shapes.RotateKeySerializer, responses={200: shapes.IssuedKeySerializer}
    )
    @action(detail=True, methods=["post"], serializer_class=shapes.RotateKeySerializer)
    def rotate(self, request: Request, pk: Any = None) -> Response:
        """Get a new secret, shown this once; the one before stays good for a while."""
        key = self.get_object()
        asked = shapes.RotateKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        issued = services.rotate_key(
            actor=_person(request),
            key=key,
            through=_through(request),
            **asked.validated_data,
        )
        return _shown_once(issued, status.HTTP_200_OK)

    @extend_schema(request=None, responses={200: shapes.KeySerializer})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: Any = None) -> Response:
        """End the key and each of its secrets at once."""
        services.revoke_key(
            actor=_person(request), key=self.get_object(), through=_through(request)
        )
        return Response(shapes.KeySerializer(self.get_object()).data)


class CurrentKeyView(APIView):
    """The key that a request was sent with."""

    permission_classes = (HoldsScope,)

    @extend_schema(
        operation_id="keys_current_retrieve",
        tags=["keys"],
        responses={
            200: shapes.CurrentKeySerializer,
            404: OpenApiResponse(description="`not_found`: there is no key"),
        },
    )
    def get(self, request: Request) -> Response:
        """Read the key of this request: its scopes, limits, end and use."""
        key = _through(request)
        if key is None:
            raise NotFound("This request was not sent with a key.")
        return Response(shapes.CurrentKeySerializer(key).data, headers=NO_STORE)


class ServiceAccountViewSet(ListModelMixin, GenericViewSet[User]):
    """Accounts of programs in your organization: no password, only keys."""

    needs: ClassVar[Mapping[str, str]] = {"*": MANAGE}
    queryset = User.objects.none()
    serializer_class = shapes.ServiceAccountSerializer
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"id": ("id",), "-id": ("-id",)}

    def get_queryset(self) -> QuerySet[User]:
        """Return those of one's organization."""
        return accounts_visible_to(_person(self.request))

    @extend_schema(
        request=shapes.NewServiceAccountSerializer,
        responses={201: shapes.ServiceAccountSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a service account; it may no more than you."""
        asked = shapes.NewServiceAccountSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = services.create_service_account(
            actor=_person(request), through=_through(request), **asked.validated_data
        )
        account = get_object_or_404(self.get_queryset(), pk=made.pk)
        body = shapes.ServiceAccountSerializer(account).data
        return Response(body, status=status.HTTP_201_CREATED)


def _person(request: Request) -> User:
    return cast("User", request.user)


def _through(request: Request) -> ApiKey | None:
    return request.auth if isinstance(request.auth, ApiKey) else None


def _shown_once(issued: IssuedKey, code: int) -> Response:
    body = shapes.IssuedKeySerializer(
        issued.key, context={"secret": issued.secret}
    ).data
    headers = {"Location": str(body["url"])} if code == status.HTTP_201_CREATED else {}
    return Response(body, status=code, headers=headers | NO_STORE)
