"""What follows from a result, in the transaction that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation.services.announcing import announce_analysis
from moderation.services.flagging import flag_analysis

if TYPE_CHECKING:
    from forensics.models import Analysis


def complete_analysis(analysis: Analysis) -> None:
    """Let the policies flag it, and tell outsiders."""
    announce_analysis(analysis, case=flag_analysis(analysis))
