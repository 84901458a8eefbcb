"""Webhooks on the dashboard: endpoints, their secrets, the log, sending again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from moderation import webhook_selectors
from moderation.exceptions import ModerationError
from moderation.services import endpoints, replaying
from moderation.services.deliveries import body_of
from moderation.views.answers import UNPROCESSABLE
from moderation.webhook_forms import EndpointForm, LogForm, RotateForm, SpanForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest
    from moderation.models import WebhookEndpoint

PAGE_SIZE = 30
may_view = permission_required(webhook_selectors.VIEW, raise_exception=True)
may_manage = permission_required(webhook_selectors.MANAGE, raise_exception=True)


@login_required
@may_view
@require_safe
def listing(request: AuthenticatedRequest) -> HttpResponse:
    """List the endpoints."""
    rows = webhook_selectors.endpoints_visible_to(request.user)
    return render(request, "webhooks/list.html", {"endpoints": rows})


@login_required
@may_manage
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make an endpoint, and show its secret this once."""
    form = EndpointForm(
        request.POST if request.method == "POST" else None, person=request.user
    )
    if request.method != "POST":
        return _form_page(request, form)
    if not form.is_valid():
        return _form_page(request, form, status=UNPROCESSABLE)
    try:
        made, secret = endpoints.create_endpoint(wish=form.wish(), actor=request.user)
    except ModerationError as error:
        return _form_page(request, form, problem=error.detail, status=UNPROCESSABLE)
    return _secret_page(request, made, secret)


@login_required
@may_manage
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AuthenticatedRequest, endpoint_id: UUID) -> HttpResponse:
    """Change what an endpoint is told."""
    endpoint = _endpoint(request, endpoint_id)
    if request.method != "POST":
        return _form_page(request, EndpointForm.of(endpoint, request.user), endpoint)
    form = EndpointForm(request.POST, person=request.user)
    if not form.is_valid():
        return _form_page(request, form, endpoint, status=UNPROCESSABLE)
    try:
        endpoints.change_endpoint(
            endpoint_id=endpoint.pk, wish=form.wish(), actor=request.user
        )
    except ModerationError as error:
        return _form_page(
            request, form, endpoint, problem=error.detail, status=UNPROCESSABLE
        )
    messages.success(request, _("The webhook is stored."))
    return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)


@login_required
@may_view
@require_safe
def detail(request: AuthenticatedRequest, endpoint_id: UUID) -> HttpResponse:
    """Show an endpoint with the log of what was sent to it."""
    endpoint = _endpoint(request, endpoint_id)
    form = LogForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    rows = webhook_selectors.deliveries_visible_to(request.user)
    rows = rows.filter(endpoint=endpoint, **({"state": state} if state else {}))
    context = {
        "endpoint": endpoint,
        "form": form,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "rotate_form": RotateForm(),
        "span_form": SpanForm(),
    }
    return render(request, "webhooks/endpoint.html", context)


@login_required
@may_view
@require_safe
def delivery(request: AuthenticatedRequest, delivery_id: UUID) -> HttpResponse:
    """Show one delivery: what was sent, and what came back each time."""
    rows = webhook_selectors.deliveries_visible_to(request.user)
    found = get_object_or_404(rows, pk=delivery_id)
    context = {
        "delivery": found,
        "attempts": found.attempts.order_by("-number")[:100],
        "body": json.dumps(
            json.loads(body_of(found.event)), indent=2, ensure_ascii=False
        ),
    }
    return render(request, "webhooks/delivery.html", context)


@login_required
@may_manage
@never_cache
@require_POST
def rotate(request: AuthenticatedRequest, endpoint_id: UUID) -> HttpResponse:
    """Make a new secret, and show it this once."""
    endpoint = _endpoint(request, endpoint_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how long both secrets sign."))
        return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)
    try:
        secret = endpoints.rotate_secret(
            endpoint_id=endpoint.pk, actor=request.user, **form.cleaned_data
        )
    except ModerationError as error:
        messages.error(request, error.detail)
        return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)
    return _secret_page(request, endpoint, secret)


@login_required
@may_manage
@require_POST
def act(request: AuthenticatedRequest, endpoint_id: UUID) -> HttpResponse:
    """Switch an endpoint on or off, test it, or delete it."""
    endpoint = _endpoint(request, endpoint_id)
    key, actor = endpoint.pk, request.user
    wanted = request.POST.get("do", "")
    if wanted == "delete":
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick the box to delete the webhook."))
            return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)
        endpoints.delete_endpoint(endpoint_id=key, actor=actor)
        messages.success(request, _("The webhook is deleted."))
        return redirect("webhooks:list")
    try:
        if wanted == "test":
            endpoints.send_test(endpoint_id=key, actor=actor)
            messages.success(request, _("A test is on its way. Load the log anew."))
        elif wanted in {"on", "off"}:
            endpoints.switch_endpoint(endpoint_id=key, on=wanted == "on", actor=actor)
    except ModerationError as error:
        messages.error(request, error.detail)
    return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)


@login_required
@may_manage
@require_POST
def replay(request: AuthenticatedRequest, delivery_id: UUID) -> HttpResponse:
    """Send one event again."""
    rows = webhook_selectors.deliveries_visible_to(request.user)
    found = get_object_or_404(rows, pk=delivery_id)
    try:
        replaying.replay_delivery(delivery_id=found.pk, actor=request.user)
    except ModerationError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The event is sent again."))
    return redirect("webhooks:delivery", delivery_id=found.pk)


@login_required
@may_manage
@require_POST
def replay_span(request: AuthenticatedRequest, endpoint_id: UUID) -> HttpResponse:
    """Send again what happened in a span of time."""
    endpoint = _endpoint(request, endpoint_id)
    form = SpanForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say from when until when, as date and time."))
        return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)
    try:
        count = replaying.replay_range(
            endpoint_id=endpoint.pk, actor=request.user, **form.cleaned_data
        )
    except ModerationError as error:
        messages.error(request, error.detail)
        return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)
    said = ngettext(
        "%(count)d event is sent again.", "%(count)d events are sent again.", count
    )
    messages.success(request, said % {"count": count})
    return redirect("webhooks:endpoint", endpoint_id=endpoint.pk)


def _endpoint(request: AuthenticatedRequest, endpoint_id: UUID) -> WebhookEndpoint:
    rows = webhook_selectors.endpoints_visible_to(request.user)
    return get_object_or_404(rows, pk=endpoint_id)


def _form_page(
    request: AuthenticatedRequest,
    form: EndpointForm,
    endpoint: WebhookEndpoint | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "endpoint": endpoint, "problem": problem}
    return render(request, "webhooks/form.html", context, status=status)


def _secret_page(
    request: AuthenticatedRequest, endpoint: WebhookEndpoint, secret: str
) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": secret}
    return render(request, "webhooks/secret.html", context)
