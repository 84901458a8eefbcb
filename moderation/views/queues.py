"""Queues on the dashboard: what waits in each, and how each works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from moderation import policy_pages
from moderation.condition_rows import (
    check_rows,
    conditions_of,
    kinds_to_add,
    rows_from,
    rows_of,
    wants_rows_changed,
)
from moderation.exceptions import ModerationError
from moderation.models import Queue
from moderation.models.queues import DEFAULT_QUEUE
from moderation.policy_forms import CloseForm, QueueForm
from moderation.policy_selectors import queues_visible_to
from moderation.rule_words import sentence
from moderation.services import queues as services
from moderation.views.answers import CONFLICT, UNPROCESSABLE

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.condition_rows import Row

VIEW, ADD = "moderation.view_queue", "moderation.add_queue"
CHANGE = "moderation.change_queue"


@login_required
@permission_required(VIEW, raise_exception=True)
@require_safe
def queues(request: AuthenticatedRequest) -> HttpResponse:
    """List every queue with what waits in it."""
    context = {"rows": policy_pages.queue_rows(request.user), "default": DEFAULT_QUEUE}
    return render(request, "moderation/queues.html", context)


@login_required
@permission_required(ADD, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make a queue."""
    return _edit(
        request,
        Queue(
            organization=request.user.organization,
            position=services.new_position(request.user),
        ),
    )


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Change a queue."""
    return _edit(request, get_object_or_404(queues_visible_to(request.user), slug=slug))


def _edit(request: AuthenticatedRequest, queue: Queue) -> HttpResponse:
    if request.method != "POST":
        return _page(request, QueueForm(instance=queue), rows_of(queue.conditions))
    rows, form = rows_from(request.POST), QueueForm(request.POST, instance=queue)
    if wants_rows_changed(request.POST):
        return _page(request, form, rows)
    conditions, are_valid = check_rows(rows)
    if not (form.is_valid() and are_valid):
        return _page(request, form, rows, status=UNPROCESSABLE)
    try:
        saved = services.save_queue(
            queue=form.queue(conditions),
            members=list(form.cleaned_data["members"]),
            actor=request.user,
        )
    except ModerationError as error:
        return _page(request, form, rows, problem=error.detail, status=CONFLICT)
    messages.success(request, _("The queue “%(queue)s” is stored.") % {"queue": saved})
    return redirect("moderation:queues")


def _page(
    request: AuthenticatedRequest,
    form: QueueForm,
    rows: list[Row],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    slug = form.instance.slug
    visible = queues_visible_to(request.user)
    stored = visible.filter(slug=slug).first() if form.instance.pk else None
    may_close = stored is not None and stored.is_active and slug != DEFAULT_QUEUE
    context = {
        "queue": stored,
        "form": form,
        "rows": rows,
        "kinds": kinds_to_add(),
        "takes_rules": slug != DEFAULT_QUEUE,
        "preview": _told(rows),
        "problem": problem,
        "waiting": policy_pages.waiting_in(stored) if stored else 0,
        "close_form": CloseForm(queue=stored) if stored and may_close else None,
    }
    return render(request, "moderation/queue_form.html", context, status=status)


@login_required
@permission_required(VIEW, raise_exception=True)
@require_POST
def preview(request: AuthenticatedRequest) -> HttpResponse:
    """Tell the rules in words as they are typed; nothing is stored."""
    return JsonResponse(_told(rows_from(request.POST)))


def _told(rows: list[Row]) -> dict[str, object]:
    conditions = conditions_of(rows)
    told = sentence(conditions) if rows else _("No rule sends cases here.")
    return {
        "conditions": told,
        "action": "",
        "left_out": len(rows) - len(conditions),
    }


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def move(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Let a queue's rules be tried one place earlier or later."""
    queue = get_object_or_404(queues_visible_to(request.user), slug=slug)
    try:
        services.move_queue(
            queue=queue, up=bool(request.POST.get("up")), actor=request.user
        )
    except ModerationError as error:
        messages.error(request, error.detail)
    return redirect("moderation:queues")


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def close(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Close a queue; what waits in it goes to another one."""
    queue = get_object_or_404(queues_visible_to(request.user), slug=slug)
    form = CloseForm(request.POST, queue=queue)
    if not form.is_valid():
        messages.error(request, _("Choose where its cases go."))
        return redirect("moderation:queue-edit", slug=slug)
    into = form.cleaned_data["into"]
    try:
        moved = services.close_queue(queue=queue, into=into, actor=request.user)
    except ModerationError as error:
        messages.error(request, error.detail)
        return redirect("moderation:queue-edit", slug=slug)
    messages.success(
        request,
        ngettext(
            "The queue is closed; %(count)d case went to “%(queue)s”.",
            "The queue is closed; %(count)d cases went to “%(queue)s”.",
            moved,
        )
        % {"count": moved, "queue": into},
    )
    return redirect("moderation:queues")


@login_required
@permission_required(CHANGE, raise_exception=True)
@require_POST
def reopen(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Open a closed queue again."""
    queue = get_object_or_404(queues_visible_to(request.user), slug=slug)
    queue.is_active = True
    services.save_queue(queue=queue, actor=request.user)
    messages.success(request, _("The queue “%(queue)s” is open.") % {"queue": queue})
    return redirect("moderation:queues")
