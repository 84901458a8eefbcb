"""Back-tests: what a version of a policy would have done with analyses of the past."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from moderation.models.policies import PolicyVersion


class BacktestState(models.TextChoices):
    """Where a back-test stands."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


# Between two parts of its work a back-test waits again: analyses go first.
PENDING_BACKTEST = (BacktestState.QUEUED, BacktestState.RUNNING)


class PolicyBacktest(models.Model):
    """One run over the last analyses, done in parts by workers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="backtests"
    )
    says = models.JSONField(help_text="what the version said when it was tested")
    size = models.PositiveIntegerField(help_text="at most so many analyses")
    state = models.CharField(
        max_length=16, choices=BacktestState.choices, default=BacktestState.QUEUED
    )
    total = models.PositiveIntegerField(default=0, help_text="analyses there are")
    done = models.PositiveIntegerField(default=0)
    cursor = models.JSONField(default=list, help_text="the last analysis looked at")
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="times that the part under way was begun"
    )
    token = models.UUIDField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_by_name = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, help_text="last sign of life")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("state", "seen_at")),)
        constraints = (
            models.UniqueConstraint(
                fields=("version",),
                condition=Q(state__in=PENDING_BACKTEST),
                name="one_pending_backtest_per_version",
            ),
            models.CheckConstraint(
                condition=Q(state=BacktestState.RUNNING, token__isnull=False)
                | (~Q(state=BacktestState.RUNNING) & Q(token__isnull=True)),
                name="only_a_running_backtest_has_a_token",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.get_state_display()}"

    @property
    def is_pending(self) -> bool:
        """Whether there is more to come."""
        return self.state in PENDING_BACKTEST
