"""Rows about keys. Fields and constraints only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid6 import uuid7

from accounts.keys.secret import ID_LENGTH, PREFIX

MAX_NAME = 100
MOST_PER_MINUTE = 60_000
MOST_IMAGES = 100_000_000


class ApiKey(models.Model):
    """A program's way in. Scopes and limits never change: make another key instead."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="keys"
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keys"
    )
    name = models.CharField(max_length=MAX_NAME)
    public_id = models.CharField(max_length=ID_LENGTH, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    previous_ends_at = models.DateTimeField(null=True, blank=True)
    scopes = models.JSONField(default=list)
    per_minute = models.PositiveIntegerField(default=600)
    burst = models.PositiveIntegerField(default=100)
    images_per_day = models.PositiveIntegerField(null=True, blank=True)
    images_per_month = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "key"
        default_permissions = ("view",)
        permissions = (("manage_apikey", "Can manage service accounts and their keys"),)
        indexes = (
            models.Index(fields=["organization", "-id"], name="keys_of_organization"),
        )
        constraints = (
            models.CheckConstraint(
                name="key_limits",
                condition=Q(per_minute__range=(1, MOST_PER_MINUTE))
                & Q(burst__range=(1, MOST_PER_MINUTE)),
            ),
            models.CheckConstraint(
                name="key_overlap",
                condition=Q(previous_hash="", previous_ends_at=None)
                | (~Q(previous_hash="") & Q(previous_ends_at__isnull=False)),
            ),
        )

    # Set by the one who reads a request: it came with the secret before the last.
    is_outgoing = False

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def prefix(self) -> str:
        """How the key begins: pages, lists and logs name it by this."""
        return f"{PREFIX}{self.public_id}"


class KeyPace(models.Model):
    """How much of its burst a key has used up: one row, changed by one statement.

    ``free_at`` is the moment (seconds since 1970) from which the whole burst is there
    again. A table of its own without further indexes, so that each request rewrites
    few bytes and no index.
    """

    key = models.OneToOneField(
        ApiKey, on_delete=models.CASCADE, primary_key=True, related_name="pace"
    )
    free_at = models.FloatField(default=0.0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Pace of {self.key}"


class Span(models.TextChoices):
    """Over what pictures are counted."""

    DAY = "day", "day"
    MONTH = "month", "month"


class KeyCount(models.Model):
    """How many pictures a key has sent in one day or month (UTC)."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="counts")
    span = models.CharField(max_length=5, choices=Span.choices)
    starts = models.DateField()
    images = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["key", "span", "starts"], name="one_count_a_span"
            ),
        )

    def __str__(self) -> str:
        return f"{self.images} in the {self.span} from {self.starts}"
