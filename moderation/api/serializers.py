"""What cases, decisions and policies look like in the API."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.strict import Strict, StrictSerializer
from forensics.api.fields import BlankAsNullField, LinkField, PersonField
from forensics.api.quick import Quick
from forensics.models import VERDICT_CHOICES
from moderation.api.fields import PriorityField
from moderation.models import (
    MAX_NOTE,
    Case,
    Comment,
    Decision,
    DecisionReason,
    Outcome,
    Policy,
    PolicyVersion,
    Queue,
    VersionState,
)
from moderation.policy_words import conditions_in_words
from moderation.rules import checked
from moderation.services.transitions import MAX_BECAUSE


class DecisionSerializer(Quick, serializers.ModelSerializer[Decision]):
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
            "final_at",
            "batch",
            "withdrawn_at",
        )
        read_only_fields = fields


class CaseSummarySerializer(Quick, serializers.ModelSerializer[Case]):
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
    assigned_to = PersonField(allow_null=True, help_text="nobody else may take it")
    queue = serializers.CharField(source="queue.slug")
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
            "queue",
            "opened_by",
            "opened_because",
            "opened_at",
            "claimed_by",
            "claim_expires_at",
            "assigned_to",
            "escalated_at",
            "held_until",
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


class ClaimedCaseSerializer(CaseSerializer):
    """A case as the one sees it who holds it: with the token of the claim."""

    claim_token = serializers.UUIDField(
        read_only=True, help_text="send it with `decide`, `skip`, `hold`, `escalate`"
    )

    class Meta(CaseSerializer.Meta):
        fields = (*CaseSerializer.Meta.fields, "claim_token")
        read_only_fields = fields


class TokenSerializer(StrictSerializer):
    """The claim that something is done with."""

    token = serializers.UUIDField(
        required=False,
        help_text="of your claim; 409 when it ended meanwhile",
    )


class DecideSerializer(TokenSerializer):
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


class BecauseSerializer(TokenSerializer):
    """Why a case is passed on."""

    because = serializers.CharField(max_length=MAX_BECAUSE)


@extend_schema_field(
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
)
class Until(serializers.DateTimeField):
    """A moment, or none."""


class HoldSerializer(BecauseSerializer):
    """What a case waits for, and until when at most."""

    until = Until(
        required=False, allow_null=True, help_text="null: until somebody resumes it"
    )


class AssignSerializer(StrictSerializer):
    """Whom a case is for."""

    person = serializers.CharField(
        max_length=150, allow_null=True, help_text="user name; null: handed back to all"
    )


class NextSerializer(StrictSerializer):
    """Which case to claim."""

    queue = serializers.SlugField(
        default="", allow_blank=True, max_length=50, help_text="only of this queue"
    )


class CommentSerializer(Strict, serializers.ModelSerializer[Comment]):
    """What somebody said about a case."""

    author = PersonField(allow_null=True)

    class Meta:
        model = Comment
        fields: tuple[str, ...] = ("id", "author", "author_name", "text", "created_at")
        read_only_fields: tuple[str, ...] = ("id", "author_name", "created_at")


class CommentedSerializer(CommentSerializer):
    """A new comment, and which of the names in it mean nobody who sees cases."""

    told = serializers.ListField(child=serializers.CharField(), read_only=True)
    unknown = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(CommentSerializer.Meta):
        fields = (*CommentSerializer.Meta.fields, "told", "unknown")
        read_only_fields = fields


class ReopenSerializer(StrictSerializer):
    """Why a decided case returns to the queue."""

    because = serializers.CharField(max_length=1000)


class QueueSerializer(serializers.ModelSerializer[Queue]):
    """Where cases wait together; its rules take what no policy sends elsewhere."""

    conditions = serializers.ListField(
        child=serializers.DictField(), help_text="kind, and name or value by kind"
    )
    members: Any = serializers.SlugRelatedField("username", many=True, read_only=True)

    class Meta:
        model = Queue
        fields = (
            "id",
            "slug",
            "name",
            "description",
            "position",
            "is_active",
            "order",
            "due_minutes",
            "conditions",
            "second_review_share",
            "golden_share",
            "members",
        )
        read_only_fields = fields


class PolicyVersionSerializer(serializers.ModelSerializer[PolicyVersion]):
    """One wording of a policy; every condition must hold."""

    url = serializers.SerializerMethodField()
    policy = serializers.IntegerField(source="policy_id")
    priority = PriorityField()
    conditions = serializers.ListField(
        child=serializers.DictField(), help_text="kind, and name or value by kind"
    )
    says = serializers.SerializerMethodField(help_text="the conditions in words")
    queue = serializers.CharField(
        source="queue.slug",
        default=None,
        allow_null=True,
        help_text="null: the one that the queues' rules choose",
    )

    class Meta:
        model = PolicyVersion
        fields = (
            "url",
            "policy",
            "number",
            "state",
            "conditions",
            "says",
            "action",
            "queue",
            "priority",
            "needs_approval",
            "note",
            "created_at",
            "activated_at",
            "retired_at",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "uri-reference"})
    def get_url(self, version: PolicyVersion) -> str:
        """Return its path."""
        path = (version.policy_id, version.number)
        return reverse("api:policy-version-detail", args=path)

    def get_says(self, version: PolicyVersion) -> str:
        """Return the conditions in words."""
        return conditions_in_words(checked(version.conditions))


class PolicySummarySerializer(serializers.ModelSerializer[Policy]):
    """A policy beside one of its versions."""

    is_active = serializers.SerializerMethodField(help_text="has a live version")

    class Meta:
        model = Policy
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "position",
            "is_active",
            "updated_at",
        )
        read_only_fields = fields

    def get_is_active(self, policy: Policy) -> bool:
        """Return whether a version is live."""
        return any(v.state == VersionState.LIVE for v in policy.versions.all())


class PolicySerializer(PolicySummarySerializer):
    """What becomes of an analysis: the first policy that holds, by position, acts."""

    versions = PolicyVersionSerializer(many=True)

    class Meta(PolicySummarySerializer.Meta):
        fields = (*PolicySummarySerializer.Meta.fields, "versions")
        read_only_fields = fields
