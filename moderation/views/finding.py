"""What the palette asks: cases and images by a few characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from moderation import finding

if TYPE_CHECKING:
    from accounts.requests import AuthenticatedRequest
    from forensics.models import Image
    from moderation.models import Case


@login_required
@never_cache
@require_safe
def find(request: AuthenticatedRequest) -> JsonResponse:
    """Find cases and images by id, SHA-256, file name or a pasted address."""
    query = request.GET.get("q", "")[: finding.MAX_QUERY]
    found = finding.find(query, user=request.user)
    rows = [_case(case) for case in found.cases] + [_image(one) for one in found.images]
    return JsonResponse({"found": rows})


def _case(case: Case) -> dict[str, str]:
    name = finding.name_of(case.image)
    return {
        "kind": "case",
        "words": f"{case}: {name}" if name else str(case),
        "detail": str(case.get_status_display()),
        "url": reverse("moderation:case", args=[case.pk]),
    }


def _image(image: Image) -> dict[str, str]:
    return {
        "kind": "image",
        "words": finding.name_of(image) or str(image),
        "detail": image.sha256[:16],
        "url": reverse("forensics:image-detail", args=[image.pk]),
    }
