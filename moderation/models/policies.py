"""Rules by which analyses become cases or are decided, in versions."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import DEFAULT_ORGANIZATION, Organization
from forensics.models import Analysis
from moderation.models.choices import Priority
from moderation.models.queues import Queue


class VersionState(models.TextChoices):
    """Where a version of a policy stands."""

    DRAFT = "draft", _("Draft")
    SHADOW = "shadow", _("Shadow")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class PolicyAction(models.TextChoices):
    """What a policy does with an analysis that meets its conditions."""

    OPEN = "open", _("Open a case")
    HOLD = "hold", _("Open a case on hold")
    CLEAR = "clear", _("Decide: authentic")
    MARK_FAKE = "mark_fake", _("Decide: fake")


class Policy(models.Model):
    """What must hold, and what then happens: said by its versions.

    Policies are tried by position; the first one whose live version holds acts.
    """

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="policies",
        editable=False,
        default=DEFAULT_ORGANIZATION,
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    position = models.PositiveIntegerField(
        _("position"), default=100, help_text=_("low ones are tried first")
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ("position", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"),
                name="one_policy_of_a_name",
                violation_error_message=_("There is a policy of this name already."),
            ),
        )
        permissions = (
            ("automate_decisions", "Can let policies decide without an approver"),
        )

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """One wording of a policy. Only a draft is ever changed."""

    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=16, choices=VersionState.choices, default=VersionState.DRAFT
    )
    conditions = models.JSONField(default=list, blank=True)
    action = models.CharField(
        max_length=16, choices=PolicyAction.choices, default=PolicyAction.OPEN
    )
    queue = models.ForeignKey(
        Queue,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("empty: the one that the queues' own rules choose"),
    )
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL
    )
    needs_approval = models.BooleanField(
        default=True, help_text=_("a person approves what the policy decides")
    )
    note = models.TextField(blank=True, max_length=1000)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_by_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("policy", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("policy", "number"), name="one_version_of_a_number"
            ),
            *(
                models.UniqueConstraint(
                    fields=("policy",),
                    condition=Q(state=state),
                    name=f"one_{state}_version_per_policy",
                )
                for state in ("draft", "shadow", "live")
            ),
        )

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class PolicyEffect(models.Model):
    """What a version did with an analysis or, in shadow, would have done."""

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.CASCADE, related_name="effects"
    )
    analysis = models.ForeignKey(
        Analysis, on_delete=models.CASCADE, related_name="policy_effects"
    )
    action = models.CharField(max_length=16, choices=PolicyAction.choices)
    is_live = models.BooleanField()
    has_acted = models.BooleanField(
        default=False, help_text=_("not where the picture had a case already")
    )
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("version", "-at")),)
        constraints = (
            models.UniqueConstraint(
                fields=("version", "analysis", "is_live"),
                name="one_effect_of_a_version_on_an_analysis",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.action}"
