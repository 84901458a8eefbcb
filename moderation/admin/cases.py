"""The case file in the admin: all the evidence, and transitions by the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from forensics.admin import display
from forensics.admin.base import ReadOnlyAdmin, ReadOnlyInline
from forensics.admin.owned import OwnChoices
from forensics.models import EvidenceFile
from moderation import blinding, selectors
from moderation.admin.acting import TransitionPages, bulk_actions
from moderation.admin.transitions import offered
from moderation.audit_words import details_of, words_for
from moderation.models import AuditEvent, Case, Decision
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from accounts.models import User

EVERY = "all"


class StateFilter(admin.SimpleListFilter):
    """Cases to decide, unless asked for others."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the other choices."""
        return [*((s.value, s.label) for s in CaseStatus), (EVERY, _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the default what it is."""
        shown: list[Any] = [dict(choice) for choice in super().choices(changelist)]
        shown[0]["display"] = _("To decide")
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
    fields = readonly_fields = ("at", "in_words", "actor_name", "address", "details")
    verbose_name_plural = _("history")
    show_change_link = False

    @admin.display(description=_("action"))
    def in_words(self, event: AuditEvent) -> str:
        """Say what was done."""
        return words_for(event.action)

    @admin.display(description=_("details"))
    def details(self, event: AuditEvent) -> str:
        """Say what else was recorded."""
        return "; ".join(details_of(event)) or display.NOTHING


@admin.register(Case)
class CaseAdmin(TransitionPages, ReadOnlyAdmin):
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
    list_filter = (
        StateFilter,
        "priority",
        "analysis__verdict",
        "outcome",
        ("policy", OwnChoices),
    )
    search_fields = ("^image__sha256", "image__submissions__original_name")
    search_help_text = _("How the image's SHA-256 begins, or part of a file name.")
    inlines = (DecisionInline, EventInline)
    actions = tuple(bulk_actions())
    fieldsets = (
        (None, {"fields": (("status", "outcome"), "priority", "claim")}),
        (
            _("Evidence"),
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
        (
            _("Origin"),
            {"fields": ("opened_because", "opened_at", "policy", "arrivals")},
        ),
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

    def rows_for(
        self, request: HttpRequest, queryset: QuerySet[Case]
    ) -> list[tuple[Case, Case | None]]:
        """Return the chosen cases, for what is done with many at once."""
        return [(case, case) for case in queryset]

    def has_decide_case_permission(self, request: HttpRequest) -> bool:
        """Guard the actions."""
        return request.user.has_perm("moderation.decide_case")

    def has_reopen_case_permission(self, request: HttpRequest) -> bool:
        """Guard the action."""
        return request.user.has_perm("moderation.reopen_case")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer what can be done with this case now."""
        user = cast("User", request.user)
        case = cast("Case | None", kwargs.get("obj"))
        more = {"transitions": offered(case, user) if case else []}
        answer: HttpResponse = super().render_change_form(
            request, context | more, *args, **kwargs
        )
        return answer

    # --- What is shown ----------------------------------------------------------
    @admin.display(description=_("picture"))
    def thumbnail(self, case: Case) -> SafeString | str:
        """Show the picture small."""
        return display.thumbnail(getattr(case.analysis, "thumbnails", []))

    @admin.display(description=_("case"))
    def name(self, case: Case) -> str:
        """Show the name the picture was last sent under."""
        arrivals = list(case.image.submissions.all())
        return f"{arrivals[0] if arrivals else case.image} ({case})"

    @admin.display(description=_("verdict"), ordering="analysis__score")
    def verdict_and_score(self, case: Case) -> SafeString | str:
        """Show the band with its score."""
        return display.verdict(case.analysis)

    @admin.display(description=_("age"), ordering="-opened_at")
    def age(self, case: Case) -> str:
        """Show how long ago it was opened."""
        return timesince(case.opened_at, depth=1)

    @admin.display(description=_("claim"))
    def claim(self, case: Case) -> str:
        """Show who works on it, until when."""
        if case.status != CaseStatus.CLAIMED or case.claim_expires_at is None:
            return display.NOTHING
        return f"{case.claimed_by}, until {case.claim_expires_at:%Y-%m-%d %H:%M} UTC"

    @admin.display(description=_("pictures"))
    def evidence(self, case: Case) -> SafeString | str:
        """Show the preview and the heat maps."""
        return display.pictures(EvidenceFile.objects.filter(analysis=case.analysis_id))

    @admin.display(description=_("reasons"))
    def reason_list(self, case: Case) -> SafeString | str:
        """Show why the machine thinks so."""
        return display.reasons(case.analysis)

    @admin.display(description=_("findings"))
    def finding_list(self, case: Case) -> SafeString | str:
        """Show what each analyzer said."""
        return display.findings(case.analysis)

    @admin.display(description=_("more"))
    def links(self, case: Case) -> SafeString:
        """Lead to the image and to the reviewers' page."""
        return format_html(
            '<a href="{}">{}</a>, <a href="{}">{}</a>',
            reverse("admin:forensics_image_change", args=[case.image_id]),
            _("Image"),
            reverse("moderation:case", args=[case.pk]),
            _("case page with the overlay"),
        )

    @admin.display(description=_("sent in"))
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
