"""Images with their cases: the admin lists pictures, and a picture is its case file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Exists, OuterRef, Q
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from forensics.admin import ImageAdmin, display
from forensics.admin.images import MOST_AT_ONCE
from forensics.models import Image
from moderation import audit_selectors, selectors, services
from moderation.admin.acting import bulk_actions
from moderation.admin.transitions import offered
from moderation.audit_words import details_of
from moderation.exceptions import ModerationError
from moderation.forms import OpenForm
from moderation.models import Case, CaseKind, Decision
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django import forms
    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

EVERY, NO_CASE = "all", "none"
MOST_EVENTS = 100
_WAITS = Q(cases__status__in=UNDECIDED, cases__kind=CaseKind.REGULAR)

admin.site.unregister(Image)


class CaseFilter(admin.SimpleListFilter):
    """Images to decide about, unless asked for others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the other choices."""
        states = [(status.value, status.label) for status in CaseStatus]
        return [*states, (NO_CASE, _("No case")), (EVERY, _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the default what it is."""
        shown: list[Any] = [dict(choice) for choice in super().choices(changelist)]
        shown[0]["display"] = _("To decide")
        return iter(shown)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Image]
    ) -> QuerySet[Image]:
        """Narrow the list."""
        cases = Case.objects.filter(image=OuterRef("pk"), kind=CaseKind.REGULAR)
        if self.value() == EVERY:
            return queryset
        if self.value() == NO_CASE:
            return queryset.filter(~Exists(cases))
        if self.value() in CaseStatus.values:
            return queryset.filter(Exists(cases.filter(status=self.value())))
        # At most one such case an image: a join, which an index hands out in order.
        user = cast("User", request.user)
        if user.is_superuser:
            return queryset.filter(_WAITS)
        # Of both tables, so that an index begins with it.
        return queryset.filter(_WAITS, cases__organization=user.organization_id)


