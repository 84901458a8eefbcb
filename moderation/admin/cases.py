"""The case file in the admin: all the evidence, and transitions by the services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin, ReadOnlyInline
from forensics.models import EvidenceFile
from moderation import blinding, selectors, services
from moderation.exceptions import ModerationError
from moderation.forms import DecisionForm, ReopenForm
from moderation.models import AuditEvent, Case, Decision
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from uuid import UUID

    from django import forms
    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from accounts.models import User

EVERY = "all"
Act = Callable[..., object]


class StateFilter(admin.SimpleListFilter):
    """Cases to decide, unless asked for others."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the other choices."""
        return [*((s.value, s.label) for s in CaseStatus), (EVERY, "All")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the default what it is."""
        shown: list[Any] = [dict(choice) for choice in super().choices(changelist)]
        shown[0]["display"] = "To decide"
        return iter(shown)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> QuerySet[Case]:
        """Narrow the list."""
        if self.value() in CaseStatus.values:
            return queryset.filter(status=self.value())
        if self.value() == EVERY:
            return queryset
        return queryset.filter(status__in=UNDECIDED)


class DecisionInline(ReadOnlyInline):
    """Everything decided about the case."""

    model = Decision
    fields = readonly_fields = (
        "created_at",
        "outcome",
        "reason",
        "note",
        "decided_by_name",
        "withdrawn_at",
    )


class EventInline(ReadOnlyInline):
    """The case's history."""

    model = AuditEvent
    fields = readonly_fields = ("at", "action", "actor_name", "details")
    verbose_name_plural = "history"
    show_change_link = False

    @admin.display(description="details")
    def details(self, event: AuditEvent) -> SafeString | str:
        """Show what was recorded."""
        return display.as_json(event.data)


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin):
    """Pictures that a person has to decide about. Nothing else is edited here."""

    change_form_template = "admin/moderation/case/change_form.html"
    list_display = (
        "thumbnail",
        "name",
        "priority",
        "verdict_and_score",
        "status",
        "claimed_by",
        "outcome",
        "age",
    )
    list_display_links = ("thumbnail", "name")
    list_filter = (StateFilter, "priority", "analysis__verdict", "outcome", "policy")
    search_fields = ("^image__sha256", "image__submissions__original_name")
    search_help_text = "How the image's SHA-256 begins, or part of a file name."
    inlines = (DecisionInline, EventInline)
    fieldsets = (
        (None, {"fields": (("status", "outcome"), "priority", "claim")}),
        (
            "Evidence",
            {
                "fields": (
                    "evidence",
                    "verdict_and_score",
                    "reason_list",
                    "finding_list",
                    "links",
                )
            },
        ),
        ("Origin", {"fields": ("opened_because", "opened_at", "policy", "arrivals")}),
    )
    readonly_fields = (
        "claim",
        "evidence",
        "verdict_and_score",
        "reason_list",
        "finding_list",
        "links",
        "arrivals",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Load what a row shows."""
        cases: QuerySet[Case] = super().get_queryset(request)
        shown = blinding.cases_shown_to(cases, cast("User", request.user))
        return selectors.with_list_details(shown)

    def get_urls(self) -> list[URLPattern]:
        """Add the transitions."""
        wrap = self.admin_site.admin_view
        return [
            path(
                f"<uuid:case_id>/{name}/",
                wrap(view),
                name=f"moderation_case_{name}",
            )
            for name, view in (
                ("claim", self.claim_view),
                ("release", self.release_view),
                ("decide", self.decide_view),
                ("reopen", self.reopen_view),
            )
        ] + super().get_urls()

    # --- Transitions ------------------------------------------------------------
    @method_decorator(require_POST)
    def claim_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Claim the case."""
        case = self._case(request, case_id)
        self._try(request, services.claim_case, "The case is yours now.", case)
        return self._back(case)

    @method_decorator(require_POST)
    def release_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Hand the claim back."""
        case = self._case(request, case_id)
        self._try(request, services.release_case, "The case is free again.", case)
        return self._back(case)

    def decide_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Ask for the decision, or make it."""
        self._require(request, "moderation.decide_case")
        case = self._case(request, case_id)
        form = DecisionForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._try(
            request,
            services.decide_case,
            "Decided.",
            case,
            analysis_id=form.cleaned_data["analysis"],
            **{name: form.cleaned_data[name] for name in ("outcome", "reason", "note")},
        ):
            return self._back(case)
        return self._form_page(request, case, form, "decide", "Decide")

    def reopen_view(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        """Ask why, or withdraw the decision."""
        self._require(request, "moderation.reopen_case")
        case = self._case(request, case_id)
        form = ReopenForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and self._try(
            request,
            services.reopen_case,
            "The case is back in the queue.",
            case,
            because=form.cleaned_data["because"],
        ):
            return self._back(case)
        return self._form_page(request, case, form, "reopen", "Reopen")

    def _require(self, request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied

    def _case(self, request: HttpRequest, case_id: UUID) -> Case:
        visible = selectors.cases_visible_to(cast("User", request.user))
        case = visible.filter(pk=case_id).first()
        if case is None:
            raise Http404
        return case

    def _try(
        self, request: HttpRequest, act: Act, said: str, case: Case, **values: Any
    ) -> bool:
        try:
            act(case_id=case.pk, actor=request.user, **values)
        except ModerationError as error:
            messages.error(request, error.detail)
            return False
        messages.success(request, said)
        return True

    def _back(self, case: Case) -> HttpResponse:
        return HttpResponseRedirect(
            reverse("admin:moderation_case_change", args=[case.pk])
        )

    def _form_page(
        self,
        request: HttpRequest,
        case: Case,
        form: forms.Form,
        template: str,
        title: str,
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(case),
            "opts": self.opts,
            "case": case,
            "form": form,
            "evidence": self.evidence(case),
            "verdict": self.verdict_and_score(case),
            "reasons": self.reason_list(case),
            "media": self.media,
        }
        return TemplateResponse(
            request, f"admin/moderation/case/{template}.html", context
        )

    # --- What is shown ----------------------------------------------------------
    @admin.display(description="")
    def thumbnail(self, case: Case) -> SafeString | str:
        """Show the picture small."""
        return display.thumbnail(getattr(case.analysis, "thumbnails", []))

    @admin.display(description="case")
    def name(self, case: Case) -> str:
        """Show the name the picture was last sent under."""
        arrivals = list(case.image.submissions.all())
        return f"{arrivals[0] if arrivals else case.image} ({case})"

    @admin.display(description="verdict", ordering="analysis__score")
    def verdict_and_score(self, case: Case) -> SafeString | str:
        """Show the band with its score."""
        return display.verdict(case.analysis)

    @admin.display(description="age", ordering="-opened_at")
    def age(self, case: Case) -> str:
        """Show how long ago it was opened."""
        return timesince(case.opened_at, depth=1)

    @admin.display(description="claim")
    def claim(self, case: Case) -> str:
        """Show who works on it, until when."""
        if case.status != CaseStatus.CLAIMED or case.claim_expires_at is None:
            return display.NOTHING
        return f"{case.claimed_by}, until {case.claim_expires_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description="pictures")
    def evidence(self, case: Case) -> SafeString | str:
        """Show the preview and the heat maps."""
        return display.pictures(EvidenceFile.objects.filter(analysis=case.analysis_id))

    @admin.display(description="reasons")
    def reason_list(self, case: Case) -> SafeString | str:
        """Show why the machine thinks so."""
        return display.reasons(case.analysis)

    @admin.display(description="findings")
    def finding_list(self, case: Case) -> SafeString | str:
        """Show what each analyzer said."""
        return display.findings(case.analysis)

    @admin.display(description="more")
    def links(self, case: Case) -> SafeString:
        """Lead to the image and to the reviewers' page."""
        return format_html(
            '<a href="{}">Image</a>, <a href="{}">case page with the overlay</a>',
            reverse("admin:forensics_image_change", args=[case.image_id]),
            reverse("moderation:case", args=[case.pk]),
        )

    @admin.display(description="sent in")
    def arrivals(self, case: Case) -> SafeString | str:
        """Show every arrival of the picture."""
        items = format_html_join(
            "",
            "<li>{}, {}, {}, {:%Y-%m-%d %H:%M} UTC</li>",
            (
                (s.original_name, s.get_door_display(), s.submitted_by, s.created_at)
                for s in case.image.submissions.all()
            ),
        )
        return format_html('<ul class="pw-list">{}</ul>', items)
