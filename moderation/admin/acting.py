"""Pages that ask before something is done with a case, or with many of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forensics.admin import display
from forensics.admin.images import MOST_AT_ONCE
from forensics.models import EvidenceFile
from moderation import selectors
from moderation.admin.transitions import (
    TRANSITIONS,
    Transition,
    carry_out,
    form_for,
    reason_against,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django import forms
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User
    from moderation.models import Case

    Row = tuple[Any, Case | None]
    Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]


class TransitionPages(admin.ModelAdmin[Any]):
    """Adds to the admin of cases a page for each transition."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        wrap = self.admin_site.admin_view
        return [
            path(
                f"<uuid:case_id>/{one.name}/",
                wrap(partial(self.transition_view, one)),
                name=f"moderation_case_{one.name}",
            )
            for one in TRANSITIONS
        ] + super().get_urls()

    def transition_view(
        self, transition: Transition, request: HttpRequest, case_id: UUID
    ) -> HttpResponse:
        """Show what will happen and ask for what is needed; on POST, do it."""
        user = cast("User", request.user)
        if not user.has_perm(f"moderation.{transition.permission}"):
            raise PermissionDenied
        case = selectors.cases_visible_to(user).filter(pk=case_id).first()
        if case is None:
            raise Http404
        if request.method != "POST":
            return self._ask(request, transition, case, form_for(transition, None))
        form = form_for(transition, request.POST)
        if form is not None and not form.is_valid():
            return self._ask(request, transition, case, form)
        if problem := carry_out(transition, case, user, form):
            messages.error(request, problem)
            return self._ask(request, transition, case, form)
        messages.success(request, transition.done)
        return HttpResponseRedirect(_way_back(request, case))

    def _ask(
        self,
        request: HttpRequest,
        transition: Transition,
        case: Case,
        form: forms.Form | None,
    ) -> HttpResponse:
        against = reason_against(transition, case, cast("User", request.user))
        context = self.admin_site.each_context(request) | {
            "title": transition.label,
            "subtitle": str(case),
            "opts": self.opts,
            "case": case,
            "form": form,
            "transition": transition,
            "against": against if not (form and form.is_bound) else "",
            "evidence": display.pictures(
                EvidenceFile.objects.filter(analysis=case.analysis_id)
            ),
            "verdict": display.verdict(case.analysis),
            "reasons": display.reasons(case.analysis),
            "back": _way_back(request, case),
            "media": self.media,
        }
        own = "decide" if transition.name == "decide" else "transition"
        return TemplateResponse(request, f"admin/moderation/case/{own}.html", context)


def _way_back(request: HttpRequest, case: Case) -> str:
    """Return where somebody came from: the image's case file, or the case."""
    if request.GET.get("from") == "image":
        return reverse("admin:forensics_image_change", args=[case.image_id])
    return reverse("admin:moderation_case_change", args=[case.pk])


# --- Many at once -------------------------------------------------------------------
def bulk_actions() -> list[Action]:
    """Return an action of a list for each transition that many cases can take.

    The admin that has them gives ``rows_for(request, queryset)``: each chosen object
    with its case, if it has one.
    """
    return [_bulk_action(one) for one in TRANSITIONS if one.is_bulk]


def _bulk_action(transition: Transition) -> Action:
    def act(
        model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        return _act(transition, model_admin, request, queryset)

    act.__name__ = transition.name
    decorate = admin.action(
        description=transition.label, permissions=[transition.permission]
    )
    return cast("Action", decorate(act))


def _act(
    transition: Transition,
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[Any],
) -> HttpResponse | None:
    user = cast("User", request.user)
    rows: list[Row] = model_admin.rows_for(request, queryset[: MOST_AT_ONCE + 1])
    if len(rows) > MOST_AT_ONCE:
        messages.error(
            request,
            _("Choose at most %(most)d at once.") % {"most": MOST_AT_ONCE},
        )
        return None
    is_sent = request.POST.get("confirmed") == "yes"
    form = form_for(transition, request.POST if is_sent else None)
    if not is_sent or (form is not None and not form.is_valid()):
        return _ask_for_all(transition, model_admin, request, rows, form)
    done = 0
    for shown, case in rows:
        if case is None:
            continue
        if problem := carry_out(transition, case, user, form):
            messages.warning(request, f"{shown}: {problem}")
        else:
            done += 1
    said = ngettext("Done with %(n)d case.", "Done with %(n)d cases.", done)
    messages.success(request, f"{transition.label}: {said % {'n': done}}")
    return None


def _ask_for_all(
    transition: Transition,
    model_admin: Any,
    request: HttpRequest,
    rows: list[Row],
    form: forms.Form | None,
) -> HttpResponse:
    user = cast("User", request.user)
    shown = [
        {
            "object": one,
            "thumbnail": model_admin.thumbnail(one),
            "name": model_admin.name(one),
            "case": case,
            "against": reason_against(transition, case, user)
            if case
            else _("It has no case."),
        }
        for one, case in rows
    ]
    context = model_admin.admin_site.each_context(request) | {
        "title": transition.label,
        "opts": model_admin.opts,
        "transition": transition,
        "rows": shown,
        "able": sum(not row["against"] for row in shown),
        "form": form,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/pixelwarden/bulk.html", context)
