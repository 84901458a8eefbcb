"""The first page and the queue of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from moderation import selectors
from moderation.forms import QueueFilterForm

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

PAGE_SIZE = 20


@login_required
@require_safe
def home(request: AuthenticatedRequest) -> HttpResponse:
    """Lead to the queue, or who may not see cases to their images."""
    may_see_cases = request.user.has_perm("moderation.view_case")
    return redirect("moderation:queue" if may_see_cases else "forensics:image-list")


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def queue(request: AuthenticatedRequest) -> HttpResponse:
    """List cases, most urgent and oldest first."""
    form = QueueFilterForm(request.GET)
    cases = form.apply(selectors.cases_visible_to(request.user), user=request.user)
    listed = selectors.with_list_details(cases)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    is_filtered = form.is_valid() and any(form.cleaned_data.values())
    return render(
        request,
        "moderation/queue.html",
        {"form": form, "page": page, "is_filtered": is_filtered},
    )
