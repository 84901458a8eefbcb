"""The record: append-only, each row bound to the one before it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from moderation.models.cases import Case
from moderation.models.policies import Policy


class AuditEvent(models.Model):
    """One line of the record: who did what, when, from where. Append-only.

    The keys are never nulled when what they point at is gone: the hash covers them.
    """

    position = models.PositiveBigIntegerField(unique=True, help_text="1, 2, 3, ...")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=32, db_index=True)
    case = models.ForeignKey(
        Case,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="events",
    )
    policy = models.ForeignKey(
        Policy,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="events",
    )
    image = models.UUIDField(null=True, blank=True, db_index=True)
    data = models.JSONField(default=dict, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ("-position",)
        indexes = (models.Index(fields=("actor", "-position")),)

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or 'the system'}"


class AuditHead(models.Model):
    """The end of the record: its one row is locked by whoever appends."""

    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.count:,} events, {self.hash[:12]}"
