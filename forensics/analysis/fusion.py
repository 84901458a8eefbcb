"""Findings to one verdict: a sum of log-odds from a small table, clamped and banded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from forensics.analysis.types import Finding, FindingStatus, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FUSION_VERSION = "1.1"
# A verdict holds below its bound.
BANDS = (
    (0.20, Verdict.AUTHENTIC),
    (0.65, Verdict.INCONCLUSIVE),
    (0.90, Verdict.SUSPICIOUS),
    (math.inf, Verdict.FAKE),
)
SMALLEST_SIDE = 128
_CLAMP = (0.01, 0.99)
# Never enough to leave the inconclusive band alone: on pictures of other origin the
# network is near a coin toss, so it may tip the scale but neither accuse nor acquit.
_CNN_CLIP = 0.6
_STRONG = 1.5
# Less than this does not move a score by two percent.
_HARDLY_ANYTHING = 0.05
# Inside the inconclusive band on both sides: sigmoid(+-0.6) is .35 and .65.
_INCONCLUSIVE_REACH = 0.6


@dataclass(frozen=True, slots=True)
class Weight:
    """What a code adds to the log-odds of *fake*, and how to say it."""

    log_odds: float
    text: str


WEIGHTS: Mapping[str, Weight] = MappingProxyType(
    {
        "ai_generated": Weight(4.0, "The file itself says that it was generated."),
        "ai_composite": Weight(
            2.6, "The file itself says that generated parts were added to it."
        ),
        "thumbnail_mismatch": Weight(
            1.9, "The thumbnail inside the file shows another picture than the file."
        ),
        "editing_software": Weight(
            0.9, "The file names editing software. Editing need not be deception."
        ),
        "time_contradiction": Weight(
            0.5, "Times recorded in the file contradict each other."
        ),
        "dimension_mismatch": Weight(
            0.5, "The file records another picture size than it has."
        ),
        "photoshop_resources": Weight(
            0.3, "Photoshop has left its working data in the file."
        ),
        "raw_developer": Weight(
            0.2,
            "The picture was developed with photographers' software, as is usual; "
            "such programs can retouch too.",
        ),
        "resaved_by_tool": Weight(
            0.0, "A tool that web sites use has saved the file again."
        ),
        "screenshot": Weight(
            0.0, "The file says it is a screenshot: what it shows is not a photograph."
        ),
        "metadata_stripped": Weight(
            0.0,
            "The file carries no camera data. Messengers and web sites strip them "
            "too, so this speaks neither way.",
        ),
        "camera_original": Weight(
            -1.6,
            "Everything in the file fits a picture straight from a camera. Such data "
            "can be copied from another file.",
        ),
    }
)
# One honest crop changes both; counted twice it would be called fake.
_SAME_CROP = Weight(
    0.0,
    "The file records another picture size than it has. The crop or exchange that "
    "the thumbnail shows explains it, so it is not counted again.",
)
DECISIVE = frozenset(("ai_generated", "ai_composite"))


@dataclass(frozen=True, slots=True)
class Fusion:
    """The fused result. ``score`` is in 0.01..0.99, higher is more likely fake."""

    verdict: Verdict
    score: float
    reasons: tuple[Reason, ...]


def fuse(findings: Iterable[Finding], *, width: int, height: int) -> Fusion:
    """Join findings into a verdict.

    The prior is even (log-odds 0, score .5, inconclusive). Each code in the table
    counts once, and what one crop explains counts once as well; the CNN enters
    through ``data["log_odds"]``, its own calibrated log-likelihood ratio, clipped
    to 0.6 either way; ELA has no weight. The weights are judgment, not estimates:
    they stay so until a later release calibrates them on data. Below 128 px a side,
    and where strong evidence speaks both ways, the result is drawn into the
    inconclusive band; what the file says outright about itself (``DECISIVE``) is
    exempt.

    Parameters
    ----------
    findings : iterable of Finding
        One an analyzer.
    width, height : int
        Of the picture, in pixels.
    """
    found = tuple(findings)
    reasons = [*_coded(found), *_cnn(found), *_failures(found)]
    log_odds = sum(reason.weight for reason in reasons)
    if DECISIVE.isdisjoint(reason.code for reason in reasons):
        log_odds, caveats = _tempered(log_odds, reasons, min(width, height))
        reasons += caveats
    if not any(reason.weight >= _HARDLY_ANYTHING for reason in reasons):
        reasons.append(_NO_PROOF)
    score = clamped_score(log_odds)
    ordered = sorted(reasons, key=_magnitude, reverse=True)
    return Fusion(verdict_of(score), score, tuple(ordered))


def clamped_score(log_odds: float) -> float:
    """Return the probability of log-odds, clamped to 0.01..0.99."""
    # Beyond +-50 the exponential says nothing more, and further on it overflows.
    limited = max(-50.0, min(50.0, log_odds))
    return min(_CLAMP[1], max(_CLAMP[0], 1.0 / (1.0 + math.exp(-limited))))


def verdict_of(score: float) -> Verdict:
    """Return the band that a score lies in."""
    return next(verdict for upper, verdict in BANDS if score < upper)


def _magnitude(reason: Reason) -> float:
    return abs(reason.weight)


def _coded(findings: tuple[Finding, ...]) -> list[Reason]:
    codes = dict.fromkeys(code for finding in findings for code in finding.codes)
    weights = dict(WEIGHTS)
    if "thumbnail_mismatch" in codes:
        weights["dimension_mismatch"] = _SAME_CROP
    return [
        Reason(code, weights[code].text, weights[code].log_odds)
        for code in codes
        if code in weights
    ]


def _cnn(findings: tuple[Finding, ...]) -> list[Reason]:
    finding = next((f for f in findings if f.analyzer == "cnn"), None)
    if finding is None or finding.status is FindingStatus.FAILED:
        return []
    if finding.status is FindingStatus.NOT_APPLICABLE:
        return [Reason("cnn_not_applicable", finding.summary, 0.0)]
    value = finding.data.get("log_odds")
    if not isinstance(value, int | float) or not math.isfinite(value):
        return []
    return [Reason("cnn", finding.summary, max(-_CNN_CLIP, min(_CNN_CLIP, value)))]


def _failures(findings: tuple[Finding, ...]) -> list[Reason]:
    return [
        Reason(f"{finding.analyzer}_failed", finding.summary, 0.0)
        for finding in findings
        if finding.status is FindingStatus.FAILED
    ]


def _tempered(
    log_odds: float, reasons: list[Reason], side: int
) -> tuple[float, list[Reason]]:
    against = sum(reason.weight for reason in reasons if reason.weight > 0.0)
    favor = sum(reason.weight for reason in reasons if reason.weight < 0.0)
    caveats = []
    if side < SMALLEST_SIDE:
        caveats.append(_TOO_SMALL)
    if against >= _STRONG and favor <= -_STRONG:
        caveats.append(_CONTRADICTORY)
    if not caveats:
        return log_odds, []
    reach = _INCONCLUSIVE_REACH
    return max(-reach, min(reach, log_odds)), caveats


_NO_PROOF = Reason(
    "no_trace_found",
    "No trace of editing was found. That is not proof that there was none.",
    0.0,
)
_TOO_SMALL = Reason(
    "too_small",
    f"A side is shorter than {SMALLEST_SIDE} px: too little to judge by.",
    0.0,
)
_CONTRADICTORY = Reason(
    "contradictory_evidence",
    "Strong signs speak for and against: a person has to weigh them.",
    0.0,
)
