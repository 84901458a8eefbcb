"""The metadata signal: every tag as data, and codes from the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.metadata.facts import Facts, gather
from forensics.analysis.metadata.reading import ask, deep_fields, inner_pictures
from forensics.analysis.metadata.rules import Evaluation, Match, evaluate
from forensics.analysis.metadata.table import summary_fields
from forensics.analysis.types import Finding, FindingStatus, Json

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.metadata.tag_reader import TagReader


@dataclass(frozen=True, slots=True)
class MetadataAnalyzer:
    """Reads EXIF, XMP, IPTC, ICC, PNG texts and JPEG coding; weighs them by rules.

    The score is the severity of the gravest rule of the book that applies, 0.1
    for a file that fits a camera original throughout, None where no rule makes a
    claim. Metadata are easily removed and easily forged: they accuse better than
    they acquit.

    Parameters
    ----------
    reader : TagReader or None
        Reads more tags than we do, for the table and the timeline. The rules, and so
        the verdict, never depend on it.
    """

    reader: TagReader | None = None
    name: str = "metadata"
    version: str = "1.4"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Read all blocks and apply the rules."""
        facts = gather(evidence)
        deep = ask(self.reader, evidence.data)
        pictures = inner_pictures(evidence, facts, deep)
        evaluation = evaluate(facts)
        matches = evaluation.matches
        scores = [match.severity for match in matches if match.severity is not None]
        data: dict[str, Json] = {
            "rules": [_as_json(match) for match in matches],
            "failed_rules": evaluation.failed,
            "orientation": evidence.orientation,
            "pixel_mode": evidence.mode,
            **summary_fields(facts),
            **deep_fields(facts, deep),
            "embedded": pictures.rows,
        }
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(facts, evaluation) + deep.complaint,
            score=max(scores, default=None),
            codes=tuple(dict.fromkeys(match.code for match in matches)),
            data=data,
            evidence=pictures.shown,
        )


def _as_json(match: Match) -> Json:
    return {
        "id": match.rule,
        "code": match.code,
        "severity": match.severity,
        "text": match.text,
        "cannot_tell": match.cannot_tell,
    }


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
