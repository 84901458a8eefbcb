"""Images: look, send one in, ask for a new analysis. Both through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from forensics import selectors
from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin, ReadOnlyInline
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import StorageError
from forensics.language import retold
from forensics.models import Analysis, Door, EvidenceFile, Image, Submission
from forensics.services import Receipt, request_reanalysis, submit_image
from forensics.services.intake import refuse_too_many_bytes

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from accounts.models import User

MOST_AT_ONCE = 200


class UploadForm(forms.Form):
    """One file; what is wrong with it is said by the intake."""

    file = forms.FileField(
        allow_empty_file=True,
        label=_("Image"),
        help_text=_("JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC."),
    )


class SubmissionInline(ReadOnlyInline):
    """Every arrival."""

    model = Submission
    fields = readonly_fields = ("created_at", "door", "original_name", "submitted_by")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Load the people along."""
        return cast(
            "QuerySet[Submission]",
            super().get_queryset(request).select_related("submitted_by"),
        )


class AnalysisInline(ReadOnlyInline):
    """Every analysis."""

    model = Analysis
    fields = readonly_fields = (
        "queued_at",
        "status",
        "verdict_and_score",
        "trigger",
        "pipeline_version",
    )
    verbose_name_plural = _("analyses")

    @admin.display(description=_("verdict"))
    def verdict_and_score(self, analysis: Analysis) -> SafeString | str:
        """Show the band with its score."""
        return display.verdict(analysis)


