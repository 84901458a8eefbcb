"""What people keep about lists: tags on cases, views, and what was done in bulk."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import DEFAULT_ORGANIZATION, Organization
from moderation.models.cases import Case
from moderation.tag_names import MAX_TAG

MAX_VIEW_QUERY = 2000


class Tag(models.Model):
    """A word that people put on cases."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="tags",
        editable=False,
        default=DEFAULT_ORGANIZATION,
    )
    name = models.CharField(max_length=MAX_TAG)
    cases = models.ManyToManyField(Case, through="CaseTag", related_name="tags")

    class Meta:
        default_permissions = ()
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("organization", "name"), name="one_tag_of_a_name"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CaseTag(models.Model):
    """One tag on one case, and who put it there."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="case_tags")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="case_tags")
    added_by_name = models.CharField(max_length=150)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("case", "tag__name")
        indexes = (models.Index(fields=("tag", "case")),)
        constraints = (
            models.UniqueConstraint(fields=("case", "tag"), name="a_tag_once_per_case"),
        )

    def __str__(self) -> str:
        return f"{self.tag} on {self.case}"


class ListName(models.TextChoices):
    """The lists that have filters, views and exports."""

    CASES = "cases", _("Cases")
    IMAGES = "images", _("Images")
    DECISIONS = "decisions", _("Decisions")


class SavedView(models.Model):
    """Filters and an order under a name; ``query`` is what stands in the address."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    list = models.CharField(max_length=16, choices=ListName.choices)
    query = models.CharField(max_length=MAX_VIEW_QUERY)
    is_shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("created_at", "id")
        permissions = (
            ("share_view", "Can share saved views of lists with everybody"),
            ("export_list", "Can export lists as CSV"),
            ("export_whole_list", "Can export lists of any length"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "list", "name"), name="one_view_of_a_name"
            ),
            models.UniqueConstraint(
                fields=("owner", "list"),
                condition=Q(is_default=True),
                name="one_default_view_per_list",
            ),
        )
        indexes = (
            models.Index(
                fields=("list", "name"),
                condition=Q(is_shared=True),
                name="shared_views",
            ),
        )

    def __str__(self) -> str:
        return self.name


class BulkChange(models.Model):
    """What one confirmed bulk action did. Its key is given out by the confirmation.

    A confirmation that is sent twice meets the row and changes nothing again.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="bulk_changes",
    )
    action = models.CharField(max_length=16)
    details = models.JSONField(default=dict, blank=True)
    changed = models.JSONField(default=list, blank=True, help_text=_("keys of cases"))
    left_out = models.JSONField(
        default=list, blank=True, help_text=_("keys of cases, and why")
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.action} of {len(self.changed)} cases"
