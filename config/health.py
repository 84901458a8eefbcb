"""Says whether this installation works, for load balancers and monitoring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from forensics.selectors import pending_count, worker_is_alive

if TYPE_CHECKING:
    from django.http import HttpRequest


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
