"""The first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


@login_required
@require_safe
def home(request: AuthenticatedRequest) -> HttpResponse:
    """Lead to the queue, or who may not see cases to their images."""
    may_see_cases = request.user.has_perm("moderation.view_case")
    return redirect("moderation:queue" if may_see_cases else "forensics:image-list")
