"""The life of a case, as data."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", _("Open")
    CLAIMED = "claimed", _("Claimed")
    HELD = "held", _("On hold")
    DECIDED = "decided", _("Decided")
    APPEALED = "appealed", _("Appealed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# A decided case is open again when a lead reopens it, and claimed again by the person
# who takes a decision back at once. While an appeal runs, the decision stays in force.
# Only cases that check another are ever withdrawn: nothing is left for them to check.
NEXT: Mapping[CaseStatus, tuple[CaseStatus, ...]] = {
    CaseStatus.OPEN: (CaseStatus.CLAIMED, CaseStatus.HELD, CaseStatus.WITHDRAWN),
    CaseStatus.CLAIMED: (
        CaseStatus.DECIDED,
        CaseStatus.OPEN,
        CaseStatus.HELD,
        CaseStatus.APPEALED,
        CaseStatus.WITHDRAWN,
    ),
    CaseStatus.HELD: (CaseStatus.OPEN, CaseStatus.WITHDRAWN),
    CaseStatus.DECIDED: (CaseStatus.OPEN, CaseStatus.CLAIMED, CaseStatus.APPEALED),
    CaseStatus.APPEALED: (CaseStatus.CLAIMED,),
    CaseStatus.WITHDRAWN: (),
}
UNDECIDED = (CaseStatus.OPEN, CaseStatus.CLAIMED, CaseStatus.HELD, CaseStatus.APPEALED)
