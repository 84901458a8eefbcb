"""Pictures on their way in: uploads past this server, and files at an address."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from uuid6 import uuid7


class ContextValue(models.Model):
    """One value of what a sender said, by which lists are narrowed."""

    submission = models.ForeignKey(
        "forensics.Submission", on_delete=models.CASCADE, related_name="context_values"
    )
    path = models.CharField(max_length=259, help_text="keys, joined by dots")
    value = models.CharField(max_length=255)

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("path", "value", "submission")),)

    def __str__(self) -> str:
        return self.path


class OnItsWay(models.Model):
    """Whose it is, what was said of it, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    original_name = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    context = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    error_code = models.CharField(max_length=32, blank=True)
    error_detail = models.TextField(blank=True)
    submission = models.ForeignKey(
        "forensics.Submission",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    analysis = models.ForeignKey(
        "forensics.Analysis",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        abstract = True
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.original_name or str(self.pk)


class UploadStatus(models.TextChoices):
    """Where an upload stands."""

    WAITING = "waiting", "Waiting for the file"
    RECEIVED = "received", "Received"
    FAILED = "failed", "Refused"
    EXPIRED = "expired", "Expired"


class Upload(OnItsWay):
    """A file that a sender puts into the storage itself, then reports."""

    status = models.CharField(
        max_length=16, choices=UploadStatus.choices, default=UploadStatus.WAITING
    )
    byte_size = models.PositiveBigIntegerField()
    sha256 = models.CharField("SHA-256", max_length=64)
    stored_name = models.CharField(max_length=200)
    expires_at = models.DateTimeField()

    class Meta(OnItsWay.Meta):
        indexes = (models.Index(fields=("status", "expires_at")),)


class FetchStatus(models.TextChoices):
    """Where a fetch stands."""

    FETCHING = "fetching", "Fetching"
    RECEIVED = "received", "Received"
    FAILED = "failed", "Failed"


class Fetch(OnItsWay):
    """A file that a worker fetches from an address."""

    status = models.CharField(
        max_length=16, choices=FetchStatus.choices, default=FetchStatus.FETCHING
    )
    url = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # A next try is not made before; while a worker is at it, nobody else tries.
    not_before = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta(OnItsWay.Meta):
        verbose_name_plural = "fetches"
        indexes = (
            # Of each sender's line, its head; and what is under way.
            models.Index(fields=("sent_by", "status", "not_before")),
            models.Index(
                fields=("leased_until", "sent_by"),
                condition=models.Q(leased_until__isnull=False),
                name="fetches_under_way",
            ),
            models.Index(fields=("created_at",)),
        )
