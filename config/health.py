"""Says whether this installation works, for load balancers and monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from forensics.selectors import pending_count, worker_is_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class HealthMiddleware:
    """Answers probes before anything looks at the host name or asks for TLS.

    Probes come from inside: by address, without TLS, under no name of ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass on everything else."""
        if request.path == reverse("health"):
            return health(request)
        return self.get_response(request)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 while web and database work; a silent worker is reported, not fatal.

    Restarting the web process would not bring a worker back, so the status code
    speaks of this process and its database only.
    """
    try:
        is_alive, queued = worker_is_alive(), pending_count()
    except DatabaseError:
        return JsonResponse({"status": "failing", "database": "failing"}, status=503)
    return JsonResponse(
        {
            "status": "ok",
            "database": "ok",
            "worker": "alive" if is_alive else "silent",
            "queued": queued,
        }
    )
