"""The list of images, one image with its evidence, and how its analysis stands."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from forensics import selectors
from forensics.forms import ImageFilterForm
from forensics.presentation import evidence_page, status_of, submissions_shown_to
from forensics.services import request_reanalysis
from forensics.states import USABLE, AnalysisStatus

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.requests import AuthenticatedRequest
    from forensics.models import Analysis, Image

PAGE_SIZE = 24
MAX_STATUSES = 100


@login_required
@require_safe
def image_list(request: AuthenticatedRequest) -> HttpResponse:
    """List the images this person may see, newest first."""
    form = ImageFilterForm(request.GET, user=request.user)
    images = form.apply(selectors.images_visible_to(request.user), user=request.user)
    page = form.page(
        images,
        cursor=request.GET.get("cursor"),
        details=selectors.with_list_details,
        size=PAGE_SIZE,
    )
    return render(
        request,
        "forensics/image_list.html",
        {
            "form": form,
            "page": page,
            "rows": [
                {"image": image, "name": _name(request.user, image)}
                for image in page.rows
            ],
            "is_filtered": form.is_filtered,
        },
    )


@login_required
@require_safe
def image_detail(request: AuthenticatedRequest, image_id: UUID) -> HttpResponse:
    """Show one image with the evidence of its newest (or the asked) analysis."""
    image = get_object_or_404(
        selectors.images_visible_to(request.user).prefetch_related(
            "submissions__submitted_by"
        ),
        pk=image_id,
    )
    analyses = list(selectors.with_evidence(image.analyses.all()))
    shown = _asked_analysis(request, analyses) or _best(analyses)
    submissions = submissions_shown_to(request.user, image.submissions.all())
    return render(
        request,
        "forensics/image_detail.html",
        {
            "image": image,
            "name": str(submissions[0]) if submissions else "",
            "submissions": submissions,
            "analyses": analyses,
            "latest": analyses[0] if analyses else None,
            "evidence": evidence_page(shown, tags=_tags(request)) if shown else None,
        },
    )


@login_required
@never_cache
@require_safe
def image_status(request: AuthenticatedRequest) -> JsonResponse:
    """Tell how the newest analyses of up to 100 images stand, for waiting pages."""
    ids = []
    for value in request.GET.getlist("id")[:MAX_STATUSES]:
        with contextlib.suppress(ValueError):
            ids.append(UUID(value))
    found: dict[UUID, dict[str, Any]] = {}
    analyses = selectors.analyses_visible_to(request.user).filter(image_id__in=ids)
    for analysis in analyses.select_related("image"):
        found.setdefault(analysis.image_id, status_of(analysis.image, analysis))
    return JsonResponse(
        {
            "images": list(found.values()),
            "worker_is_alive": selectors.worker_is_alive(),
            "waiting": selectors.pending_count(),
        }
    )


@login_required
@permission_required("forensics.reanalyze_image", raise_exception=True)
@require_POST
def reanalyze(request: AuthenticatedRequest, image_id: UUID) -> HttpResponse:
    """Ask for a new analysis and return to the page that asked."""
    image = get_object_or_404(selectors.images_visible_to(request.user), pk=image_id)
    request_reanalysis(image=image, requested_by=request.user)
    messages.success(
        request, gettext("A new analysis is queued. This page follows it.")
    )
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    return redirect("forensics:image-detail", image_id=image.pk)


def _tags(request: AuthenticatedRequest) -> str:
    return request.GET.get("tags", "")


def _name(user: User, image: Image) -> str:
    shown = submissions_shown_to(user, image.submissions.all())
    return str(shown[0]) if shown else ""


def _asked_analysis(
    request: AuthenticatedRequest, analyses: list[Analysis]
) -> Analysis | None:
    asked = request.GET.get("analysis")
    if asked is None:
        return None
    found = next((a for a in analyses if str(a.id) == asked), None)
    if found is None:
        raise Http404(gettext("This image has no such analysis."))
    return found


def _best(analyses: list[Analysis]) -> Analysis | None:
    """Return the newest result, else the newest failure; nothing while waiting."""
    usable = next((a for a in analyses if a.status in USABLE), None)
    failed = next((a for a in analyses if a.status == AnalysisStatus.FAILED), None)
    return usable or failed
