"""Numbers, shares and times of the insight page in words of the reader's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from moderation.insight_selectors import Period
    from moderation.statistics import Share


def share_cells(share: Share) -> list[str]:
    """Write a share, its interval and its number as three cells."""
    if not share.total:
        return ["", "", "0"]
    interval = f"{written_share(share.low)} - {written_share(share.high)}"
    return [written_share(share.value), interval, written_count(share.total)]


def written_share(share: float) -> str:
    """Write a share in percent."""
    return f"{share * 100:.0f} %"


def written_count(number: float) -> str:
    """Write a whole number; a half has no word on an axis of counts."""
    if number != int(number):
        return ""
    return str(number_format(int(number), force_grouping=True))


def written_hours(hours: float) -> str:
    """Write a length of time on an axis."""
    return written_wait(timedelta(hours=hours))


def written_wait(wait: timedelta | None) -> str:
    """Write a length of time in its largest fitting unit."""
    if wait is None:
        return ""
    seconds = max(0.0, wait.total_seconds())  # clocks of several machines differ
    for size, unit in ((86_400, _("d")), (3600, _("h")), (60, _("min"))):
        if seconds >= size:
            return f"{number_format(seconds / size, 1)} {unit}"
    return f"{seconds:.0f} {_('s')}"


def written_step(step: datetime, period: Period) -> str:
    """Write a day, a week by its Monday, or a month."""
    local = timezone.localtime(step)
    return date_format(local, "YEAR_MONTH_FORMAT" if period.step == "month" else "j M")


def step_name(period: Period) -> str:
    """Name the column of days, weeks or months."""
    return {"day": _("Day"), "week": _("Week of"), "month": _("Month")}[period.step]
