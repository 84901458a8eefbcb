"""Running an analysis: lease, compute outside any transaction, write once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from forensics import files
from forensics.analysis.report import (
    models_to_json,
    reasons_to_json,
    uncertainty_to_json,
)
from forensics.analysis.types import EvidenceImage, ImageRejectedError, Report
from forensics.exceptions import LeaseLostError, StorageError
from forensics.heartbeat import Heartbeat
from forensics.localized import areas_of
from forensics.metadata_search import searchable_text
from forensics.models import (
    Analysis,
    EvidenceFile,
    Finding,
    Image,
    LocalizedArea,
    MetadataText,
    Trigger,
)
from forensics.services.known import recognize, store_fingerprint
from forensics.services.pipeline import current_pipeline
from forensics.services.queue import (
    Lease,
    create_analysis,
    enqueue_analysis,
    hand_back,
    lease_analysis,
    release_lease,
    renew_lease,
    tell_failed,
)
from forensics.services.search import index_image
from forensics.states import PENDING, AnalysisStatus

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from forensics.known import BankMatch

logger = logging.getLogger(__name__)

OnCompleted = Callable[[Analysis], object]


def request_reanalysis(*, image: Image, requested_by: User | None) -> Analysis:
    """Queue a new analysis; one already under way is returned instead."""
    with transaction.atomic():
        locked = Image.objects.select_for_update().get(pk=image.pk)
        pending = locked.analyses.filter(status__in=PENDING).first()
        if pending is not None:
            return pending
        analysis = create_analysis(
            image=locked, requested_by=requested_by, trigger=Trigger.REANALYSIS
        )
        transaction.on_commit(lambda: enqueue_analysis(analysis_id=analysis.id))
        return analysis


def run_analysis(*, analysis_id: UUID, on_completed: OnCompleted) -> None:
    """Run one queued analysis to its end. Does nothing if it is not to be had.

    ``on_completed`` is called inside the transaction that writes the result, so
    that a result and the case it opens exist together or not at all.
    """
    lease = lease_analysis(analysis_id=analysis_id)
    if lease is None:
        logger.info("analysis %s is done or with another worker", analysis_id)
        return
    try:
        with Heartbeat(lambda: renew_lease(lease)):
            _compute_and_write(lease, on_completed)
    except LeaseLostError:
        logger.warning("analysis %s was taken over; result dropped", analysis_id)
    except StorageError as error:
        release_lease(lease, because=str(error))
    except Exception:
        logger.exception("analysis %s, attempt %s", analysis_id, lease.attempt)
        release_lease(lease, because="of an unexpected error (see the worker's log)")
    except BaseException:  # told twice to end: another worker shall not have to wait
        hand_back(lease)
        raise


def _compute_and_write(lease: Lease, on_completed: OnCompleted) -> None:
    image = Image.objects.get(analyses=lease.analysis_id)
    data = files.read_bytes(str(image.original.name))
    if hashlib.sha256(data).hexdigest() != image.sha256:
        _write_failure(
            lease,
            "damaged",
            "The stored original is damaged: its SHA-256 "
            "differs from the one recorded. Restore it from a backup.",
        )
        return
    try:
        report = current_pipeline().analyze(data)
    except ImageRejectedError as error:
        _write_failure(lease, error.code.value, error.detail)
        return
    del data
    report, matches = recognize(report, organization_id=image.organization_id)
    _write_report(lease, report, matches, on_completed)


def _write_failure(lease: Lease, code: str, detail: str) -> None:
    with transaction.atomic():
        analysis = _locked(lease)
        analysis.status = AnalysisStatus.FAILED
        analysis.error_code, analysis.error_detail = code, detail
        _finish(analysis)
        tell_failed(analysis)


def _write_report(
    lease: Lease, report: Report, matches: list[BankMatch], on_completed: OnCompleted
) -> None:
    areas = list(areas_of(report, lease.analysis_id))
    stored = _store_evidence(lease, report)
    try:
        with transaction.atomic():
            analysis = _locked(lease)
            _fill(analysis, report)
            analysis.known_matches = [match.as_json() for match in matches]
            _finish(analysis)
            if report.pdq is not None:
                store_fingerprint(image_id=analysis.image_id, found=report.pdq)
            _write_findings(analysis, report, stored)
            _write_metadata_text(analysis, report)
            LocalizedArea.objects.bulk_create(areas)
            Image.objects.filter(pk=analysis.image_id).update(current_analysis=analysis)
            index_image(image_id=analysis.image_id)
            on_completed(analysis)
    except Exception:
        _discard_unless_written(lease, list(stored.values()))
        raise


def _discard_unless_written(lease: Lease, names: list[str]) -> None:
    """Remove an attempt's pictures; a commit whose answer got lost keeps them."""
    if not EvidenceFile.objects.filter(file__in=names).exists():
        files.delete_quietly(names)
        logger.info("analysis %s: %s files discarded", lease.analysis_id, len(names))