@admin.register(Image)
class CaseFileAdmin(ImageAdmin):
    """Pictures rather than reports; each with everything that is known about it."""

    change_form_template = "admin/forensics/image/case_file.html"
    list_display = (
        "thumbnail",
        "name",
        "verdict_and_score",
        "case_state",
        "waiting_since",
        "counts",
        "created_at",
    )
    list_filter: ClassVar[tuple[Any, ...]] = (
        CaseFilter,
        "current_analysis__verdict",
        "current_analysis__status",
        "format",
        "created_at",
    )
    actions = ("reanalyze", "open_cases", *bulk_actions())

    # --- The list ---------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        """Load what a row shows."""
        images: QuerySet[Image] = super().get_queryset(request)
        return selectors.with_cases(images, cast("User", request.user))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Begin with what waits longest, where the list is of what waits."""
        if not request.user.has_perm("moderation.view_case"):
            return super().get_ordering(request)  # type: ignore[return-value]
        is_default = CaseFilter.parameter_name not in request.GET
        is_list = request.path == reverse("admin:forensics_image_changelist")
        if is_default and is_list:
            return ("cases__opened_at", "cases__id")
        return ("-created_at", "-id")

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Leave the states of cases to those who may see cases."""
        shown = super().get_list_filter(request)
        if request.user.has_perm("moderation.view_case"):
            return shown
        return shown[1:]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Image], search_term: str
    ) -> tuple[QuerySet[Image], bool]:
        """Find by the beginning of the hash, by an index, or else by name."""
        term = search_term.strip().lower()
        if len(term) >= 6 and set(term) <= set("0123456789abcdef"):
            low, high = term.ljust(64, "0"), term.ljust(64, "f")
            return queryset.filter(sha256__gte=low, sha256__lte=high), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("case"))
    def case_state(self, image: Image) -> str:
        """Show where the case that counts stands."""
        case = case_of(image)
        if case is None:
            return display.NOTHING
        label = case.get_status_display()
        if case.outcome:
            return f"{label}: {case.get_outcome_display()}"
        if case.status == CaseStatus.CLAIMED:
            return f"{label}: {case.claimed_by}"
        return label

    @admin.display(description=_("waiting since"))
    def waiting_since(self, image: Image) -> str:
        """Show since when somebody has to decide."""
        waiting = [c.opened_at for c in files_of(image) if c.status in UNDECIDED]
        if not waiting:
            return display.NOTHING
        return f"{min(waiting):%Y-%m-%d} ({timesince(min(waiting), depth=1)})"

    @admin.display(description=_("counts"))
    def counts(self, image: Image) -> str:
        """Show how much there is about it."""
        row = cast("Any", image)
        return _now("%(cases)d cases, %(analyses)d analyses, %(arrivals)d arrivals") % {
            "cases": len(files_of(image)),
            "analyses": row.analysis_count,
            "arrivals": row.arrival_count,
        }

    # --- Many at once -----------------------------------------------------------
    def rows_for(
        self, request: HttpRequest, queryset: QuerySet[Image]
    ) -> list[tuple[Image, Case | None]]:
        """Return the chosen images with the case that counts of each."""
        return [(image, case_of(image)) for image in queryset]

    def has_decide_case_permission(self, request: HttpRequest) -> bool:
        """Guard the actions."""
        return request.user.has_perm("moderation.decide_case")

    def has_reopen_case_permission(self, request: HttpRequest) -> bool:
        """Guard the action."""
        return request.user.has_perm("moderation.reopen_case")

    @admin.action(description=_("Send to review"), permissions=["decide_case"])
    def open_cases(
        self, request: HttpRequest, queryset: QuerySet[Image]
    ) -> HttpResponse | None:
        """Ask first, then open a case of each that has none to decide."""
        chosen = list(queryset[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            said = _now("Choose at most %(most)d at once.") % {"most": MOST_AT_ONCE}
            messages.error(request, said)
            return None
        is_sent = request.POST.get("confirmed") == "yes"
        form = OpenForm(request.POST if is_sent else None)
        if not is_sent or not form.is_valid():
            return self._ask_to_open(request, chosen, form)
        user, done = cast("User", request.user), 0
        for image in chosen:
            try:
                services.open_case(
                    image=image, actor=user, because=form.cleaned_data["because"]
                )
                done += 1
            except ModerationError as error:
                messages.warning(request, f"{self.name(image)}: {error.detail}")
        messages.success(request, _now("In review: %(n)d.") % {"n": done})
        return None

    def _ask_to_open(
        self, request: HttpRequest, chosen: list[Image], form: forms.Form
    ) -> HttpResponse:
        rows = [
            {
                "object": image,
                "thumbnail": self.thumbnail(image),
                "name": self.name(image),
                "against": _now("It is to be decided already.")
                if any(c.status in UNDECIDED for c in files_of(image))
                else "",
            }
            for image in chosen
        ]
        context = self.admin_site.each_context(request) | {
            "title": _("Send to review"),
            "opts": self.opts,
            "transition": {
                "name": "open_cases",
                "effect": _("A case is opened, and waits in its queue."),
            },
            "rows": rows,
            "able": sum(not row["against"] for row in rows),
            "form": form,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/pixelwarden/bulk.html", context)

    # --- The case file ----------------------------------------------------------
    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show everything about an image, and what can be done."""
        image = cast("Image | None", kwargs.get("obj"))
        more = self._case_file(request, image) if image else {}
        answer: HttpResponse = super().render_change_form(
            request, context | more, *args, **kwargs
        )
        return answer

    def _case_file(self, request: HttpRequest, image: Image) -> dict[str, Any]:
        user = cast("User", request.user)
        case = case_of(image)
        about = selectors.decisions_visible_to(user).filter(image_sha256=image.sha256)
        events = audit_selectors.events_visible_to(user).filter(image=image.pk)
        newest = list(events.order_by("-position")[:MOST_EVENTS])
        return {
            "case": case,
            "transitions": offered(case, user) if case else [],
            "may_open": user.has_perm("moderation.decide_case")
            and not any(c.status in UNDECIDED for c in files_of(image)),
            "may_reanalyze": self.has_reanalyze_permission(request),
            "cases": files_of(image),
            "decisions": _decisions(about),
            "events": [
                {"event": event, "details": details_of(event)} for event in newest
            ],
            "may_read_record": user.has_perm(audit_selectors.READ),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }


def _decisions(about: QuerySet[Decision]) -> list[Decision]:
    return list(about.select_related("case").order_by("-created_at", "-id"))


def files_of(image: Image) -> list[Case]:
    """Return the cases that were loaded along, newest first."""
    return list(getattr(image, "files", []))


def case_of(image: Image) -> Case | None:
    """Return the case that counts: the one to decide, or else the newest."""
    regular = [case for case in files_of(image) if case.kind == CaseKind.REGULAR]
    waiting = [case for case in regular if case.status in UNDECIDED]
    return next(iter([*waiting, *regular]), None)
