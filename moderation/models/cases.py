"""Pictures that a person has to decide about."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from accounts.models import DEFAULT_ORGANIZATION, Organization
from forensics.models import VERDICT_CHOICES, Analysis, Door, Image
from moderation.models.choices import DecisionReason, Outcome, Priority
from moderation.models.policies import Policy, PolicyVersion
from moderation.models.queues import Queue
from moderation.models.short_ids import ShortId
from moderation.states import UNDECIDED, CaseStatus

DECISION_STANDS = (CaseStatus.DECIDED, CaseStatus.APPEALED)
NO_DECISION = (CaseStatus.OPEN, CaseStatus.HELD, CaseStatus.WITHDRAWN)


class CaseKind(models.TextChoices):
    """Why a case exists. To those who decide them, all look alike."""

    REGULAR = "regular", _("Regular")
    SECOND = "second", _("Second review, unseen")
    TIEBREAK = "tiebreak", _("Two reviews disagree")
    GOLDEN = "golden", _("Known answer")


class Case(models.Model):
    """A picture that a person has to decide about."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="cases",
        editable=False,
        db_index=False,  # several below begin with it
        help_text="the picture's",
        default=DEFAULT_ORGANIZATION,
    )
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="cases")
    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    kind = models.CharField(
        max_length=16, choices=CaseKind.choices, default=CaseKind.REGULAR
    )
    original = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="checks",
        help_text=_("the case that this one checks"),
    )
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="cases")
    status = models.CharField(
        max_length=16, choices=CaseStatus.choices, default=CaseStatus.OPEN
    )
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL
    )
    policy = models.ForeignKey(
        Policy, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    policy_version = models.ForeignKey(
        PolicyVersion,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="cases",
    )
    proposed_outcome = models.CharField(
        max_length=16,
        choices=Outcome.choices,
        blank=True,
        help_text=_("what a policy would decide, if a person approves it"),
    )
    proposed_reason = models.CharField(
        max_length=32, choices=DecisionReason.choices, blank=True
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("empty when a policy opened it"),
    )
    opened_because = models.CharField(max_length=255)
    opened_at = models.DateTimeField(default=timezone.now)
    available_from = models.DateTimeField(
        default=timezone.now, help_text=_("nobody is handed the case before")
    )
    due_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(
        null=True, blank=True, help_text=_("of a held case; empty: until it is resumed")
    )
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text=_("for leads only since then")
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_cases",
        help_text=_("nobody else is handed the case"),
    )
    # Copies, so that lists and rules need no other table.
    machine_verdict = models.CharField(
        max_length=16, choices=VERDICT_CHOICES, blank=True
    )
    machine_score = models.FloatField(null=True, blank=True)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("who sent the picture first"),
    )
    door = models.CharField(max_length=16, choices=Door.choices, blank=True)
    image_format = models.CharField(max_length=16, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    # Kept by the database itself: one index then serves all that wait, in order.
    waits = models.GeneratedField(
        expression=models.Case(
            models.When(status__in=UNDECIDED, then=True), default=False
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="claimed_cases",
    )
    claim_token = models.UUIDField(null=True, blank=True)
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        max_length=16,
        choices=Outcome.choices,
        blank=True,
        help_text=_("of the decision in force"),
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-priority", "opened_at", "id")
        indexes = (
            models.Index(
                fields=("organization", "status", "-priority", "opened_at", "id")
            ),
            models.Index(fields=("queue", "status", "-priority", "opened_at", "id")),
            models.Index(fields=("queue", "status", "opened_at", "id")),
            models.Index(
                fields=("queue", "status", "-machine_score", "opened_at", "id")
            ),
            models.Index(
                fields=("claim_expires_at",),
                condition=Q(status=CaseStatus.CLAIMED),
                name="claims_that_end",
            ),
            models.Index(
                fields=("held_until",),
                condition=Q(status=CaseStatus.HELD, held_until__isnull=False),
                name="holds_that_end",
            ),
            models.Index(
                fields=("status", "image"),
                condition=Q(kind__in=(CaseKind.SECOND, CaseKind.GOLDEN)),
                name="unseen_checks",
            ),
            # What lists are ordered and narrowed by (docs/workbench/lists.md).
            models.Index(
                fields=("organization", "waits", "-priority", "opened_at", "id")
            ),
            models.Index(fields=("queue", "waits", "-priority", "opened_at", "id")),
            models.Index(fields=("organization", "waits", "opened_at", "id")),
            models.Index(fields=("organization", "waits", "machine_score", "id")),
            models.Index(fields=("organization", "waits", "due_at", "id")),
            models.Index(fields=("organization", "-priority", "opened_at", "id")),
            models.Index(fields=("organization", "opened_at", "id")),
            models.Index(fields=("organization", "machine_score", "id")),
            models.Index(fields=("organization", "received_at", "id")),
            models.Index(fields=("organization", "image_format")),
            models.Index(fields=("organization", "door")),
            models.Index(fields=("organization", "outcome", "machine_verdict")),
            models.Index(
                fields=("organization", "escalated_at"),
                condition=Q(escalated_at__isnull=False),
                name="escalated_cases",
            ),
            models.Index(
                fields=("organization", "opened_at", "id"),
                condition=Q(status__in=UNDECIDED, kind=CaseKind.REGULAR),
                name="images_that_wait",
            ),
            models.Index(fields=("uploader", "status")),
            models.Index(fields=("claimed_by", "status")),
            models.Index(fields=("organization", "opened_at")),
            # What the figures ask of a decision's case, without its row.
            models.Index(
                fields=("id", "organization", "kind", "queue", "opened_at"),
                name="case_of_a_decision",
            ),
            models.Index(ShortId("id"), name="cases_by_short_id"),
        )
        permissions = (
            ("decide_case", "Can claim and decide cases"),
            ("reopen_case", "Can reopen decided cases"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("image",),
                condition=Q(status__in=UNDECIDED, kind=CaseKind.REGULAR),
                name="one_undecided_case_per_image",
            ),
            models.CheckConstraint(
                condition=Q(status=CaseStatus.CLAIMED, claim_token__isnull=False)
                | (~Q(status=CaseStatus.CLAIMED) & Q(claim_token__isnull=True)),
                name="only_a_claimed_case_has_a_claim",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=DECISION_STANDS) & ~Q(outcome=""))
                | (Q(status__in=NO_DECISION) & Q(outcome=""))
                | Q(status=CaseStatus.CLAIMED),
                name="a_case_has_an_outcome_while_a_decision_stands",
            ),
        )

    def __str__(self) -> str:
        return gettext("Case %(id)s") % {"id": str(self.id)[-8:]}
