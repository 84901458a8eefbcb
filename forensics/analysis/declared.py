"""What people have recorded about this very file, added to a finished report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forensics.analysis.fusion import BANDS, clamped_score, log_odds_of, verdict_of
from forensics.analysis.fusion_model import Bands
from forensics.analysis.types import Reason

if TYPE_CHECKING:
    from forensics.analysis.types import Report

# As much as a file's own word that it was generated.
_AT_LEAST = 4.0
_INSIDE = 0.02


def declared_fake(report: Report, *, code: str, text: str) -> Report:
    """Return the report with the verdict *fake*, because people found it to be one.

    The reason's weight is what leads there from the score that the checks came to, so
    that this score can still be read off the record.
    """
    bands = Bands(*report.uncertainty.bands) if report.uncertainty else BANDS
    before = log_odds_of(report.score)
    weight = max(_AT_LEAST, log_odds_of(bands.fake) + _INSIDE - before)
    score = clamped_score(before + weight)
    return replace(
        report,
        score=score,
        verdict=verdict_of(score, bands),
        reasons=(Reason(code, text, weight), *report.reasons),
    )


def remarked(report: Report, *, code: str, text: str) -> Report:
    """Return the report with a reason that has no weight."""
    return replace(report, reasons=(*report.reasons, Reason(code, text, 0.0)))
