"""Policies on the dashboard: the list, one with its history, the draft's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from moderation import policy_pages, services
from moderation.backtest_selectors import backtests_of
from moderation.condition_rows import (
    check_rows,
    conditions_of,
    kinds_to_add,
    rows_from,
    rows_of,
    wants_rows_changed,
)
from moderation.exceptions import ModerationError, NotAllowedError
from moderation.models import Policy, PolicyVersion, Priority, VersionState
from moderation.policy_forms import SIZES, BacktestForm, DraftForm, NameForm
from moderation.policy_selectors import policies_visible_to
from moderation.rule_words import action_words, sentence
from moderation.views.answers import CONFLICT, UNPROCESSABLE

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.condition_rows import Row

VIEW, ADD = "moderation.view_policy", "moderation.add_policy"
CHANGE = "moderation.change_policy"
SHOWN_BACKTESTS = 10


@login_required
@permission_required(VIEW, raise_exception=True)
@require_safe
def policies(request: AuthenticatedRequest) -> HttpResponse:
    """List every policy in the order in which they are tried."""
    rows = policy_pages.policy_rows(request.user)
    return render(request, "moderation/policies.html", {"rows": rows})


@login_required
@permission_required(VIEW, raise_exception=True)
@require_safe
def policy(request: AuthenticatedRequest, policy_id: int) -> HttpResponse:
    """Show one policy: what is at work, the draft, the history, the back-tests."""
    found = get_object_or_404(policies_visible_to(request.user), pk=policy_id)
    history = policy_pages.history_of(found)
    current = {words.version.state: words for words, _lines in history}
    context = {
        "policy": found,
        "history": history,
        "live": current.get(VersionState.LIVE),
        "shadow": current.get(VersionState.SHADOW),
        "draft": current.get(VersionState.DRAFT),
        "backtests": backtests_of(found)[:SHOWN_BACKTESTS],
        "backtest_form": BacktestForm(),
        "sizes": SIZES,
    }
    return render(request, "moderation/policy.html", context)


@login_required
@permission_required(ADD, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make a policy with its first draft."""
    return _edit(request, None, None)


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AuthenticatedRequest, policy_id: int) -> HttpResponse:
    """Change the draft; where there is none, begin with what is at work."""
    found = get_object_or_404(policies_visible_to(request.user), pk=policy_id)
    return _edit(request, found, _start_of(found))


def _start_of(found: Policy) -> PolicyVersion | None:
    by_state = {v.state: v for v in found.versions.order_by("number")}
    for state in VersionState.DRAFT, VersionState.LIVE, VersionState.SHADOW:
        if state in by_state:
            return by_state[state]
    return found.versions.order_by("-number").first()


def _edit(
    request: AuthenticatedRequest, found: Policy | None, start: PolicyVersion | None
) -> HttpResponse:
    named = found or Policy(organization=request.user.organization)
    if request.method != "POST":
        rows = rows_of(start.conditions) if start else []
        form = (
            DraftForm.of(start, user=request.user)
            if start
            else DraftForm(user=request.user)
        )
        return _form_page(request, found, NameForm(instance=named), form, rows)
    rows = rows_from(request.POST)
    form = DraftForm(request.POST, user=request.user)
    name_form = NameForm(request.POST, instance=named)
    if wants_rows_changed(request.POST):
        return _form_page(request, found, name_form, form, rows)
    conditions, are_valid = check_rows(rows)
    if not (name_form.is_valid() and form.is_valid() and are_valid):
        return _form_page(request, found, name_form, form, rows, status=UNPROCESSABLE)
    try:
        saved = _save(request, found, name_form, form.draft(conditions))
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    except (ModerationError, ValidationError) as error:
        problem = getattr(error, "detail", "") or " ".join(error.messages)  # type: ignore[union-attr]
        return _form_page(
            request, found, name_form, form, rows, problem=problem, status=CONFLICT
        )
    messages.success(request, _("The draft is stored. Nothing is at work yet."))
    return redirect("moderation:policy", policy_id=saved.pk)


def _save(
    request: AuthenticatedRequest,
    found: Policy | None,
    name_form: NameForm,
    draft: services.Draft,
) -> Policy:
    named = {name: name_form.cleaned_data[name] for name in ("name", "description")}
    if found is None:
        return services.create_policy(**named, draft=draft, actor=request.user)
    if name_form.has_changed():
        services.rename_policy(policy=found, **named, actor=request.user)
    services.save_draft(policy=found, draft=draft, actor=request.user)
    return found


def _form_page(  # noqa: PLR0913 - what the page shows, each by its name
    request: AuthenticatedRequest,
    found: Policy | None,
    name_form: NameForm,
    form: DraftForm,
    rows: list[Row],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    preview = _preview(form, rows) if form.is_bound else _initial_preview(form, rows)
    context = {
        # A form with a wrong name has set it on its row: the page keeps the old one.
        "policy": Policy.objects.get(pk=found.pk) if found else None,
        "name_form": name_form,
        "form": form,
        "rows": rows,
        "kinds": kinds_to_add(),
        "preview": preview,
        "problem": problem,
    }
    return render(request, "moderation/policy_form.html", context, status=status)


@login_required
@permission_required(VIEW, raise_exception=True)
@require_POST
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """Tell in words what is typed; nothing is stored."""
    form = DraftForm(request.POST, user=request.user)
    return JsonResponse(_preview(form, rows_from(request.POST)))


def _preview(form: DraftForm, rows: list[Row]) -> dict[str, Any]:
    """Tell what was typed, as far as it makes sense."""
    form.is_valid()
    return _told(getattr(form, "cleaned_data", {}), rows)


def _initial_preview(form: DraftForm, rows: list[Row]) -> dict[str, Any]:
    return _told(
        {
            name: form.get_initial_for_field(field, name)
            for name, field in form.fields.items()
        },
        rows,
    )


def _told(given: dict[str, Any], rows: list[Row]) -> dict[str, Any]:
    conditions = conditions_of(rows)
    queue, number = given.get("queue"), given.get("priority") or Priority.NORMAL
    return {
        "conditions": sentence(conditions),
        "action": action_words(
            given.get("action") or "open",
            queue=queue.name if queue else "",
            priority=str(Priority(number).label),
            needs_approval=bool(given.get("needs_approval")),
        ),
        "left_out": len(rows) - len(conditions),
    }
