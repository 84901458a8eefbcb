"""The life of an analysis, as data."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class AnalysisStatus(models.TextChoices):
    """Where an analysis stands."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETED = "completed", _("Completed")
    PARTIAL = "partial", _("Partial")
    FAILED = "failed", _("Failed")


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
