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
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


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
