"""Bulk actions: chosen on a list, shown, confirmed, done once, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from moderation import bulk_forms, list_selectors, selectors
from moderation.bulk_plan import MOST_AT_ONCE, BulkAction, actions_for, plan_for
from moderation.exceptions import InvalidDecisionError, NotAllowedError
from moderation.flow_selectors import DECIDE
from moderation.list_forms import CaseListForm
from moderation.models import DecisionReason, Outcome, Priority
from moderation.services.bulk import BulkOrder, apply_bulk
from moderation.services.decisions import Verdict

if TYPE_CHECKING:
    from django import forms
    from django.db.models import QuerySet
    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest
    from moderation.bulk_forms import Shown
    from moderation.models import Case

UNPROCESSABLE = 422


@login_required
@permission_required(DECIDE, raise_exception=True)
@require_POST
def choose(request: AuthenticatedRequest) -> HttpResponse:
    """Show what an action would do to the chosen cases. Changes nothing."""
    action = request.POST.get("action", "")
    query = request.POST.get("query", "")
    if action not in dict(actions_for(request.user)):
        messages.error(request, _("Choose what to do with the cases."))
        return redirect(_list_address(query, request.user))
    cases = list(_chosen(request, query))
    if not cases:
        messages.error(request, _("Choose at least one case."))
        return redirect(_list_address(query, request.user))
    form = bulk_forms.form_for(action, user=request.user)
    return _confirmation(request, action, cases, form=form, query=query)


@login_required
@permission_required(DECIDE, raise_exception=True)
@require_POST
def confirm(request: AuthenticatedRequest) -> HttpResponse:
    """Do what was shown; sent again, show the result again."""
    query = request.POST.get("query", "")
    shown = bulk_forms.read(request.POST.get("mark", ""), request.user)
    if shown is None:
        messages.error(
            request,
            _("This confirmation is too old. Nothing was changed: choose again."),
        )
        return redirect(_list_address(query, request.user))
    form = bulk_forms.form_for(shown.action, request.POST, user=request.user)
    if not form.is_valid():
        return _again(request, shown, form, query)
    try:
        change = apply_bulk(order=_order(shown, form.cleaned_data), actor=request.user)
    except (InvalidDecisionError, NotAllowedError) as error:
        form.add_error(None, error.detail)
        return _again(request, shown, form, query)
    address = reverse("moderation:bulk-result", args=[change.pk])
    extra = QueryDict(mutable=True)
    extra["query"] = query
    return redirect(f"{address}?{extra.urlencode()}")


@login_required
@permission_required(DECIDE, raise_exception=True)
@require_safe
def result(request: AuthenticatedRequest, change_id: UUID) -> HttpResponse:
    """Show what one of this person's bulk actions did."""
    change = list_selectors.bulk_change_of(request.user, change_id)
    if change is None:
        raise Http404(_("There is no such bulk action of yours."))
    keys = [*change.changed, *(key for key, _because in change.left_out)]
    visible = selectors.cases_visible_to(request.user).filter(pk__in=keys)
    found = {str(c.pk): c for c in list_selectors.with_row_details(visible)}
    return render(
        request,
        "moderation/bulk_result.html",
        {
            "change": change,
            "action": BulkAction(change.action),
            "changed": [found[key] for key in change.changed if key in found],
            "left_out": [
                {"case": found[key], "because": because}
                for key, because in change.left_out
                if key in found
            ],
            "back": _list_address(request.GET.get("query", ""), request.user),
        },
    )


def _chosen(request: AuthenticatedRequest, query: str) -> QuerySet[Case]:
    """Return the cases that were ticked, or all that match, up to the limit."""
    visible = list_selectors.with_row_details(selectors.cases_visible_to(request.user))
    if request.POST.get("whole"):
        form = CaseListForm(QueryDict(query), user=request.user)
        sort = form.order[1]
        matching = form.ordered(form.apply(visible, user=request.user))
        return matching.order_by(*sort.fields)[:MOST_AT_ONCE]
    keys = [key for key in map(_uuid, request.POST.getlist("case")) if key]
    return visible.filter(pk__in=keys[:MOST_AT_ONCE])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _again(
    request: AuthenticatedRequest, shown: Shown, form: forms.Form, query: str
) -> HttpResponse:
    visible = selectors.cases_visible_to(request.user).filter(pk__in=shown.cases)
    cases = list(list_selectors.with_row_details(visible))
    return _confirmation(request, shown.action, cases, form=form, query=query)


def _confirmation(
    request: AuthenticatedRequest,
    action: str,
    cases: list[Case],
    *,
    form: forms.Form,
    query: str,
) -> HttpResponse:
    plan = plan_for(action, cases, actor=request.user)
    return render(
        request,
        "moderation/bulk_confirm.html",
        {
            "action": BulkAction(action),
            "plan": plan,
            "form": form,
            "mark": bulk_forms.sign(action, plan.included, request.user),
            "query": query,
            "back": _list_address(query, request.user),
            "most_at_once": MOST_AT_ONCE,
            "is_cut": len(cases) == MOST_AT_ONCE,
            "known_tags": list_selectors.tags_to_offer(request.user),
        },
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _order(shown: Shown, chosen: dict[str, Any]) -> BulkOrder:
    verdict = None
    if shown.action == BulkAction.DECIDE:
        verdict = Verdict(chosen["outcome"], chosen["reason"], chosen["note"])
    return BulkOrder(
        key=shown.key,
        action=shown.action,
        cases=shown.cases,
        username=chosen["person"].username if "person" in chosen else "",
        priority=chosen.get("priority"),
        queue=chosen.get("queue"),
        tag=chosen.get("tag", ""),
        verdict=verdict,
        words=_words(chosen),
    )


def _words(chosen: dict[str, Any]) -> str:
    """Say what was chosen, for the result and the record."""
    if chosen.get("priority"):
        return str(Priority(chosen["priority"]).label)
    if chosen.get("outcome"):
        return f"{Outcome(chosen['outcome']).label}: " + str(
            DecisionReason(chosen["reason"]).label
        )
    found = chosen.get("person") or chosen.get("queue") or chosen.get("tag") or ""
    return str(found)


def _list_address(query: str, user: User) -> str:
    """Return the list with the filters it had; nothing else that came along."""
    asked = CaseListForm(QueryDict(query[:2000]), user=user).query
    return f"{reverse('moderation:queue')}?{asked or 'status='}"
