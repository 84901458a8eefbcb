"""The lists of cases and decisions, as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from moderation import list_selectors, selectors
from moderation.bulk_plan import MOST_AT_ONCE, actions_for
from moderation.list_forms import CaseListForm, DecisionListForm
from moderation.models import ListName

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from forensics.lists import ListForm


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def case_list(request: AuthenticatedRequest) -> HttpResponse:
    """List cases, by default those to decide, most urgent and oldest first."""
    if (opened := _with_default_view(request, ListName.CASES)) is not None:
        return opened
    form = CaseListForm(request.GET, user=request.user)
    cases = form.apply(selectors.cases_visible_to(request.user), user=request.user)
    page = form.page(
        cases,
        cursor=request.GET.get("cursor"),
        details=list_selectors.with_row_details,
    )
    return render(
        request,
        "moderation/queue.html",
        _context(form, page, ListName.CASES)
        | {
            "actions": actions_for(request.user),
            "most_at_once": MOST_AT_ONCE,
            "now": timezone.now(),
            "tags": list_selectors.tags_to_offer(request.user),
        },
    )


@login_required
@permission_required("moderation.view_decision", raise_exception=True)
@require_safe
def decision_list(request: AuthenticatedRequest) -> HttpResponse:
    """List decisions, newest first."""
    if (opened := _with_default_view(request, ListName.DECISIONS)) is not None:
        return opened
    form = DecisionListForm(request.GET, user=request.user)
    visible = selectors.decisions_visible_to(request.user)
    decisions = form.apply(visible, user=request.user)
    page = form.page(
        decisions,
        cursor=request.GET.get("cursor"),
        details=list_selectors.with_decision_details,
    )
    return render(
        request,
        "moderation/decisions.html",
        _context(form, page, ListName.DECISIONS),
    )


def _with_default_view(request: AuthenticatedRequest, name: str) -> HttpResponse | None:
    """Lead a plain address to the view with which this person opens the list."""
    if request.META.get("QUERY_STRING"):
        return None
    view = list_selectors.default_view_of(request.user, name)
    return redirect(f"{request.path}?{view.query}") if view and view.query else None


def _context(form: ListForm, page: Any, name: str) -> dict[str, Any]:
    return {
        "form": form,
        "page": page,
        "list_name": name,
        "query": form.query,
        "is_filtered": form.is_filtered,
    }
