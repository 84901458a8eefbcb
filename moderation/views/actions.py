"""What changes a case. Each is a POST that calls one service and says what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import wants_json
from forensics.selectors import images_visible_to
from moderation import services
from moderation.exceptions import ModerationError, NotAllowedError
from moderation.flow_forms import FlowForm
from moderation.forms import DecisionForm, OpenForm, ReopenForm
from moderation.views import answers
from moderation.views.answers import CONFLICT, UNPROCESSABLE, acting
from moderation.views.case import Attempt, case_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import Decision


@login_required
@require_POST
def open_by_hand(request: AuthenticatedRequest, image_id: UUID) -> HttpResponse:
    """Send a picture to review."""
    image = get_object_or_404(images_visible_to(request.user), pk=image_id)
    form = OpenForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("Not sent: %(why)s") % {"why": form.errors["because"][0]}
        )
        return redirect("forensics:image-detail", image_id=image.pk)
    try:
        case = services.open_case(
            image=image, actor=request.user, because=form.cleaned_data["because"]
        )
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    messages.success(request, _("The picture is in the review queue."))
    return redirect("moderation:case", case_id=case.pk)


@acting
def decide(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Decide a case. Whatever is wrong, what was typed stays on the page."""
    case = answers.visible_case(request, case_id)
    form, flow = DecisionForm(request.POST), FlowForm(request.POST)
    if not (form.is_valid() and flow.is_valid()):
        if wants_json(request):
            return answers.form_problem(form if form.errors else flow)
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
            token=flow.cleaned_data["token"],
        )
    except ModerationError as error:
        if wants_json(request):
            return answers.refused(request, case, error)
        return case_page(
            request, case_id, replace(_conflict(error), decision_form=form)
        )
    return decided(request, decision, flow)


def decided(
    request: AuthenticatedRequest, decision: Decision, flow: FlowForm
) -> HttpResponse:
    """Say what was recorded; in the flow, with the next case already claimed."""
    goes_on, following = flow.cleaned_data["flow"], None
    if goes_on:
        following = services.claim_next(
            actor=request.user,
            prefer=flow.cleaned_data["prefer"],
            after=decision.case_id,
        )
    if wants_json(request):
        return JsonResponse(
            {
                "decision": answers.made(decision),
                "next": answers.claimed(following),
                "training": answers.training(decision),
            }
        )
    said = _("Recorded: %(outcome)s.") % {
        "outcome": decision.get_outcome_display().lower()
    }
    if (known := answers.training(decision)) is not None:
        messages.info(request, known["text"])
    else:
        answers.offer_undo(request, decision, said)
    if goes_on:
        return answers.go_on(request, following)
    return redirect("moderation:case", case_id=decision.case_id)


@login_required
@permission_required("moderation.reopen_case", raise_exception=True)
@require_POST
def reopen(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Withdraw a decision and put the case back into the queue."""
    answers.visible_case(request, case_id)
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
        _("The case is back in the queue; the decision stays on record as withdrawn."),
    )
    return redirect("moderation:case", case_id=case_id)


def _conflict(error: ModerationError) -> Attempt:
    return Attempt(problem=error.detail, status=CONFLICT)
