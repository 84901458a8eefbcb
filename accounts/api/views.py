"""Getting and ending API tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import BearerAuthentication, PasswordAuthentication
from accounts.api.permissions import HoldsScope
from accounts.api.serializers import IssuedTokenSerializer, TokenRequestSerializer
from accounts.tokens import issue_token, revoke_token

if TYPE_CHECKING:
    from rest_framework.request import Request

    from accounts.models import User


class TokensView(APIView):
    """Tokens of the person who asks."""

    # A token cannot beget tokens: a leaked one ends on its date.
    authentication_classes = (PasswordAuthentication, SessionAuthentication)
    permission_classes = (HoldsScope,)
    serializer_class = TokenRequestSerializer

    @extend_schema(
        operation_id="tokens_create",
        tags=["auth"],
        request=TokenRequestSerializer,
        responses={
            201: IssuedTokenSerializer,
            429: OpenApiResponse(description="Too many failed sign-ins."),
        },
    )
    def post(self, request: Request) -> Response:
        """Issue a token for the name and password (HTTP Basic), shown this once."""
        asked = TokenRequestSerializer(data=request.data or {})
        asked.is_valid(raise_exception=True)
        person = cast("User", request.user)
        issued = issue_token(
            user=person, days=asked.validated_data["days"], actor=person
        )
        return Response(
            IssuedTokenSerializer(issued).data,
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )


class CurrentTokenView(APIView):
    """The token that a request was sent with."""

    authentication_classes = (BearerAuthentication, SessionAuthentication)
    permission_classes = (HoldsScope,)

    @extend_schema(
        operation_id="tokens_current_destroy",
        tags=["auth"],
        request=None,
        responses={
            204: OpenApiResponse(description="The token has ended."),
            404: OpenApiResponse(description="`not_found`: there is no token"),
        },
    )
    def delete(self, request: Request) -> Response:
        """End the token this request was sent with."""
        if request.auth is None:
            raise NotFound("This request was not sent with a token.")
        revoke_token(request.auth, actor=cast("User", request.user))
        return Response(status=status.HTTP_204_NO_CONTENT)
