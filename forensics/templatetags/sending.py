"""What senders said of a picture, for pages."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from django import template

from forensics.sending import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forensics.models import Submission

register = template.Library()
MOST_SHOWN = 10


@register.inclusion_tag("forensics/components/said.html")
def what_senders_said(submissions: Iterable[Submission]) -> dict[str, Any]:
    """Show the ids and facts that came with arrivals, the newest first."""
    said = (
        {"arrival": arrival, "facts": leaves_of(arrival.context)}
        for arrival in submissions
        if arrival.external_id or arrival.context
    )
    return {"said": list(islice(said, MOST_SHOWN))}
