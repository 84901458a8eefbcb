"""The metadata signal: every tag as data, and codes from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.metadata.facts import Facts, gather
from forensics.analysis.metadata.rules import Evaluation, Match, evaluate
from forensics.analysis.metadata.table import as_table, summary_fields
from forensics.analysis.types import Finding, FindingStatus, Json

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence


@dataclass(frozen=True, slots=True)
class MetadataAnalyzer:
    """Reads EXIF, XMP, IPTC, ICC, PNG texts and JPEG coding; weighs them by rules.

    The score is the severity of the gravest rule that applies (see ``RULES``), 0.1
    for a file that fits a camera original throughout, None where no rule makes a
    claim. Metadata are easily removed and easily forged: they accuse better than
    they acquit.
    """

    name: str = "metadata"
    version: str = "1.3"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Read all blocks and apply the rules."""
        facts = gather(evidence)
        evaluation = evaluate(facts)
        matches = evaluation.matches
        scores = [match.severity for match in matches if match.severity is not None]
        data: dict[str, Json] = {
            "rules": [
                {"code": m.code, "severity": m.severity, "text": m.text}
                for m in matches
            ],
            "failed_rules": evaluation.failed,
            "orientation": evidence.orientation,
            "pixel_mode": evidence.mode,
            **summary_fields(facts),
            "groups": as_table(facts),
        }
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(facts, evaluation),
            score=max(scores, default=None),
            codes=tuple(match.code for match in matches),
            data=data,
        )


def _summary(facts: Facts, evaluation: Evaluation) -> str:
    broken = ", ".join(evaluation.failed)
    words = _words(facts, evaluation.matches)
    return f"{words} Could not be checked: {broken}." if broken else words


def _words(facts: Facts, matches: tuple[Match, ...]) -> str:
    if matches:
        others = len(matches) - 1
        more = f" {others} more below." if others else ""
        text = matches[0].text
        return f"{text if text.endswith('.') else text + '.'}{more}"
    camera = " ".join(filter(None, (facts.exif.text("Make"), facts.exif.text("Model"))))
    taken = (
        f"Camera data are there ({camera})." if camera else "Some metadata are there."
    )
    return f"{taken} No rule applies: nothing stands out, and nothing is proven."
