"""Shapes of keys and service accounts."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from accounts.api.strict import StrictSerializer
from accounts.key_models import MAX_NAME, MOST_IMAGES, MOST_PER_MINUTE, ApiKey
from accounts.keys.limits import images_sent
from accounts.keys.scopes import Scope
from accounts.keys.selectors import KeyState, state_of
from accounts.keys.services import (
    DEFAULT_DAYS,
    DEFAULT_OVERLAP_HOURS,
    MAX_DAYS,
    MAX_OVERLAP_HOURS,
    SERVICE_GROUP,
    KeyPlan,
)
from accounts.models import User

_SCOPES = [(scope.value, scope.value) for scope in Scope]
STATES = [(state.value, state.value) for state in KeyState]
_PLAN = KeyPlan(name="", scopes=())


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret."""

    url = serializers.SerializerMethodField()
    prefix = serializers.CharField(help_text="how the key begins")
    account = serializers.CharField(source="account.username")
    status = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.ChoiceField(_SCOPES))
    created_by = serializers.SerializerMethodField(
        help_text="user name; null: the command line, or who is no longer there"
    )
    previous_secret_ends_at = serializers.DateTimeField(
        source="previous_ends_at",
        allow_null=True,
        help_text="until then the secret before the last rotation is good, too",
    )

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id",
            "url",
            "prefix",
            "name",
            "account",
            "status",
            "scopes",
            "per_minute",
            "burst",
            "images_per_day",
            "images_per_month",
            "created_at",
            "created_by",
            "expires_at",
            "last_used_at",
            "revoked_at",
            "previous_secret_ends_at",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "uri-reference"})
    def get_url(self, key: ApiKey) -> str:
        """Return its path."""
        return str(reverse("api:key-detail", args=[key.pk]))

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_status(self, key: ApiKey) -> str:
        """Return what became of it."""
        return state_of(key).value

    @extend_schema_field({"type": ["string", "null"]})
    def get_created_by(self, key: ApiKey) -> str | None:
        """Return who made it."""
        return key.created_by.username if key.created_by else None


class IssuedKeySerializer(KeySerializer):
    """A key with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField(
        help_text="Send it as `Authorization: Bearer <secret>`."
    )

    class Meta(KeySerializer.Meta):
        fields = ("secret", *KeySerializer.Meta.fields)
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.STR)
    def get_secret(self, key: ApiKey) -> str:
        """Return what the caller has just made."""
        return str(self.context["secret"])


class CurrentKeySerializer(KeySerializer):
    """A key with what it has used."""

    images_sent = serializers.SerializerMethodField()

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "images_sent")
        read_only_fields = fields

    @extend_schema_field(
        {
            "type": "object",
            "required": ["day", "month"],
            "properties": {
                "day": {"type": "integer", "minimum": 0},
                "month": {"type": "integer", "minimum": 0},
            },
        }
    )
    def get_images_sent(self, key: ApiKey) -> dict[str, int]:
        """Return how many pictures it sent today and this month (UTC)."""
        return images_sent(key)


class NewKeySerializer(StrictSerializer):
    """What a new key shall be."""

    account = serializers.CharField(
        max_length=150, help_text="user name of a service account"
    )
    name = serializers.CharField(max_length=MAX_NAME)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(_SCOPES), min_length=1, max_length=len(_SCOPES)
    )
    days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        default=DEFAULT_DAYS,
        allow_null=True,
        help_text="It ends after this many days; null: it does not end. Left out, it "
        "ends with the key that makes it, if that is nearer.",
    )
    per_minute = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PER_MINUTE,
        default=_PLAN.per_minute,
        help_text="requests in the long run",
    )
    burst = serializers.IntegerField(
        min_value=1,
        max_value=MOST_PER_MINUTE,
        default=_PLAN.burst,
        help_text="requests at once",
    )
    images_per_day = serializers.IntegerField(
        min_value=1, max_value=MOST_IMAGES, default=None, allow_null=True
    )
    images_per_month = serializers.IntegerField(
        min_value=1, max_value=MOST_IMAGES, default=None, allow_null=True
    )


class RotateKeySerializer(StrictSerializer):
    """For how long the secret before stays good."""

    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        default=DEFAULT_OVERLAP_HOURS,
        help_text="0: it ends at once",
    )


class ServiceAccountSerializer(serializers.ModelSerializer[User]):
    """An account of a program."""

    groups = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("username", "groups", "is_active", "date_joined")
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_groups(self, account: User) -> list[str]:
        """Return what it may, by the names of its groups."""
        return sorted(group.name for group in account.groups.all())


class NewServiceAccountSerializer(StrictSerializer):
    """What a new service account shall be."""

    username = serializers.CharField(max_length=150)
    groups = serializers.ListField(
        child=serializers.CharField(max_length=150),
        max_length=20,
        default=[SERVICE_GROUP],
        help_text="each must hold no more than you",
    )