@admin.register(Image)
class ImageAdmin(ReadOnlyAdmin):
    """The originals, with their newest result."""

    list_display: tuple[str, ...] = (
        "thumbnail",
        "name",
        "format",
        "size",
        "verdict_and_score",
        "status",
        "created_at",
    )
    list_display_links = ("thumbnail", "name")
    list_filter: ClassVar[tuple[Any, ...]] = (
        "current_analysis__verdict",
        "current_analysis__status",
        "format",
        "created_at",
    )
    search_fields = ("^sha256", "submissions__original_name")
    search_help_text = _("How the SHA-256 begins, or part of a file name.")
    actions: tuple[Any, ...] = ("reanalyze",)
    inlines = (AnalysisInline, SubmissionInline)
    fieldsets = (
        (None, {"fields": ("status", "verdict_and_score", "reason_list")}),
        (_("Evidence"), {"fields": ("evidence", "finding_list", "original_file")}),
        (
            _("File"),
            {"fields": ("sha256", "format", "size", "media_type", "created_at")},
        ),
    )
    readonly_fields = (
        "status",
        "verdict_and_score",
        "reason_list",
        "evidence",
        "finding_list",
        "original_file",
        "size",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        """Load what a row shows."""
        images: QuerySet[Image] = super().get_queryset(request)
        return selectors.with_list_details(images)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let those in who may send images."""
        return request.user.has_perm("forensics.add_image")

    def has_reanalyze_permission(self, request: HttpRequest) -> bool:
        """Guard the action."""
        return request.user.has_perm("forensics.reanalyze_image")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Take a file in through the same door as everybody."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if is_sent and form.is_valid():
            try:
                receipt = _take_in(request, form.cleaned_data["file"])
            except (ImageRejectedError, StorageError) as error:
                form.add_error("file", retold(str(error)))
            else:
                return self._received(request, receipt)
        context = self.admin_site.each_context(request) | {
            "title": _("Send an image"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(
            request, "admin/forensics/image/upload.html", context, status=status
        )

    def _received(self, request: HttpRequest, receipt: Receipt) -> HttpResponse:
        user = cast("User", request.user)
        is_known = receipt.is_duplicate and selectors.was_known_to(
            user, receipt.submission
        )
        said = (
            _("You could see these very bytes here before; their result is shown.")
            if is_known
            else _("The image is stored; its result is shown as soon as there is one.")
        )
        messages.success(request, said)
        # Who may send images need not see all of them here, but sees those they sent
        # on the site itself.
        page = (
            "admin:forensics_image_change"
            if self.has_view_permission(request, receipt.image)
            else "forensics:image-detail"
        )
        return HttpResponseRedirect(reverse(page, args=[receipt.image.pk]))

    @admin.action(
        description=_("Re-analyze selected images"), permissions=["reanalyze"]
    )
    def reanalyze(
        self, request: HttpRequest, queryset: QuerySet[Image]
    ) -> HttpResponse | None:
        """Ask first, then queue a new analysis of each."""
        chosen = list(queryset[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                gettext("Choose at most %(most)d images at once.")
                % {"most": MOST_AT_ONCE},
            )
            return None
        if request.POST.get("confirmed") != "yes":
            return self._ask(request, chosen)
        for image in chosen:
            request_reanalysis(image=image, requested_by=cast("User", request.user))
        messages.success(
            request,
            ngettext(
                "Queued %(count)d image for a new analysis.",
                "Queued %(count)d images for a new analysis.",
                len(chosen),
            )
            % {"count": len(chosen)},
        )
        return None

    def _ask(self, request: HttpRequest, chosen: list[Image]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Re-analyze images"),
            "opts": self.opts,
            "images": chosen,
            "rows": [
                (image, self.thumbnail(image), self.name(image)) for image in chosen
            ],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(
            request, "admin/forensics/image/reanalyze.html", context
        )

    @admin.display(description=_("picture"))
    def thumbnail(self, image: Image) -> SafeString | str:
        """Show it small."""
        return display.thumbnail(getattr(image.current_analysis, "thumbnails", []))

    @admin.display(description=_("name"))
    def name(self, image: Image) -> str:
        """Show the name it was last sent under."""
        arrivals = list(image.submissions.all())  # loaded along: slicing asks again
        return str(arrivals[0]) if arrivals else str(image)

    @admin.display(description=_("size"), ordering="byte_size")
    def size(self, image: Image) -> str:
        """Show pixels and bytes."""
        return f"{image.width} x {image.height}, {filesizeformat(image.byte_size)}"

    @admin.display(description=_("verdict"), ordering="current_analysis__score")
    def verdict_and_score(self, image: Image) -> SafeString | str:
        """Show the band with its score."""
        return display.verdict(image.current_analysis)

    @admin.display(description=_("analysis"), ordering="current_analysis__status")
    def status(self, image: Image) -> str:
        """Show how its newest analysis stands, with the reason if it failed."""
        analysis = image.current_analysis
        if analysis is None:
            return display.NOTHING
        label = analysis.get_status_display()
        return (
            f"{label}: {retold(analysis.error_detail)}"
            if analysis.error_detail
            else label
        )

    @admin.display(description=_("reasons"))
    def reason_list(self, image: Image) -> SafeString | str:
        """Show why."""
        return display.reasons(image.current_analysis)

    @admin.display(description=_("pictures"))
    def evidence(self, image: Image) -> SafeString | str:
        """Show the preview and the heat maps of the newest result."""
        files = EvidenceFile.objects.filter(analysis=image.current_analysis_id)
        return display.pictures(files)

    @admin.display(description=_("findings"))
    def finding_list(self, image: Image) -> SafeString | str:
        """Show what each analyzer said."""
        return display.findings(image.current_analysis)

    @admin.display(description=_("original"))
    def original_file(self, image: Image) -> SafeString:
        """Offer the unaltered bytes."""
        return format_html(
            '<a href="{}">Download, unaltered</a>',
            reverse("forensics:original", args=[image.pk]),
        )


def _take_in(request: HttpRequest, upload: UploadedFile[bytes]) -> Receipt:
    refuse_too_many_bytes(upload.size or 0)
    return submit_image(
        data=upload.read(),
        original_name=upload.name or "",
        door=Door.ADMIN,
        submitted_by=cast("User", request.user),
    )
