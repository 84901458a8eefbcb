"""The life of a case, as data."""

from collections.abc import Mapping

from django.db import models


class CaseStatus(models.TextChoices):
    """Where a case stands."""

    OPEN = "open", "Open"
    CLAIMED = "claimed", "Claimed"
    DECIDED = "decided", "Decided"


# A decided case returns to open only by a lead's reopening. Appeals join here later.
NEXT: Mapping[CaseStatus, tuple[CaseStatus, ...]] = {
    CaseStatus.OPEN: (CaseStatus.CLAIMED,),
    CaseStatus.CLAIMED: (CaseStatus.DECIDED, CaseStatus.OPEN),
    CaseStatus.DECIDED: (CaseStatus.OPEN,),
}
UNDECIDED = (CaseStatus.OPEN, CaseStatus.CLAIMED)
