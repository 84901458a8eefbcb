"""Which lists of this app can be narrowed by what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field

from forensics.api.filters import SHARE, AnyOf, AtLeast, AtMost, Moment, Number
from forensics.models import VERDICT_CHOICES, Bank, BankEntry, BankPurpose
from moderation.api.fields import PRIORITY_WORDS
from moderation.audit_selectors import Filters
from moderation.audit_words import ACTIONS
from moderation.models import (
    Appeal,
    AppealResolution,
    AuditEvent,
    Case,
    Decision,
    DecisionReason,
    Delivery,
    Outcome,
    Policy,
    PolicyVersion,
    Queue,
    VersionState,
)
from moderation.states import CaseStatus
from moderation.webhook_states import DeliveryState

if TYPE_CHECKING:
    from django.db.models import QuerySet

OPEN = "open"


class CaseFilters(filters.FilterSet):
    """Filters of the case list."""

    status = AnyOf(choices=CaseStatus.choices)
    priority = extend_schema_field(
        {"type": "string", "enum": sorted(PRIORITY_WORDS.values())}
    )(
        filters.ChoiceFilter(
            choices=[(word, word) for word in PRIORITY_WORDS.values()], method="urgent"
        )
    )
    outcome = AnyOf(choices=Outcome.choices)
    verdict = AnyOf(field_name="analysis__verdict", choices=VERDICT_CHOICES)
    image = filters.UUIDFilter(field_name="image_id")
    policy = Number(field_name="policy_id", min_value=1, max_value=2**62)
    claimed_by = filters.CharFilter(
        field_name="claimed_by__username", help_text="user name", max_length=150
    )
    opened_after = Moment(field_name="opened_at", lookup_expr="gte")
    opened_before = Moment(field_name="opened_at", lookup_expr="lt")
    decided_after = Moment(field_name="decided_at", lookup_expr="gte")
    decided_before = Moment(field_name="decided_at", lookup_expr="lt")
    analysis = filters.UUIDFilter(field_name="analysis_id")
    queue = filters.CharFilter(field_name="queue__slug", max_length=50)
    assigned_to = filters.CharFilter(
        field_name="assigned_to__username", help_text="user name", max_length=150
    )
    opened_by = filters.CharFilter(
        field_name="opened_by__username", help_text="user name", max_length=150
    )
    escalated = filters.BooleanFilter(
        field_name="escalated_at", lookup_expr="isnull", exclude=True
    )
    min_score = AtLeast("machine_score", **SHARE)
    max_score = AtMost("machine_score", **SHARE)

    class Meta:
        model = Case
        fields: tuple[str, ...] = ()

    def urgent(self, queryset: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        """Compare by word; the column holds a number that sorts."""
        numbers = [n for n, word in PRIORITY_WORDS.items() if word == value]
        return queryset.filter(priority__in=numbers)


class DecisionFilters(filters.FilterSet):
    """Filters of the decision list."""

    case = filters.UUIDFilter(field_name="case_id")
    image_sha256 = filters.CharFilter(help_text="hexadecimal, whole", max_length=64)
    outcome = AnyOf(choices=Outcome.choices)
    reason = AnyOf(choices=DecisionReason.choices)
    decided_by = filters.CharFilter(
        field_name="decided_by__username", help_text="user name", max_length=150
    )
    in_force = filters.BooleanFilter(
        field_name="withdrawn_at", lookup_expr="isnull", help_text="not withdrawn"
    )
    created_after = Moment(field_name="created_at", lookup_expr="gte")
    created_before = Moment(field_name="created_at", lookup_expr="lt")
    analysis = filters.UUIDFilter(field_name="analysis_id")
    batch = filters.UUIDFilter()
    machine_verdict = AnyOf(choices=VERDICT_CHOICES)
    final_after = Moment(field_name="final_at", lookup_expr="gte")
    final_before = Moment(field_name="final_at", lookup_expr="lt")

    class Meta:
        model = Decision
        fields: tuple[str, ...] = ()


class PolicyFilters(filters.FilterSet):
    """Filters of the policy list."""

    is_active = filters.BooleanFilter(method="at_work", help_text="has a live version")
    name = filters.CharFilter(max_length=100)

    class Meta:
        model = Policy
        fields: tuple[str, ...] = ()

    def at_work(
        self, queryset: QuerySet[Policy], name: str, value: object
    ) -> QuerySet[Policy]:
        """Ask whether a version is live."""
        live = PolicyVersion.objects.filter(
            policy=OuterRef("pk"), state=VersionState.LIVE
        )
        return queryset.filter(Exists(live) if value else ~Exists(live))


class PolicyVersionFilters(filters.FilterSet):
    """Filters of the versions of a policy."""

    state = AnyOf(choices=VersionState.choices)

    class Meta:
        model = PolicyVersion
        fields: tuple[str, ...] = ()


class QueueFilters(filters.FilterSet):
    """Filters of the list of queues."""

    slug = filters.CharFilter(max_length=50)
    is_active = filters.BooleanFilter()
    member = filters.CharFilter(
        field_name="members__username", help_text="user name", max_length=150
    )

    class Meta:
        model = Queue
        fields: tuple[str, ...] = ()


class BankFilters(filters.FilterSet):
    """Filters of the list of banks."""

    name = filters.CharFilter(max_length=100)
    purpose = AnyOf(choices=BankPurpose.choices)
    is_active = filters.BooleanFilter()

    class Meta:
        model = Bank
        fields: tuple[str, ...] = ()


class BankEntryFilters(filters.FilterSet):
    """Filters of the entries of a bank."""

    sha256 = filters.CharFilter(help_text="hexadecimal, whole", max_length=64)
    pdq = filters.CharFilter(help_text="hexadecimal, whole", max_length=64)
    source = filters.CharFilter(max_length=255)
    added_after = Moment(field_name="added_at", lookup_expr="gte")
    added_before = Moment(field_name="added_at", lookup_expr="lt")

    class Meta:
        model = BankEntry
        fields: tuple[str, ...] = ()


class AppealFilters(filters.FilterSet):
    """Filters of the list of appeals."""

    case = filters.UUIDFilter(field_name="case_id")
    image = filters.UUIDFilter(field_name="case__image_id")
    external_id = filters.CharFilter(max_length=100)
    state = filters.ChoiceFilter(
        choices=[(OPEN, "Open"), *AppealResolution.choices], method="by_state"
    )
    opened_after = Moment(field_name="opened_at", lookup_expr="gte")
    opened_before = Moment(field_name="opened_at", lookup_expr="lt")
    resolved_after = Moment(field_name="resolved_at", lookup_expr="gte")
    resolved_before = Moment(field_name="resolved_at", lookup_expr="lt")
    decision = filters.UUIDFilter(field_name="decision_id")
    outcome = AnyOf(field_name="decision__outcome", choices=Outcome.choices)

    class Meta:
        model = Appeal
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Appeal]) -> QuerySet[Appeal]:
        """Ask for the time of an answer only where the answer may be known."""
        narrowed: QuerySet[Appeal] = super().filter_queryset(queryset)
        if {"resolved_after", "resolved_before"} & set(self.data):
            narrowed = narrowed.filter(Q(is_told=True))
        return narrowed

    def by_state(
        self, queryset: QuerySet[Appeal], name: str, value: str
    ) -> QuerySet[Appeal]:
        """Narrow to those that are open, or ended so, as far as it may be known."""
        if value == OPEN:
            return queryset.filter(Q(resolution="") | Q(is_told=False))
        return queryset.filter(Q(is_told=True), resolution=value)


class AuditFilters(filters.FilterSet):
    """Filters of the record."""

    action = AnyOf(choices=[(name, name) for name in ACTIONS])
    person = filters.CharFilter(
        method="by_person", help_text="user name", max_length=150
    )
    case = filters.UUIDFilter(field_name="case_id")
    image = filters.UUIDFilter(field_name="image")
    at_after = Moment(field_name="at", lookup_expr="gte", method="since")
    at_before = Moment(field_name="at", lookup_expr="lt", method="until")

    class Meta:
        model = AuditEvent
        fields: tuple[str, ...] = ()

    def by_person(
        self, queryset: QuerySet[AuditEvent], name: str, value: str
    ) -> QuerySet[AuditEvent]:
        """Narrow to one person's deeds."""
        return Filters(person=value).apply(queryset)

    def since(
        self, queryset: QuerySet[AuditEvent], name: str, value: Any
    ) -> QuerySet[AuditEvent]:
        """Narrow to what came from a moment on."""
        return Filters(since=value).apply(queryset)

    def until(
        self, queryset: QuerySet[AuditEvent], name: str, value: Any
    ) -> QuerySet[AuditEvent]:
        """Narrow to what came before a moment."""
        return Filters(until=value).apply(queryset)


class DeliveryFilters(filters.FilterSet):
    """Filters of the deliveries."""

    endpoint = filters.UUIDFilter(field_name="endpoint_id")
    event = filters.UUIDFilter(field_name="event_id")
    state = AnyOf(choices=DeliveryState.choices)
    created_after = Moment(field_name="created_at", lookup_expr="gte")
    created_before = Moment(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()
