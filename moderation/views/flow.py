"""One case after the other: start reviewing, what comes next, renew, skip, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import wants_json
from moderation import flow_selectors, selectors, services
from moderation.exceptions import ModerationError
from moderation.flow_forms import BecauseForm, TokenForm
from moderation.services.transitions import CLAIM_LENGTH
from moderation.views import answers
from moderation.views.answers import acting

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


@acting
def start(request: AuthenticatedRequest) -> HttpResponse:
    """Start reviewing: go on with the case one holds, or claim the next."""
    queue = request.POST.get("queue", "").replace("\0", "")[:50]
    case = flow_selectors.claimed_case_of(request.user, queue=queue)
    if case is None:
        case = services.claim_next(actor=request.user, queue=queue)
    if wants_json(request):
        return JsonResponse({"next": answers.claimed(case)})
    if case is None:
        messages.info(request, _("No case waits for you now."))
        return redirect("moderation:queue")
    return redirect("moderation:case", case_id=case.pk)


@login_required
@permission_required(flow_selectors.DECIDE, raise_exception=True)
@require_safe
def upcoming(request: AuthenticatedRequest) -> JsonResponse:
    """Say what would come next; nothing is claimed."""
    case = flow_selectors.peek_next(
        request.user, after=flow_selectors.uuid_or_none(request.GET.get("after"))
    )
    return JsonResponse({"next": answers.ahead(case)})


@login_required
@permission_required("moderation.view_case", raise_exception=True)
@require_POST
def renew(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Prolong one's claim while the page is looked at; say who else looks."""
    case = answers.visible_case(request, case_id)
    services.note_viewer(case_id=case.pk, actor=request.user)
    held = None
    if request.user.has_perm(flow_selectors.DECIDE):
        held = services.renew_claim(
            case_id=case.pk,
            actor=request.user,
            token=flow_selectors.uuid_or_none(request.POST.get("token")),
        )
    if not wants_json(request):
        return redirect("moderation:case", case_id=case.pk)
    return JsonResponse(
        {
            "is_mine": held is not None,
            "expires_at": held.claim_expires_at if held else None,
            "viewers": flow_selectors.viewers_of(case.pk, but=request.user),
        }
    )


@acting
def claim(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Take a case."""
    case = answers.visible_case(request, case_id)
    try:
        case = services.claim_case(case_id=case.pk, actor=request.user)
    except ModerationError as error:
        return answers.refused(request, case, error)
    if wants_json(request):
        return JsonResponse(answers.claimed(case) or {})
    minutes = CLAIM_LENGTH.seconds // 60
    messages.success(
        request, _("The case is yours for %(minutes)d minutes.") % {"minutes": minutes}
    )
    return redirect("moderation:case", case_id=case_id)


@acting
def release(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Hand a case back to the queue."""
    case = answers.visible_case(request, case_id)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    services.forget_viewer(case_id=case.pk, actor=request.user)
    try:
        services.release_case(
            case_id=case.pk, actor=request.user, token=form.cleaned_data["token"]
        )
    except ModerationError as error:
        return answers.refused(request, case, error)
    if wants_json(request):
        return JsonResponse({"released": True})
    messages.success(request, _("The case is back in the queue."))
    return redirect("moderation:case", case_id=case_id)


@acting
def skip(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Pass a case on, with a reason, and take the next."""
    case = answers.visible_case(request, case_id)
    form = BecauseForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        services.skip_case(case_id=case.pk, actor=request.user, **form.cleaned_data)
    except ModerationError as error:
        return answers.refused(request, case, error)
    following = services.claim_next(actor=request.user, after=case.pk)
    if wants_json(request):
        return JsonResponse({"next": answers.claimed(following)})
    messages.success(request, _("Skipped: others will look at that case."))
    return answers.go_on(request, following)


@acting
def undo(request: AuthenticatedRequest, decision_id: UUID) -> HttpResponse:
    """Take one's own decision back."""
    decision = get_object_or_404(
        selectors.decisions_visible_to(request.user).select_related("case"),
        pk=decision_id,
    )
    try:
        case = services.undo_decision(decision_id=decision.pk, actor=request.user)
    except ModerationError as error:
        return answers.refused(request, decision.case, error)
    if wants_json(request):
        return JsonResponse({"case": answers.claimed(case)})
    messages.success(request, _("Taken back: the case is yours again."))
    return redirect("moderation:case", case_id=case.pk)
