"""Approving what a policy proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from moderation import services
from moderation.exceptions import ModerationError
from moderation.flow_forms import FlowForm
from moderation.views import answers
from moderation.views.actions import decided
from moderation.views.answers import acting

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


class ApproveForm(FlowForm):
    """Which evidence the person has seen."""

    analysis = forms.UUIDField(required=False)


@acting
def approve(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Decide a case as its policy proposes."""
    case = answers.visible_case(request, case_id)
    form = ApproveForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        decision = services.approve_proposal(
            case_id=case_id,
            actor=request.user,
            analysis_id=form.cleaned_data["analysis"],
            token=form.cleaned_data["token"],
        )
    except ModerationError as error:
        return answers.refused(request, case, error)
    return decided(request, decision, form)
