"""What is done with a case that is not decided now: hold, escalate, assign, comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.requests import wants_json
from moderation import services
from moderation.exceptions import ModerationError
from moderation.flow_forms import AssignForm, BecauseForm, CommentForm, HoldForm
from moderation.views import answers
from moderation.views.answers import acting

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import Case


@acting
def hold(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Let a case wait, and take the next."""
    case = answers.visible_case(request, case_id)
    form = HoldForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        services.hold_case(
            case_id=case.pk,
            actor=request.user,
            because=form.cleaned_data["because"],
            until=form.until(),
            token=form.cleaned_data["token"],
        )
    except ModerationError as error:
        return answers.refused(request, case, error)
    return _next(request, case, _("The case is on hold."))


@acting
def resume(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Put a held case back into the queue."""
    case = answers.visible_case(request, case_id)
    try:
        services.resume_case(case_id=case.pk, actor=request.user)
    except ModerationError as error:
        return answers.refused(request, case, error)
    return _stay(request, case, _("The case is back in the queue."))


@acting
def escalate(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Leave a case to the leads, and take the next."""
    case = answers.visible_case(request, case_id)
    form = BecauseForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        services.escalate_case(case_id=case.pk, actor=request.user, **form.cleaned_data)
    except ModerationError as error:
        return answers.refused(request, case, error)
    return _next(request, case, _("A lead will look at that case."))


@acting
def assign(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Give a case to somebody, or back to all."""
    case = answers.visible_case(request, case_id)
    form = AssignForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        said = _assigned(case, request, form.cleaned_data["person"])
    except ModerationError as error:
        return answers.refused(request, case, error)
    return _stay(request, case, said)


@acting
def comment(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Say something about a case; tell the writer which names mean nobody."""
    case = answers.visible_case(request, case_id)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return answers.bad_form(request, case, form)
    try:
        said = services.comment_on_case(
            case_id=case.pk, actor=request.user, text=form.cleaned_data["text"]
        )
    except ModerationError as error:
        return answers.refused(request, case, error)
    if wants_json(request):
        body = {
            "id": str(said.comment.pk),
            "author": said.comment.author_name,
            "text": said.comment.text,
            "created_at": said.comment.created_at,
        }
        return JsonResponse(
            {"comment": body, "told": said.told, "unknown": said.unknown}
        )
    if said.unknown:
        messages.warning(request, _unknown(said.unknown))
    return redirect(f"{answers.address(case)}#comments")


def _assigned(case: Case, request: AuthenticatedRequest, name: str) -> str:
    if not name:
        services.hand_back_case(case_id=case.pk, actor=request.user)
        return _("Handed back: everybody may take the case.")
    services.assign_case(case_id=case.pk, actor=request.user, username=name)
    return _("The case is for %(person)s now.") % {"person": name}


def _unknown(names: list[str]) -> str:
    return ngettext(
        "Nobody who sees cases is called %(names)s; they were not told.",
        "Nobody who sees cases is called by one of these names: %(names)s. "
        "They were not told.",
        len(names),
    ) % {"names": ", ".join(names)}


def _next(request: AuthenticatedRequest, case: Case, said: str) -> HttpResponse:
    following = services.claim_next(actor=request.user, after=case.pk)
    if wants_json(request):
        return JsonResponse({"said": said, "next": answers.claimed(following)})
    messages.success(request, said)
    return answers.go_on(request, following)


def _stay(request: AuthenticatedRequest, case: Case, said: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"said": said})
    messages.success(request, said)
    return redirect("moderation:case", case_id=case.pk)
