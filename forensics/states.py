"""The life of an analysis, as data."""

from collections.abc import Mapping

from django.db import models


class AnalysisStatus(models.TextChoices):
    """Where an analysis stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    PARTIAL = "partial", "Partial"
    FAILED = "failed", "Failed"


NEXT: Mapping[AnalysisStatus, tuple[AnalysisStatus, ...]] = {
    AnalysisStatus.QUEUED: (AnalysisStatus.RUNNING,),
    AnalysisStatus.RUNNING: (
        AnalysisStatus.COMPLETED,
        AnalysisStatus.PARTIAL,
        AnalysisStatus.FAILED,
        AnalysisStatus.QUEUED,
    ),
    AnalysisStatus.COMPLETED: (),
    AnalysisStatus.PARTIAL: (),
    AnalysisStatus.FAILED: (),
}
PENDING = (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)
FINISHED = (AnalysisStatus.COMPLETED, AnalysisStatus.PARTIAL, AnalysisStatus.FAILED)
USABLE = (AnalysisStatus.COMPLETED, AnalysisStatus.PARTIAL)
