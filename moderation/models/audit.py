"""The record: append-only, each row bound to the one before it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from moderation.audit_chain import FORMAT
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
    # What the hash covers: with the organization or, of old rows, without.
    format = models.PositiveSmallIntegerField(default=FORMAT)
    organization = models.ForeignKey(
        Organization,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # there is one with the position
        related_name="+",
        help_text="whose record it stands in; empty: of the whole installation",
    )
    actor_name = models.CharField(max_length=150, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=32)
    case = models.ForeignKey(
        Case,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,  # there is one with the position
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
    image = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField("SHA-256", max_length=64)

    class Meta:
        ordering = ("-position",)
        indexes = (
            models.Index(fields=("organization", "-position")),
            models.Index(fields=("actor", "-position")),
            models.Index(fields=("organization", "action", "-position")),
            models.Index(fields=("case", "-position")),
            models.Index(fields=("image", "-position")),
        )

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or 'the system'}"


class AuditCheck(models.Model):
    """One verification of the whole record by the workers, a part at each pulse."""

    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True, db_index=True)
    position = models.PositiveBigIntegerField(default=0, help_text=_("checked so far"))
    hash = models.CharField(max_length=64)
    breaks = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ()

    def __str__(self) -> str:
        return f"Verification of {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def holds(self) -> bool:
        """Return whether nothing was found."""
        return not self.breaks


class AuditHead(models.Model):
    """The end of the record: its one row is locked by whoever appends."""

    count = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.count:,} events, {self.hash[:12]}"
