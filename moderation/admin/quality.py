"""Known answers, edited through their service; appeals, to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin
from forensics.admin.owned import OwnChoices, OwnedAdmin
from forensics.models import Image
from forensics.selectors import with_thumbnail
from moderation import quality_selectors
from moderation.models import Appeal, GoldenAnswer
from moderation.services import save_golden_answer

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from accounts.models import User


class GoldenChangeForm(forms.ModelForm[GoldenAnswer]):
    """An answer; its picture stays the same."""

    class Meta:
        model = GoldenAnswer
        fields = ("outcome", "note", "queue", "is_active")

    def clean(self) -> dict[str, Any] | None:
        """Keep a picture from having two answers."""
        cleaned, answer = super().clean(), self.instance
        if self.cleaned_data.get("is_active") and _is_another_there(answer):
            self.add_error(None, _("This picture has a known answer already."))
        return cleaned


class GoldenAnswerForm(GoldenChangeForm):
    """A picture by its SHA-256, and its answer."""

    owner: int | None = None  # whose pictures are known

    sha256 = forms.CharField(
        label=_("SHA-256 of the picture"), min_length=64, max_length=64
    )

    def clean_sha256(self) -> str:
        """Find the picture."""
        text = str(self.cleaned_data["sha256"]).strip().lower()
        image = Image.objects.filter(sha256=text, organization=self.owner).first()
        if image is None:
            raise forms.ValidationError(
                _("No stored picture has this SHA-256. Copy it from the image's page.")
            )
        self.instance.image = image
        return text


def _is_another_there(answer: GoldenAnswer) -> bool:
    return quality_selectors.has_known_answer(answer.image_id, but=answer)


@admin.register(GoldenAnswer)
class GoldenAnswerAdmin(OwnedAdmin):
    """Pictures whose right answer is known. Retired rather than deleted."""

    owner = "image__organization"
    list_display = ("thumbnail", "outcome", "queue", "is_active", "added_by_name")
    list_display_links = ("thumbnail", "outcome")
    list_filter = ("is_active", "outcome", ("queue", OwnChoices))
    list_select_related = ("queue", "image__current_analysis")
    search_fields = ("^image__sha256",)
    search_help_text = _("How the image's SHA-256 begins.")

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Ask for the picture only where there is none yet."""
        kwargs["form"] = GoldenChangeForm if obj else GoldenAnswerForm
        made: Any = super().get_form(request, obj, *args, **kwargs)
        made.owner = cast("User", request.user).organization_id
        return made

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Begin with the picture."""
        fields = ("outcome", "note", "queue", "is_active")
        return ("picture", *fields) if obj else ("sha256", *fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the picture of what is there."""
        return ("picture",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[GoldenAnswer]:
        """Load what a row shows, to those who see every decision only."""
        answers: QuerySet[GoldenAnswer] = super().get_queryset(request)
        if not quality_selectors.is_lead(cast("User", request.user)):
            answers = answers.none()
        return answers.prefetch_related(
            with_thumbnail("image__current_analysis__evidence_files")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what people have answered refers to it."""
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: GoldenAnswer,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Store through the service, which records both versions."""
        save_golden_answer(answer=obj, actor=cast("User", request.user))

    @admin.display(description="")
    def thumbnail(self, answer: GoldenAnswer) -> SafeString | str:
        """Show the picture small."""
        analysis = answer.image.current_analysis
        return display.thumbnail(getattr(analysis, "thumbnails", []))

    @admin.display(description=_("picture"))
    def picture(self, answer: GoldenAnswer) -> str:
        """Name the picture."""
        return answer.image.sha256


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    """Who questioned which decision, and what became of it."""

    owner = "case__organization"

    list_display = ("opened_at", "case", "opened_by_name", "on_behalf_of", "resolution")
    list_filter = ("resolution", "opened_at")
    list_select_related = ("case",)
    search_fields = ("=external_id", "opened_by_name")
    search_help_text = _("An external id, or a name.")
    fields = (
        "case",
        "decision",
        ("opened_by", "opened_by_name", "on_behalf_of"),
        "because",
        "external_id",
        ("opened_at", "resolved_at"),
        ("resolution", "resolving_decision"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        """Show no more than the other pages do."""
        appeals: QuerySet[Appeal] = super().get_queryset(request)
        user = cast("User", request.user)
        if user.is_superuser:
            return appeals
        shown = quality_selectors.appeals_visible_to(user)
        return appeals.filter(pk__in=shown.values("pk"))
