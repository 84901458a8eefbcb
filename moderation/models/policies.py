"""Rules by which analyses become cases."""

from django.db import models
from django.db.models import Q

from moderation.models.choices import Priority


class Policy(models.Model):
    """When an analysis opens a case. Every condition that is set must hold."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    verdicts = models.JSONField(
        default=list, blank=True, help_text="any of these verdicts; empty: any verdict"
    )
    codes = models.JSONField(
        default=list, blank=True, help_text="any of these codes; empty: any finding"
    )
    min_score = models.FloatField(
        null=True, blank=True, help_text="score at least this, 0.01 to 0.99"
    )
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "policies"
        ordering = ("-priority", "name")
        constraints = (
            models.CheckConstraint(
                condition=Q(min_score__isnull=True) | Q(min_score__range=(0.01, 0.99)),
                name="policy_score_is_a_score",
            ),
        )

    def __str__(self) -> str:
        return self.name
