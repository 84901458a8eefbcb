"""The record for those who may read it: narrowed, page by page, or as a file."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from moderation import audit_selectors
from moderation.audit_forms import AuditFilterForm
from moderation.audit_words import details_of, words_for
from moderation.csv_cells import csv_lines
from moderation.models import AuditCheck
from moderation.services import record_audit_export

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from accounts.requests import AuthenticatedRequest
    from moderation.models import AuditEvent

COLUMNS = (
    "position",
    "at",
    "action",
    "action_in_words",
    "person",
    "address",
    "case",
    "image",
    "policy",
    "details",
    "data",
    "previous_hash",
    "hash",
)


@login_required
@permission_required(audit_selectors.READ, raise_exception=True)
@require_safe
def listing(request: AuthenticatedRequest) -> HttpResponse:
    """Show the record, the newest first."""
    form = AuditFilterForm(request.GET)
    events = form.filters().apply(audit_selectors.events_visible_to(request.user))
    page = audit_selectors.page_of(
        events,
        before=form.cleaned_data.get("before"),
        after=form.cleaned_data.get("after"),
    )
    return render(
        request,
        "moderation/audit.html",
        {
            "form": form,
            "page": page,
            "rows": [
                {"event": event, "details": details_of(event)} for event in page.rows
            ],
            "shows_chain": audit_selectors.may_see_the_chain(request.user),
            "check": AuditCheck.objects.first(),
            "head": audit_selectors.stored_head(),
        },
        status=200 if form.is_valid() else 422,
    )


@login_required
@permission_required(audit_selectors.READ, raise_exception=True)
@require_POST
def export(request: AuthenticatedRequest) -> HttpResponseBase:
    """Send the record, narrowed alike, as CSV: on record before anything leaves."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return listing(request)
    asked = request.GET.copy()
    for name in ("before", "after"):
        asked.pop(name, None)
    last = record_audit_export(actor=request.user, query=asked.urlencode()[:1000])
    events = audit_selectors.events_visible_to(request.user)
    narrowed = form.filters().apply(events.filter(position__lt=last))
    lines = csv_lines(
        chain([COLUMNS], (_cells(one) for one in audit_selectors.walk(narrowed)))
    )
    stamp = timezone.now().strftime("%Y%m%d-%H%M%S")
    return StreamingHttpResponse(
        chain(["\ufeff"], lines),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="audit-{stamp}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _cells(event: AuditEvent) -> list[Any]:
    return [
        event.position,
        event.at.isoformat(),
        event.action,
        words_for(event.action),
        event.actor_name or _("the system"),
        event.address,
        event.case_id,
        event.image,
        event.policy_id,
        "; ".join(details_of(event)),
        json.dumps(event.data, ensure_ascii=False, sort_keys=True),
        event.previous_hash,
        event.hash,
    ]
