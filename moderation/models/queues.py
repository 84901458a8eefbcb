"""Queues: which cases wait together, for whom, in which order and for how long."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import DEFAULT_ORGANIZATION, Organization

DEFAULT_QUEUE = "review"


class QueueOrder(models.TextChoices):
    """Which case of a queue comes next."""

    URGENT_FIRST = "urgent_first", _("Most urgent, then oldest")
    OLDEST_FIRST = "oldest_first", _("Oldest")
    SCORE_FIRST = "score_first", _("Highest score, then oldest")


class Queue(models.Model):
    """Cases that wait together. Nobody listed as a member: everybody may take them."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="queues",
        editable=False,
        default=DEFAULT_ORGANIZATION,
    )
    slug = models.SlugField(max_length=50)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(
        default=100,
        help_text=_("the order in which routing rules are tried; low first"),
    )
    is_active = models.BooleanField(default=True)
    order = models.CharField(
        max_length=16, choices=QueueOrder.choices, default=QueueOrder.URGENT_FIRST
    )
    due_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=_("minutes until a case is overdue; empty: never"),
    )
    conditions = models.JSONField(
        default=list,
        blank=True,
        help_text=_("routing: what must hold for a case that no policy sent elsewhere"),
    )
    second_review_share = models.FloatField(
        default=0.0, help_text=_("share of decisions that a second person makes unseen")
    )
    golden_share = models.FloatField(
        default=0.0, help_text=_("share of cases with a known answer, mixed in")
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="queues"
    )

    class Meta:
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "slug"), name="one_queue_of_a_slug"
            ),
            models.UniqueConstraint(
                fields=("organization", "name"),
                name="one_queue_of_a_name",
                violation_error_message="There is a queue of this name already.",
            ),
            models.CheckConstraint(
                condition=Q(second_review_share__range=(0.0, 1.0))
                & Q(golden_share__range=(0.0, 1.0)),
                name="queue_shares_are_shares",
            ),
        )

    def __str__(self) -> str:
        return self.name
