"""What is told outside: events, who is told, and the log of every attempt."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from accounts.models import DEFAULT_ORGANIZATION, Organization
from moderation.webhook_states import WAITING, DeliveryState, EventType

MAX_URL = 2048


class OrderKey(models.TextChoices):
    """What keeps its order: a later event waits for an earlier one of the same."""

    NONE = "", _("nothing: as fast as possible")
    IMAGE = "image", _("events of the same image")
    CASE = "case", _("events of the same case")


class Stopped(models.TextChoices):
    """Why an endpoint is told nothing."""

    BY_HAND = "by_hand", _("Switched off by hand")
    GONE = "gone", _("The receiver answered 410 Gone")
    FAILING = "failing", _("Every delivery failed for five days")


class WebhookEndpoint(models.Model):
    """An address that is told of events."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        default=DEFAULT_ORGANIZATION,
        related_name="webhooks",
    )
    url = models.CharField(max_length=MAX_URL)
    description = models.CharField(max_length=200, blank=True)
    event_types = models.JSONField(
        default=list, blank=True, help_text="empty: every type"
    )
    filters = models.JSONField(
        default=dict, blank=True, help_text="verdicts, queues, sources: lists of words"
    )
    order_by = models.CharField(
        max_length=8, choices=OrderKey.choices, blank=True, default=OrderKey.NONE
    )
    is_enabled = models.BooleanField(default=True)
    disabled_because = models.CharField(
        max_length=16, choices=Stopped.choices, blank=True
    )
    disabled_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="no attempt has succeeded since"
    )
    quick_in_a_row = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="latest attempts that were quick, up to three; null: none was made",
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by_name = models.CharField(max_length=150)

    class Meta:
        default_permissions = ("view",)
        permissions = (("manage_webhooks", "Can manage webhooks"),)
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("organization", "-created_at", "-id")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(is_enabled=True, disabled_because="")
                | (Q(is_enabled=False) & ~Q(disabled_because="")),
                name="a_stopped_endpoint_says_why",
            ),
        )

    def __str__(self) -> str:
        return self.description or self.url


class WebhookSecret(models.Model):
    """What deliveries are signed with, encrypted. Several at once while one changes."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="secrets"
    )
    sealed = models.TextField(help_text="encrypted; never shown")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"Secret of {self.endpoint}"


class Event(models.Model):
    """Something that happened, written with it in one transaction.

    ``position`` is given by the publisher, one transaction after the other, once the
    event may be told: whoever has read up to a position has missed none before it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=32, choices=EventType.choices)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="events"
    )
    occurred_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(
        default=timezone.now, help_text="nobody is told before"
    )
    position = models.BigIntegerField(null=True, unique=True)
    data = models.JSONField()
    facets = models.JSONField(default=dict, help_text="what endpoints can filter by")
    # No keys: an event outlives what it speaks of.
    image = models.UUIDField(null=True)
    case = models.UUIDField(null=True)
    decision = models.UUIDField(null=True)
    only_for = models.ForeignKey(
        WebhookEndpoint, null=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        default_permissions = ("view",)
        ordering = ("-position",)
        indexes = (
            models.Index(fields=("organization", "position")),
            models.Index(fields=("occurred_at",)),
            models.Index(
                fields=("available_at", "id"),
                condition=Q(position__isnull=True),
                name="events_to_publish",
            ),
            models.Index(
                fields=("decision",),
                condition=Q(decision__isnull=False),
                name="events_of_decisions",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class EventHead(models.Model):
    """One row: the last position given. Whoever publishes holds its lock."""

    position = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Position {self.position}"


class Delivery(models.Model):
    """One event on its way to one endpoint. The row is the queue: lease and all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="deliveries"
    )
    position = models.BigIntegerField(help_text="of the event")
    order_key = models.CharField(max_length=48, blank=True)
    state = models.CharField(
        max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="failed ones since it was queued or replayed"
    )
    attempts_made = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "deliveries"
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("endpoint", "-created_at", "-id")),
            models.Index(fields=("-created_at", "-id")),
            models.Index(
                fields=("endpoint", "next_at"),
                condition=Q(state__in=WAITING),
                name="deliveries_that_wait",
            ),
            models.Index(
                fields=("endpoint", "order_key", "position"),
                condition=Q(state__in=WAITING),
                name="deliveries_in_order",
            ),
            models.Index(
                fields=("endpoint", "leased_until"),
                condition=Q(leased_until__isnull=False),
                name="deliveries_under_way",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("endpoint", "event"), name="one_delivery_per_event_and_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING, ended_at__isnull=True)
                | (
                    ~Q(state__in=WAITING)
                    & Q(ended_at__isnull=False, lease_token__isnull=True)
                ),
                name="an_ended_delivery_has_an_end_and_no_lease",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"


class DeliveryAttempt(models.Model):
    """One request, and what came back."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    request_headers = models.JSONField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_headers = models.JSONField(default=list)
    response_body = models.TextField(blank=True, help_text="its first bytes")
    error = models.CharField(max_length=32, blank=True, help_text="a stable code")
    error_words = models.CharField(max_length=255, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "number"), name="attempts_are_counted"
            ),
        )

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.delivery_id}"
