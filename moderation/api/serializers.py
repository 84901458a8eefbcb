"""What cases, decisions and policies look like in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from forensics.api.fields import BlankAsNullField, LinkField, PersonField
from forensics.models import VERDICT_CHOICES
from moderation.api.fields import PriorityField
from moderation.models import (
    MAX_NOTE,
    Case,
    Decision,
    DecisionReason,
    Outcome,
    Policy,
)


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    """What a person decided, beside what the machine had said."""

    url = LinkField("api:decision-detail", source="pk")
    case = serializers.UUIDField(source="case_id")
    analysis = serializers.UUIDField(source="analysis_id", allow_null=True)
    decided_by = PersonField(allow_null=True)
    machine_verdict = BlankAsNullField(VERDICT_CHOICES)

    class Meta:
        model = Decision
        fields = (
            "id",
            "url",
            "case",
            "analysis",
            "image_sha256",
            "outcome",
            "reason",
            "note",
            "decided_by",
            "decided_by_name",
            "machine_verdict",
            "machine_score",
            "created_at",
            "withdrawn_at",
        )
        read_only_fields = fields


class CaseSummarySerializer(serializers.ModelSerializer[Case]):
    """A case as lists show it."""

    url = LinkField("api:case-detail", source="pk")
    priority = PriorityField()
    image = serializers.UUIDField(source="image_id")
    image_url = LinkField("api:image-detail", source="image_id")
    analysis = serializers.UUIDField(source="analysis_id", allow_null=True)
    verdict = BlankAsNullField(VERDICT_CHOICES, source="analysis.verdict", default="")
    score = serializers.FloatField(
        source="analysis.score", allow_null=True, default=None, read_only=True
    )
    policy = serializers.IntegerField(source="policy_id", allow_null=True)
    opened_by = PersonField(allow_null=True, help_text="null: a policy opened it")
    claimed_by = PersonField(allow_null=True)
    outcome = BlankAsNullField(Outcome.choices)

    class Meta:
        model = Case
        fields: tuple[str, ...] = (
            "id",
            "url",
            "status",
            "priority",
            "image",
            "image_url",
            "analysis",
            "verdict",
            "score",
            "policy",
            "opened_by",
            "opened_because",
            "opened_at",
            "claimed_by",
            "claim_expires_at",
            "outcome",
            "decided_at",
        )
        read_only_fields = fields


class CaseSerializer(CaseSummarySerializer):
    """A case with everything decided about it, newest first."""

    decisions = DecisionSerializer(many=True)

    class Meta(CaseSummarySerializer.Meta):
        fields = (*CaseSummarySerializer.Meta.fields, "decisions")
        read_only_fields = fields


class DecideSerializer(serializers.Serializer[Any]):
    """A decision to be made."""

    outcome = serializers.ChoiceField(Outcome.choices)
    reason = serializers.ChoiceField(
        DecisionReason.choices, help_text="one that fits the outcome"
    )
    note = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=MAX_NOTE,
        help_text="needed with the reason `other`",
    )
    analysis = serializers.UUIDField(
        source="analysis_id",
        required=False,
        help_text="the one whose evidence was looked at; 409 when a newer one is there",
    )


class ReopenSerializer(serializers.Serializer[Any]):
    """Why a decided case returns to the queue."""

    because = serializers.CharField(max_length=1000)


class PolicySerializer(serializers.ModelSerializer[Policy]):
    """When an analysis opens a case; every condition that is set must hold."""

    priority = PriorityField()
    verdicts = serializers.ListField(
        child=serializers.ChoiceField(VERDICT_CHOICES), help_text="empty: any"
    )
    codes = serializers.ListField(child=serializers.CharField(), help_text="empty: any")

    class Meta:
        model = Policy
        fields = (
            "id",
            "name",
            "description",
            "is_active",
            "verdicts",
            "codes",
            "min_score",
            "priority",
            "updated_at",
        )
        read_only_fields = fields
