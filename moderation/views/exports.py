"""Lists as CSV: the same filters, every cell harmless, on record before it leaves."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from forensics.forms import ImageFilterForm
from forensics.presentation import submissions_shown_to
from forensics.selectors import images_visible_to
from forensics.selectors import with_list_details as with_image_details
from moderation import list_selectors, selectors
from moderation.csv_cells import csv_lines
from moderation.exceptions import NotAllowedError
from moderation.list_forms import CaseListForm, DecisionListForm
from moderation.services.exports import begin_export

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseBase

    from accounts.models import User
    from accounts.requests import AuthenticatedRequest
    from forensics.keyset import Details
    from forensics.lists import ListForm
    from forensics.models import Image
    from moderation.models import Case, Decision

AT_ONCE = 500


@login_required
@require_POST
def export(request: AuthenticatedRequest, list_name: str) -> HttpResponseBase:
    """Send a list as CSV, in its order and with its filters."""
    if list_name not in _LISTS:
        raise Http404(gettext("There is no such list."))
    make_form, visible_to, details, header, row = _LISTS[list_name]
    form: ListForm = make_form(request.GET, user=request.user)
    rows = form.ordered(form.apply(visible_to(request.user), user=request.user))
    try:
        count = begin_export(
            actor=request.user, list_name=list_name, query=form.query, rows=rows
        )
    except NotAllowedError as error:
        raise PermissionDenied(error.detail) from error
    lines = csv_lines(
        chain(
            [header],
            (row(one, request) for one in _walk(form, rows, details, count)),
        )
    )
    stamp = timezone.now().strftime("%Y%m%d-%H%M%S")
    return StreamingHttpResponse(
        chain(["\ufeff"], lines),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{list_name}-{stamp}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _walk(
    form: ListForm, rows: QuerySet[Any], details: Details, count: int
) -> Iterator[Any]:
    """Yield so many rows, some at a time: an export needs no more memory for more."""
    cursor = None
    while count > 0:
        size = min(AT_ONCE, count)
        page = form.page(rows, cursor=cursor, details=details, size=size)
        yield from page.rows
        count -= len(page.rows)
        cursor = page.next
        if not cursor:
            return


def _moment(value: Any) -> str:
    return value.isoformat(timespec="seconds") if value else ""


def _name(image: Image, user: User) -> str:
    shown = submissions_shown_to(user, image.submissions.all())
    return str(shown[0]) if shown else ""


def _address(request: HttpRequest, name: str, key: object) -> str:
    return request.build_absolute_uri(reverse(name, args=[key]))


CASE_COLUMNS = (
    "case",
    "address",
    "file_name",
    "sha256",
    "status",
    "outcome",
    "priority",
    "queue",
    "verdict",
    "score",
    "opened_because",
    "opened_at",
    "due_at",
    "decided_at",
    "uploader",
    "received_at",
    "door",
    "format",
    "assigned_to",
    "claimed_by",
    "tags",
)


def _case_row(case: Case, request: AuthenticatedRequest) -> list[object]:
    return [
        case.pk,
        _address(request, "moderation:case", case.pk),
        _name(case.image, request.user),
        case.image.sha256,
        case.status,
        case.outcome,
        case.get_priority_display(),
        case.queue.slug,
        case.machine_verdict,
        case.machine_score,
        case.opened_because,
        _moment(case.opened_at),
        _moment(case.due_at),
        _moment(case.decided_at),
        case.uploader.username if case.uploader else "",
        _moment(case.received_at),
        case.door,
        case.image_format,
        case.assigned_to.username if case.assigned_to else "",
        case.claimed_by.username if case.claimed_by else "",
        "; ".join(str(one.tag) for one in case.case_tags.all()),
    ]


IMAGE_COLUMNS = (
    "image",
    "address",
    "file_name",
    "sha256",
    "format",
    "width",
    "height",
    "byte_size",
    "received_at",
    "analysis",
    "verdict",
    "score",
)


def _image_row(image: Image, request: AuthenticatedRequest) -> list[object]:
    analysis = image.current_analysis
    return [
        image.pk,
        _address(request, "forensics:image-detail", image.pk),
        _name(image, request.user),
        image.sha256,
        image.format,
        image.width,
        image.height,
        image.byte_size,
        _moment(image.created_at),
        analysis.status if analysis else "",
        analysis.verdict if analysis else "",
        analysis.score if analysis else None,
    ]


DECISION_COLUMNS = (
    "decision",
    "case",
    "address",
    "file_name",
    "sha256",
    "outcome",
    "reason",
    "note",
    "decided_by",
    "made_at",
    "is_automatic",
    "machine_verdict",
    "machine_score",
    "withdrawn_at",
    "withdrawn_because",
)


def _decision_row(decision: Decision, request: AuthenticatedRequest) -> list[object]:
    return [
        decision.pk,
        decision.case_id,
        _address(request, "moderation:case", decision.case_id),
        _name(decision.case.image, request.user),
        decision.image_sha256,
        decision.outcome,
        decision.reason,
        decision.note,
        decision.decided_by_name,
        _moment(decision.created_at),
        decision.is_automatic,
        decision.machine_verdict,
        decision.machine_score,
        _moment(decision.withdrawn_at),
        decision.withdrawn_because,
    ]


_LISTS: dict[str, tuple[Any, Callable[..., Any], Callable[..., Any], Any, Any]] = {
    "cases": (
        CaseListForm,
        selectors.cases_visible_to,
        list_selectors.with_row_details,
        CASE_COLUMNS,
        _case_row,
    ),
    "images": (
        ImageFilterForm,
        images_visible_to,
        with_image_details,
        IMAGE_COLUMNS,
        _image_row,
    ),
    "decisions": (
        DecisionListForm,
        selectors.decisions_visible_to,
        list_selectors.with_decision_details,
        DECISION_COLUMNS,
        _decision_row,
    ),
}
