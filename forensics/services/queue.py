"""The durable queue: analysis rows with leases. The task engine only wakes workers.

A job lost by the engine, or with its worker, is found again here: every row says
whether it was dispatched, who holds it, until when, and how often it was tried.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from forensics.exceptions import LeaseLostError
from forensics.models import Analysis, Image, Trigger, Worker
from forensics.states import USABLE, AnalysisStatus

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

# A row that should have a job but seems to have none is offered to the engine again.
NEVER_DISPATCHED = timedelta(seconds=15)
DISPATCHED_LONG_AGO = timedelta(minutes=2)
AT_ONCE = 100
GIVEN = ("image", "requested_by")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to one analysis, for a while."""

    analysis_id: UUID
    token: UUID
    attempt: int


def create_analysis(
    *, image: Image, requested_by: User | None, trigger: Trigger = Trigger.SUBMISSION
) -> Analysis:
    """Make a queued row; the caller enqueues it when its transaction commits."""
    analysis = Analysis(image=image, requested_by=requested_by, trigger=trigger)
    # What the database checks anyway is not asked of it beforehand, query by query.
    analysis.full_clean(
        exclude=GIVEN, validate_unique=False, validate_constraints=False
    )
    analysis.save(force_insert=True)
    current = image.current_analysis
    if current is None or current.status not in USABLE:
        image.current_analysis = analysis
        image.save(update_fields=["current_analysis"])
    return analysis


def enqueue_analysis(*, analysis_id: UUID) -> None:
    """Hand an analysis to the task engine; a failure leaves it for the next sweep."""
    try:
        import_string(settings.ANALYSIS_TASK).enqueue(str(analysis_id))
        Analysis.objects.filter(id=analysis_id).update(dispatched_at=timezone.now())
    except Exception:  # any engine's error: the row waits, recover_analyses() retries
        logger.exception("analysis %s could not be handed to the queue", analysis_id)


def lease_analysis(*, analysis_id: UUID) -> Lease | None:
    """Take a queued analysis for this worker, or None when it is not to be had."""
    token = uuid4()
    now = timezone.now()
    taken = Analysis.objects.filter(
        id=analysis_id, status=AnalysisStatus.QUEUED
    ).update(
        status=AnalysisStatus.RUNNING,
        lease_token=token,
        lease_expires_at=now + timedelta(seconds=settings.LEASE_SECONDS),
        started_at=now,
        attempts=F("attempts") + 1,
    )
    if not taken:
        return None
    attempt = Analysis.objects.values_list("attempts", flat=True).get(id=analysis_id)
    return Lease(analysis_id, token, attempt)


def renew_lease(lease: Lease) -> None:
    """Prolong a lease from now.

    Raises
    ------
    LeaseLostError
        It expired and the analysis was queued again or given up meanwhile.
    """
    until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
    kept = Analysis.objects.filter(
        id=lease.analysis_id, lease_token=lease.token
    ).update(lease_expires_at=until)
    if not kept:
        raise LeaseLostError(f"analysis {lease.analysis_id} belongs to another worker")


def release_lease(lease: Lease, *, because: str) -> None:
    """Give an analysis back to the queue, or fail it when its tries are used up."""
    with transaction.atomic():
        analysis = (
            Analysis.objects.select_for_update()
            .filter(id=lease.analysis_id, lease_token=lease.token)
            .first()
        )
        if analysis is not None:
            _requeue_or_fail(analysis, because)


def hand_back(lease: Lease) -> None:
    """Give an analysis back that nothing went wrong with; it costs no attempt."""
    with transaction.atomic():
        returned = Analysis.objects.filter(
            id=lease.analysis_id, lease_token=lease.token
        ).update(
            status=AnalysisStatus.QUEUED,
            lease_token=None,
            lease_expires_at=None,
            dispatched_at=None,
            attempts=F("attempts") - 1,
        )
        if returned:
            transaction.on_commit(
                lambda: enqueue_analysis(analysis_id=lease.analysis_id)
            )


def recover_analyses(*, now: datetime | None = None) -> int:
    """Requeue what a lost worker or a lost job left behind; return how many.

    Safe to call from every worker as often as wanted: rows are locked, and a row
    enqueued twice is run once, because only a queued row can be leased.
    """
    now = now or timezone.now()
    return _recover_expired(now) + _recover_undispatched(now)


def _recover_undispatched(now: datetime) -> int:
    """Offer rows to the engine again that seem to have no job.

    While any analysis runs, a row that was dispatched long ago is most likely only
    waiting its turn: a backlog must not double itself.
    """
    lost = Q(dispatched_at__isnull=True, queued_at__lt=now - NEVER_DISPATCHED)
    if not Analysis.objects.filter(status=AnalysisStatus.RUNNING).exists():
        lost |= Q(dispatched_at__lt=now - DISPATCHED_LONG_AGO)
    rows = Analysis.objects.filter(lost, status=AnalysisStatus.QUEUED)
    count = 0
    for analysis_id in list(rows.values_list("id", flat=True)[:AT_ONCE]):
        # Of several workers that see the same row, the one whose update counts acts.
        if rows.filter(id=analysis_id).update(dispatched_at=now):
            enqueue_analysis(analysis_id=analysis_id)
            count += 1
    return count


def _recover_expired(now: datetime) -> int:
    expired = Analysis.objects.filter(
        status=AnalysisStatus.RUNNING, lease_expires_at__lt=now
    )
    count = 0
    for analysis_id in list(expired.values_list("id", flat=True)):
        with transaction.atomic():
            analysis = (
                expired.select_for_update(skip_locked=True)
                .filter(id=analysis_id)
                .first()
            )
            if analysis is None:
                continue
            _requeue_or_fail(analysis, "the worker was lost or took too long")
            count += 1
    return count


def _requeue_or_fail(analysis: Analysis, because: str) -> None:
    analysis.lease_token = None
    analysis.lease_expires_at = None
    logger.warning(
        "analysis %s, attempt %s: %s", analysis.id, analysis.attempts, because
    )
    if analysis.attempts < settings.MAX_ATTEMPTS:
        analysis.status = AnalysisStatus.QUEUED
        analysis.dispatched_at = None
        analysis.save()
        transaction.on_commit(lambda: enqueue_analysis(analysis_id=analysis.id))
        return
    analysis.status = AnalysisStatus.FAILED
    analysis.finished_at = timezone.now()
    analysis.error_code = "gave_up"
    analysis.error_detail = (
        f"Given up after {analysis.attempts} attempts; the last one ended because "
        f"{because}. Re-analyze it, or look into the worker's log."
    )
    analysis.save()
    tell_failed(analysis)


def tell_failed(analysis: Analysis) -> None:
    """Let whoever wants to know hear of it, inside the caller's transaction."""
    import_string(settings.ANALYSIS_FAILED)(analysis)


def record_worker(*, name: str, started_at: datetime) -> None:
    """Note that a worker is alive."""
    Worker.objects.update_or_create(
        name=name, defaults={"started_at": started_at, "seen_at": timezone.now()}
    )


def retire_worker(*, name: str) -> None:
    """Forget a worker that ended on purpose, and any silent for a day."""
    day_ago = timezone.now() - timedelta(days=1)
    Worker.objects.filter(Q(name=name) | Q(seen_at__lt=day_ago)).delete()
