"""How decisions are checked: second reviews, known answers, appeals. Fields only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from forensics.models import Image
from moderation.models.cases import Case
from moderation.models.choices import MAX_NOTE, Outcome
from moderation.models.decisions import Decision
from moderation.models.queues import Queue

MAX_APPEAL = 2000


class SecondReview(models.Model):
    """A decision that a second person made again, unseen; a lead, where they differ."""

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, related_name="second_review"
    )
    first = models.ForeignKey(
        Decision, on_delete=models.PROTECT, related_name="second_reviews"
    )
    second = models.OneToOneField(
        Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    agrees = models.BooleanField(null=True, blank=True)
    is_unseen = models.BooleanField(
        default=True, help_text=_("false: a lead gave the second answer")
    )
    tiebreak = models.OneToOneField(
        Case,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tiebreak_of",
    )
    final = models.OneToOneField(
        Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replacement = models.OneToOneField(
        Decision,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("of the first decision, where the lead differs from it"),
    )
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("-opened_at", "-id")

    def __str__(self) -> str:
        return f"Second review of {self.first}"


class GoldenAnswer(models.Model):
    """A picture whose right answer is known, to be mixed in among others."""

    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, related_name="golden_answers"
    )
    queue = models.ForeignKey(
        Queue,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="golden_answers",
        help_text=_("where it is mixed in; empty: in every queue"),
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    note = models.TextField(
        max_length=MAX_NOTE, help_text=_("why; shown to whoever has answered")
    )
    from_decision = models.ForeignKey(
        Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    added_by_name = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)
    is_active = models.BooleanField(default=True)

    class Meta:
        default_permissions = ("view", "add", "change")
        ordering = ("-added_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("image",),
                condition=Q(is_active=True),
                name="one_known_answer_per_image",
                violation_error_message=_("This picture has a known answer already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.image}: {self.get_outcome_display()}"


class GoldenCheck(models.Model):
    """One person's case with a known answer. For their own eyes, and in sums."""

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, related_name="golden_check"
    )
    answer = models.ForeignKey(
        GoldenAnswer, on_delete=models.PROTECT, related_name="checks"
    )
    expected = models.CharField(max_length=16, choices=Outcome.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="golden_checks",
    )
    day = models.DateField(help_text=_("UTC"))
    number = models.PositiveIntegerField(help_text=_("of the person's cases that day"))
    opened_at = models.DateTimeField(default=timezone.now)
    matched = models.BooleanField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("-opened_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "day", "number"), name="a_draw_is_drawn_once"
            ),
        )

    def __str__(self) -> str:
        return f"Known answer of {self.day}"


class AppealResolution(models.TextChoices):
    """What became of an appeal."""

    UPHELD = "upheld", _("The decision was upheld")
    OVERTURNED = "overturned", _("The decision was overturned")


class Appeal(models.Model):
    """Somebody asks that a decision be made again, by somebody else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="appeals")
    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, related_name="appeals"
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="appeals",
    )
    opened_by_name = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=255, blank=True)
    because = models.TextField(max_length=MAX_APPEAL)
    external_id = models.CharField(max_length=100, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(
        max_length=16, choices=AppealResolution.choices, blank=True
    )
    resolving_decision = models.OneToOneField(
        Decision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ("view", "add")
        ordering = ("-opened_at", "-id")
        indexes = (
            models.Index(fields=("-opened_at", "-id")),
            models.Index(fields=("opened_by", "-opened_at", "-id")),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("case",),
                condition=Q(resolved_at__isnull=True),
                name="one_open_appeal_per_case",
            ),
            models.UniqueConstraint(
                fields=("opened_by", "external_id"),
                condition=~Q(external_id=""),
                name="one_appeal_per_external_id",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
                name="a_resolved_appeal_has_a_resolution",
            ),
        )

    def __str__(self) -> str:
        return f"Appeal {str(self.id)[-8:]}"
