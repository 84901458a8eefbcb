"""What people decided, on what evidence."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from accounts.models import DEFAULT_ORGANIZATION, Organization
from forensics.models import Analysis
from moderation.models.cases import Case
from moderation.models.choices import MAX_NOTE, DecisionReason, Outcome


class Withdrawal(models.TextChoices):
    """Why a decision is no longer in force."""

    UNDONE = "undone", _("Taken back at once")
    REOPENED = "reopened", _("Reopened by a lead")
    OVERTURNED = "overturned", _("Overturned on appeal")
    CONFIRMED = "confirmed", _("Replaced by the appeal's decision")
    REVIEWED = "reviewed", _("Replaced after a second review")


class Decision(models.Model):
    """What a person decided, on what evidence. Outlives the picture; never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="decisions",
        editable=False,
        db_index=False,  # several below begin with it
        help_text="the case's",
        default=DEFAULT_ORGANIZATION,
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    image_sha256 = models.CharField(max_length=64, db_index=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    reason = models.CharField(max_length=32, choices=DecisionReason.choices)
    note = models.TextField(blank=True, max_length=MAX_NOTE)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="decisions",
    )
    decided_by_name = models.CharField(max_length=150)
    machine_verdict = models.CharField(max_length=16, blank=True)
    machine_score = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    final_at = models.DateTimeField(
        default=timezone.now,
        help_text=_("until then it can be undone; nobody outside is told before"),
    )
    is_automatic = models.BooleanField(default=False, help_text=_("made by a policy"))
    batch = models.UUIDField(
        null=True, blank=True, help_text=_("the same for cases decided together")
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by_name = models.CharField(max_length=150, blank=True)
    withdrawn_because = models.CharField(
        max_length=16, choices=Withdrawal.choices, blank=True
    )

    class Meta:
        ordering = ("-created_at", "-id")
        permissions = (("view_insight", "Can see what decisions say in figures"),)
        indexes = (
            # Whole, so that the figures of a period need not read the rows themselves.
            models.Index(
                fields=(
                    "organization",
                    "created_at",
                    "case",
                    "withdrawn_at",
                    "final_at",
                    "is_automatic",
                    "machine_verdict",
                    "machine_score",
                    "outcome",
                ),
                name="decisions_of_a_period",
            ),
            models.Index(fields=("organization", "-created_at", "-id")),
            models.Index(fields=("decided_by", "-created_at", "-id")),
            models.Index(fields=("organization", "outcome", "-created_at", "-id")),
            models.Index(
                fields=(
                    "organization",
                    "machine_verdict",
                    "outcome",
                    "-created_at",
                    "-id",
                )
            ),
            models.Index(fields=("organization", "reason", "-created_at", "-id")),
            models.Index(
                fields=("organization", "-created_at", "-id"),
                condition=Q(withdrawn_at__isnull=False),
                name="withdrawn_decisions",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("case",),
                condition=Q(withdrawn_at__isnull=True),
                name="one_decision_in_force_per_case",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} by {self.decided_by_name}"
