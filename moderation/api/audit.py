"""The record over HTTP: to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rest_framework import serializers
from rest_framework.viewsets import GenericViewSet

from forensics.api.permissions import person
from forensics.api.quick import Quick
from forensics.api.reading import Listing, Retrieving
from moderation import audit_selectors
from moderation.api.filters import AuditFilters
from moderation.audit_words import details_of, words_for
from moderation.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from forensics.keyset import Ordering


class AuditEventSerializer(Quick, serializers.ModelSerializer[AuditEvent]):
    """One row of the record. `hash` covers the row and the hash before it."""

    action_words = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField()
    person = serializers.SerializerMethodField(help_text="user name; null: the system")
    case = serializers.UUIDField(source="case_id", allow_null=True)
    policy = serializers.IntegerField(source="policy_id", allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment]  # the row's own name

    class Meta:
        model = AuditEvent
        fields = (
            "position",
            "at",
            "action",
            "action_words",
            "person",
            "actor_name",
            "address",
            "case",
            "image",
            "policy",
            "details",
            "data",
            "previous_hash",
            "hash",
        )
        read_only_fields = fields

    def get_action_words(self, event: AuditEvent) -> str:
        """Return the action in words."""
        return words_for(event.action)

    def get_details(self, event: AuditEvent) -> list[str]:
        """Return what else was recorded, in words."""
        return details_of(event)

    def get_person(self, event: AuditEvent) -> str | None:
        """Return the user name, as long as the account is there."""
        return event.actor.username if event.actor else None


class AuditViewSet(Retrieving, Listing, GenericViewSet[AuditEvent]):
    """The append-only record of who did what. Each row is bound to the one before."""

    needs: ClassVar[Mapping[str, str]] = {"*": audit_selectors.READ}
    resource = "audit"
    lookup_field = "position"
    lookup_value_converter = "int"
    queryset = AuditEvent.objects.none()
    serializer_class = AuditEventSerializer
    filterset_class = AuditFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-position": ("-position",),
        "position": ("position",),
    }

    def get_queryset(self) -> QuerySet[AuditEvent]:
        """Return what this person may see."""
        return audit_selectors.events_visible_to(person(self.request))
