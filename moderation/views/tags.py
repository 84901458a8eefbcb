"""Tags on the page of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect

from moderation import selectors
from moderation.exceptions import ModerationError
from moderation.services.tags import tag_case, untag_case
from moderation.views.answers import acting

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


@acting
def tag(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Put a tag on a case, or take one off."""
    get_object_or_404(selectors.cases_visible_to(request.user), pk=case_id)
    service = untag_case if "remove" in request.POST else tag_case
    name = request.POST.get("remove") or request.POST.get("tag", "")
    try:
        service(case_id=case_id, actor=request.user, name=name)
    except ModerationError as error:
        messages.error(request, error.detail)
    return redirect("moderation:case", case_id=case_id)