def _store_evidence(lease: Lease, report: Report) -> dict[str, str]:
    pictures: Iterable[EvidenceImage] = [
        *report.renditions,
        *(picture for finding in report.findings for picture in finding.evidence),
    ]
    stored = {}
    for picture in pictures:
        name = files.evidence_name(lease.analysis_id, lease.token, picture)
        files.store_once(name, picture.data)
        stored[picture.kind] = name
    return stored


def _locked(lease: Lease) -> Analysis:
    analysis = (
        Analysis.objects.select_for_update()
        .filter(id=lease.analysis_id, lease_token=lease.token)
        .first()
    )
    if analysis is None:
        raise LeaseLostError(f"analysis {lease.analysis_id} belongs to another worker")
    return analysis


def _status_of(report: Report) -> AnalysisStatus:
    if report.is_partial:
        return AnalysisStatus.PARTIAL
    if report.is_not_applicable:
        return AnalysisStatus.NOT_APPLICABLE
    return AnalysisStatus.COMPLETED


def _fill(analysis: Analysis, report: Report) -> None:
    analysis.status = _status_of(report)
    analysis.pipeline_version = report.pipeline_version
    analysis.verdict = report.verdict
    analysis.score = report.score
    analysis.elapsed_ms = report.elapsed_ms
    analysis.reasons = reasons_to_json(report.reasons)
    analysis.models_used = models_to_json(report.models)
    analysis.codecs = dict(report.codecs)
    analysis.parameters = dict(report.parameters)
    analysis.uncertainty = uncertainty_to_json(report.uncertainty)


def _finish(analysis: Analysis) -> None:
    analysis.lease_token = None
    analysis.lease_expires_at = None
    analysis.finished_at = timezone.now()
    analysis.full_clean(exclude=["image", "requested_by"])
    analysis.save()


def _write_metadata_text(analysis: Analysis, report: Report) -> None:
    found = (f.data.get("groups") for f in report.findings if f.analyzer == "metadata")
    text = searchable_text(next(found, None))
    if text:
        MetadataText.objects.create(analysis=analysis, text=text)


def _write_findings(analysis: Analysis, report: Report, stored: dict[str, str]) -> None:
    rows = [
        Finding(
            analysis=analysis,
            position=position,
            analyzer=finding.analyzer,
            version=finding.version,
            status=finding.status,
            score=finding.score,
            summary=finding.summary,
            codes=list(finding.codes),
            data=dict(finding.data),
            elapsed_ms=finding.elapsed_ms,
        )
        for position, finding in enumerate(report.findings)
    ]
    Finding.objects.bulk_create(rows)
    pictures = [(None, picture) for picture in report.renditions] + [
        (row, picture)
        for row, finding in zip(rows, report.findings, strict=True)
        for picture in finding.evidence
    ]
    EvidenceFile.objects.bulk_create(
        EvidenceFile(
            analysis=analysis,
            finding=row,
            kind=picture.kind,
            file=stored[picture.kind],
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            byte_size=len(picture.data),
            caption=picture.caption,
        )
        for row, picture in pictures
    )
