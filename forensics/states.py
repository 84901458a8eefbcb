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
    NOT_APPLICABLE = "not_applicable", "Not applicable"


NEXT: Mapping[AnalysisStatus, tuple[AnalysisStatus, ...]] = {
    AnalysisStatus.QUEUED: (AnalysisStatus.RUNNING,),
    AnalysisStatus.RUNNING: (
        AnalysisStatus.COMPLETED,
        AnalysisStatus.PARTIAL,
        AnalysisStatus.FAILED,
        AnalysisStatus.NOT_APPLICABLE,
        AnalysisStatus.QUEUED,
    ),
    AnalysisStatus.COMPLETED: (),
    AnalysisStatus.PARTIAL: (),
    AnalysisStatus.FAILED: (),
    AnalysisStatus.NOT_APPLICABLE: (),
}
PENDING = (AnalysisStatus.QUEUED, AnalysisStatus.RUNNING)
# Not applicable: a result with its reasons, of a picture that no check fits.
USABLE = (
    AnalysisStatus.COMPLETED,
    AnalysisStatus.PARTIAL,
    AnalysisStatus.NOT_APPLICABLE,
)
FINISHED = (*USABLE, AnalysisStatus.FAILED)
