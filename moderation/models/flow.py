"""What goes on around a case: who looks, who passed it on, what people say of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from moderation.models.cases import Case

MAX_COMMENT = 2000


class CaseSkip(models.Model):
    """Somebody passed a case on; it is not offered to them again for a while."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="skips")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    because = models.CharField(max_length=1000)

    class Meta:
        default_permissions = ()
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("person", "case", "at")),)

    def __str__(self) -> str:
        return f"{self.case} skipped by {self.person}"


class CaseViewer(models.Model):
    """Somebody has a case open in front of them; one row for each person and case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="viewers")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("case", "person"), name="one_viewer_row_per_person"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} at {self.case}"


class Comment(models.Model):
    """What somebody says about a case to the others. Never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="comments",
    )
    author_name = models.CharField(max_length=150)
    text = models.TextField(max_length=MAX_COMMENT)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=("case", "created_at")),)

    def __str__(self) -> str:
        return f"Comment by {self.author_name}"


class NotificationKind(models.TextChoices):
    """Why somebody is told."""

    MENTIONED = "mentioned", _("You were mentioned")
    ASSIGNED = "assigned", _("A case was assigned to you")
    WEBHOOK = "webhook", _("A webhook was switched off")


class Notification(models.Model):
    """Something that one person should know, most often about a case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=16, choices=NotificationKind.choices)
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    from_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("person", "-created_at", "-id")),
            models.Index(
                fields=("person",),
                condition=models.Q(read_at__isnull=True),
                name="unread_notifications",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.person}"
