"""Shapes of the token resource."""

from typing import Any

from rest_framework import serializers

from accounts.api.strict import StrictSerializer
from accounts.tokens import DEFAULT_DAYS, MAX_DAYS


class TokenRequestSerializer(StrictSerializer):
    """What a client may ask of its new token."""

    days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        default=DEFAULT_DAYS,
        help_text="The token ends after this many days.",
    )


class IssuedTokenSerializer(serializers.Serializer[Any]):
    """A new token; it is shown this once."""

    token = serializers.CharField(
        source="secret", help_text="Send it as `Authorization: Bearer <token>`."
    )
    key = serializers.CharField(
        help_text="How the token begins; lists and logs name it by this."
    )
    expires_at = serializers.DateTimeField()
