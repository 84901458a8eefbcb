"""Cases that belong together: choose, confirm, decide all of them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.requests import wants_json
from moderation import flow_selectors, selectors, services
from moderation.exceptions import ModerationError
from moderation.flow_forms import RelatedForm
from moderation.related import related_cases
from moderation.services.decisions import Verdict
from moderation.views import answers

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import Case


@login_required
@permission_required(flow_selectors.DECIDE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def related(request: AuthenticatedRequest, case_id: UUID) -> HttpResponse:
    """Show what belongs to a case; decide what was chosen, once it is confirmed."""
    case = get_object_or_404(
        selectors.with_list_details(selectors.cases_visible_to(request.user)),
        pk=case_id,
    )
    if request.method != "POST":
        return _page(request, case, RelatedForm())
    form = RelatedForm(request.POST)
    if not form.is_valid():
        if wants_json(request):
            return answers.form_problem(form)
        return _page(request, case, form, status=answers.UNPROCESSABLE)
    if not form.cleaned_data["confirm"]:
        return _confirm(request, case, form)
    return _decide(request, case, form)


def _confirm(
    request: AuthenticatedRequest, case: Case, form: RelatedForm
) -> HttpResponse:
    found = related_cases(case, user=request.user, only=form.chosen)
    if {one.case.pk for one in found} != set(form.chosen) - {case.pk}:
        gone = _("Some of the chosen cases do not wait for you any more. Choose again.")
        return _page(request, case, form, problem=gone, status=answers.CONFLICT)
    return render(
        request,
        "moderation/related_confirm.html",
        _context(request, case, form) | {"related": found},
    )


def _decide(
    request: AuthenticatedRequest, case: Case, form: RelatedForm
) -> HttpResponse:
    seen = {case.pk: form.cleaned_data["analysis"], **form.chosen}
    words = {name: form.cleaned_data[name] for name in ("outcome", "reason", "note")}
    try:
        decision = services.decide_together(
            case_id=case.pk,
            seen=seen,
            actor=request.user,
            verdict=Verdict(**words),
            token=form.cleaned_data["token"],
        )
    except ModerationError as error:
        if wants_json(request):
            return answers.refused(request, case, error)
        return _page(request, case, form, problem=error.detail, status=answers.CONFLICT)
    following = services.claim_next(actor=request.user, after=case.pk)
    if wants_json(request):
        return JsonResponse(
            {
                "decision": answers.made(decision),
                "decided": len(seen),
                "next": answers.claimed(following),
            }
        )
    said = ngettext(
        "Recorded for %(count)d case: %(outcome)s.",
        "Recorded for %(count)d cases: %(outcome)s.",
        len(seen),
    ) % {"count": len(seen), "outcome": decision.get_outcome_display().lower()}
    answers.offer_undo(request, decision, said)
    return answers.go_on(request, following)


def _page(
    request: AuthenticatedRequest,
    case: Case,
    form: RelatedForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = _context(request, case, form) | {
        "related": related_cases(case, user=request.user),
        "problem": problem,
    }
    return render(request, "moderation/related_choose.html", context, status=status)


def _context(
    request: AuthenticatedRequest, case: Case, form: RelatedForm
) -> dict[str, Any]:
    return {
        "case": case,
        "form": form,
        "chosen": set(form.chosen),
        "is_mine": case.claimed_by_id == request.user.pk,
    }
