"""What the views of the flow answer, as JSON or as a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import wants_json
from moderation import flow_selectors, quality_selectors, selectors
from moderation.exceptions import InvalidDecisionError, ModerationError
from moderation.views.case import Attempt, case_page

if TYPE_CHECKING:
    from uuid import UUID

    from django import forms
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import Case, Decision

CONFLICT, UNPROCESSABLE = 409, 422
UNDO = "undo-"
View = TypeVar("View", bound=Callable[..., Any])


def acting(view: View) -> View:
    """Let only those who decide cases call a view, and only by POST."""
    guarded: View = login_required(
        permission_required(flow_selectors.DECIDE, raise_exception=True)(
            require_POST(view)
        )
    )
    return guarded


def visible_case(request: AuthenticatedRequest, case_id: UUID) -> Case:
    """Return a case that this person may see, or answer 404."""
    return get_object_or_404(selectors.cases_visible_to(request.user), pk=case_id)


def claimed(case: Case | None) -> dict[str, Any] | None:
    """Describe a case to the one who holds it."""
    if case is None:
        return None
    return {
        "id": str(case.pk),
        "url": address(case),
        "token": str(case.claim_token),
        "expires_at": case.claim_expires_at,
    }


def ahead(case: Case | None) -> dict[str, Any] | None:
    """Describe a case that comes next to somebody who does not hold it."""
    if case is None:
        return None
    preview = selectors.preview_of(case)
    picture = reverse("forensics:evidence", args=[preview.pk]) if preview else None
    return {"id": str(case.pk), "url": address(case), "picture": picture}


def address(case: Case) -> str:
    """Return where a case is."""
    return reverse("moderation:case", args=[case.pk])


def made(decision: Decision) -> dict[str, Any]:
    """Describe a decision to the one who made it."""
    return {
        "id": str(decision.pk),
        "outcome": decision.outcome,
        "undo_url": reverse("moderation:undo", args=[decision.pk])
        if decision.final_at > decision.created_at
        else None,
        "final_at": decision.final_at,
    }


def training(decision: Decision) -> dict[str, Any] | None:
    """Tell the answer of a case that had a known one, calmly; None of any other."""
    check = quality_selectors.golden_result_of(decision)
    if check is None:
        return None
    answer = check.get_expected_display()
    text = _("This one had a known answer: %(answer)s.") % {"answer": answer}
    if check.matched:
        text = f"{text} {_('You found it.')}"
    return {
        "matched": check.matched,
        "text": f"{text} {check.answer.note}",
        "url": address(decision.case),
    }


def status_of(error: ModerationError) -> int:
    """Return the HTTP status that fits an error of a service."""
    return UNPROCESSABLE if isinstance(error, InvalidDecisionError) else CONFLICT


def problem(
    text: str,
    *,
    status: int,
    errors: dict[str, list[str]] | None = None,
    offer: Case | None = None,
) -> JsonResponse:
    """Answer that nothing was changed: why, in which fields, and what comes next."""
    body = {"problem": text, "errors": errors or {}, "next": ahead(offer)}
    return JsonResponse(body, status=status)


def form_problem(form: forms.Form) -> JsonResponse:
    """Answer what is wrong with the fields that were sent."""
    errors = {name: [str(one) for one in found] for name, found in form.errors.items()}
    text = " ".join(one for found in errors.values() for one in found)
    return problem(text, status=UNPROCESSABLE, errors=errors)


def refused(
    request: AuthenticatedRequest, case: Case, error: ModerationError
) -> HttpResponse:
    """Say why an action did not go through, on the case's page or as JSON."""
    if wants_json(request):
        offer = flow_selectors.peek_next(request.user, after=case.pk)
        return problem(error.detail, status=status_of(error), offer=offer)
    return _page(request, case, error.detail, status_of(error))


def bad_form(
    request: AuthenticatedRequest, case: Case, form: forms.Form
) -> HttpResponse:
    """Say what is wrong with the fields, on the case's page or as JSON."""
    if wants_json(request):
        return form_problem(form)
    text = " ".join(str(one) for found in form.errors.values() for one in found)
    return _page(request, case, text, UNPROCESSABLE)


def _page(
    request: AuthenticatedRequest, case: Case, text: str, status: int
) -> HttpResponse:
    typed = request.POST.get("because") or request.POST.get("text") or ""
    return case_page(request, case.pk, Attempt(problem=text, status=status, kept=typed))


def go_on(request: AuthenticatedRequest, case: Case | None) -> HttpResponse:
    """Lead to the case that was claimed, or say that none waits."""
    if case is None:
        messages.info(request, _("Nothing else waits for you."))
        return redirect("moderation:queue")
    return redirect("moderation:case", case_id=case.pk)


def offer_undo(request: AuthenticatedRequest, decision: Decision, text: str) -> None:
    """Say what was decided, with a button that takes it back."""
    messages.success(request, text, extra_tags=f"{UNDO}{decision.pk}")
