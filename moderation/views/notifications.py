"""What a person was told about cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import wants_json
from moderation import flow_selectors, services

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

PAGE_SIZE = 30


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_safe
def listing(request: AuthenticatedRequest) -> HttpResponse:
    """List what this person was told, newest first. Looking marks nothing as read."""
    told = flow_selectors.notifications_of(request.user)
    page = Paginator(told, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "moderation/notifications.html", {"page": page})


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_POST
def read(request: AuthenticatedRequest) -> HttpResponse:
    """Mark one as read and open its case, or mark all."""
    told = None
    if (asked := request.POST.get("notification", "")) != "":
        told = flow_selectors.notification_of(request.user, asked)
        if told is None:
            raise Http404
    services.mark_read(actor=request.user, notification_id=told.pk if told else None)
    if wants_json(request):
        return JsonResponse({"unread": flow_selectors.unread_count(request.user)})
    if told is not None and told.case_id is None:
        return redirect("webhooks:list")
    if told is not None:
        return redirect("moderation:case", case_id=told.case_id)
    return redirect("moderation:notifications")
