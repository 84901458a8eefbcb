"""What changes a case. Each is a POST that calls one service and says what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from forensics.selectors import images_visible_to
from moderation import selectors, services
from moderation.exceptions import ModerationError, NotAllowedError
from moderation.forms import DecisionForm, OpenForm, ReopenForm
from moderation.services.transitions import CLAIM_LENGTH
from moderation.views.case import Attempt, case_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest

CONFLICT, UNPROCESSABLE = 409, 422


@login_required
@require_POST
def open_by_hand(request: AuthenticatedRequest, image_id: UUID) -> HttpResponse:
    """Send a picture to review."""
    image = get_object_or_404(images_visible_to(request.user), pk=image_id)
    form = OpenForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Not sent: {form.errors['because'][0]}")
        return redirect("forensics:image-detail", image_id=image.pk)
    try:
        case = services.open_case(
            image=image, actor=request.user, because=form.cleaned_data["because"]
        )
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    messages.success(request, "The picture is in the review queue.")
    return redirect("moderation:case", case_id=case.pk)


@login_required
@permission_required("moderation.decide_case", raise_exception=True)
@require_POST
def claim(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Take a case."""
    _get_or_404(request, case_id)
    try:
        services.claim_case(case_id=case_id, actor=request.user)
    except ModerationError as error:
        return case_page(request, case_id, _conflict(error))
    minutes = CLAIM_LENGTH.seconds // 60
    messages.success(request, f"The case is yours for {minutes} minutes.")
    return redirect("moderation:case", case_id=case_id)


@login_required
@permission_required("moderation.decide_case", raise_exception=True)
@require_POST
def release(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Hand a case back to the queue."""
    _get_or_404(request, case_id)
    try:
        services.release_case(case_id=case_id, actor=request.user)
    except ModerationError as error:
        return case_page(request, case_id, _conflict(error))
    messages.success(request, "The case is back in the queue.")
    return redirect("moderation:case", case_id=case_id)


@login_required
@permission_required("moderation.decide_case", raise_exception=True)
@require_POST
def decide(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Decide a case. Whatever is wrong, what was typed stays on the page."""
    _get_or_404(request, case_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return case_page(
            request, case_id, Attempt(decision_form=form, status=UNPROCESSABLE)
        )
    try:
        decision = services.decide_case(
            case_id=case_id,
            actor=request.user,
            outcome=form.cleaned_data["outcome"],
            reason=form.cleaned_data["reason"],
            note=form.cleaned_data["note"],
            analysis_id=form.cleaned_data["analysis"],
        )
    except ModerationError as error:
        return case_page(
            request, case_id, replace(_conflict(error), decision_form=form)
        )
    messages.success(request, f"Recorded: {decision.get_outcome_display().lower()}.")
    return redirect("moderation:case", case_id=case_id)


@login_required
@permission_required("moderation.reopen_case", raise_exception=True)
@require_POST
def reopen(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Withdraw a decision and put the case back into the queue."""
    _get_or_404(request, case_id)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return case_page(
            request, case_id, Attempt(reopen_form=form, status=UNPROCESSABLE)
        )
    try:
        services.reopen_case(
            case_id=case_id, actor=request.user, because=form.cleaned_data["because"]
        )
    except ModerationError as error:
        return case_page(request, case_id, replace(_conflict(error), reopen_form=form))
    messages.success(
        request,
        "The case is back in the queue; the decision stays on record as withdrawn.",
    )
    return redirect("moderation:case", case_id=case_id)


def _conflict(error: ModerationError) -> Attempt:
    return Attempt(problem=error.detail, status=CONFLICT)


def _get_or_404(request: AuthenticatedRequest, case_id: UUID) -> None:
    get_object_or_404(selectors.cases_visible_to(request.user), pk=case_id)
