"""Findings to one verdict: a sum of log-odds, clamped and banded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from forensics.analysis.fusion_model import Bands, FusionModel
from forensics.analysis.pixel_evidence import (
    HARDLY_ANYTHING,
    PixelEvidence,
    weigh,
    without_calibration,
)
from forensics.analysis.types import Finding, FindingStatus, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FUSION_VERSION = "2.6"
# Judgment, where no calibration says better.
BANDS = Bands()
SMALLEST_SIDE = 128
_CLAMP = (0.01, 0.99)
# Never enough to leave the inconclusive band alone: on pictures of other origin the
# network is near a coin toss, so it may tip the scale but neither accuse nor acquit.
_CNN_CLIP = 0.6
_STRONG = 1.5
# Inside the inconclusive band on both sides: sigmoid(+-0.6) is .35 and .65.
_INCONCLUSIVE_REACH = 0.6
# How far inside a band of other bounds a score is drawn.
_INSIDE = 0.02


@dataclass(frozen=True, slots=True)
class Weight:
    """What a code adds to the log-odds of *fake*, and how to say it."""

    log_odds: float
    text: str


WEIGHTS: Mapping[str, Weight] = MappingProxyType(
    {
        "ai_generated": Weight(4.0, "The file itself says that it was generated."),
        "ai_watermark": Weight(
            4.0, "The pixels carry the invisible mark of a picture generator."
        ),
        "ai_composite": Weight(
            2.6, "The file itself says that generated parts were added to it."
        ),
        "ai_declared_unverified": Weight(
            1.9,
            "The file's credential says that it was generated, but the credential does "
            "not check.",
        ),
        "credential_mismatch": Weight(
            1.2, "The file was changed after its credential was signed."
        ),
        "credential_broken": Weight(
            0.4, "The file's credential was altered or does not keep its form."
        ),
        "credential_remote": Weight(
            0.0, "The file's credential is kept elsewhere and was not fetched."
        ),
        "signed_capture": Weight(
            -1.6,
            "A trusted signer vouches for an unedited photograph. That says nothing "
            "about what was in front of the camera.",
        ),
        "thumbnail_mismatch": Weight(
            1.9, "The thumbnail inside the file shows another picture than the file."
        ),
        "editing_software": Weight(
            0.9, "The file names editing software. Editing need not be deception."
        ),
        "composite_declared": Weight(
            0.9,
            "The file itself says that it is put together from several pictures.",
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
_SAME_DECLARATION = Weight(
    0.0,
    "The file's credential says that it was generated, but does not check. The same is "
    "counted already, so it is not counted again.",
)
_SAME_CREDENTIAL = Weight(
    0.0,
    "The file was changed after its credential was signed, which is why what the "
    "credential says counts less. It is not counted again.",
)
_SAME_BREAK = Weight(
    0.0,
    "The file's credential was altered or does not keep its form, which is why what "
    "it says counts less. It is not counted again.",
)
# Any of these breaks a credential too: one honest crop is one change.
_EDITS = frozenset(("thumbnail_mismatch", "dimension_mismatch", "editing_software"))
_SAME_EDIT = "Other traces of a change are counted already, so this counts less or not."
# A check of the pixels has found something, whether or not it has a weight.
TRACES = frozenset(
    ("copy_move", "foreign_grid", "local_double_jpeg", "local_inconsistency")
)
DECISIVE = frozenset(("ai_generated", "ai_watermark", "ai_composite"))


@dataclass(frozen=True, slots=True)
class Fusion:
    """The fused result.

    Attributes
    ----------
    score : float
        In 0.01..0.99, higher is more likely fake.
    log_odds : float
        The sum behind it, before the clamp.
    bands : Bands
        In which the verdict was read off.
    is_settled : bool
        Whether mild changes of the picture could not move it: the file says itself
        what it is, the metadata alone lead to the band, or the result was drawn into
        the inconclusive one.
    pixel_score : float or None
        What the pixel signals alone come to, comparable with the untouched pictures
        of the calibration; None where they are not.
    """

    verdict: Verdict
    score: float
    reasons: tuple[Reason, ...]
    log_odds: float
    bands: Bands = BANDS
    is_settled: bool = False
    pixel_score: float | None = None


def fuse(
    findings: Iterable[Finding],
    *,
    width: int,
    height: int,
    model: FusionModel | None = None,
) -> Fusion:
    """Join findings into a verdict.

    The prior is even (log-odds 0, score .5, inconclusive). Each code in the table
    counts once, and what one crop explains counts once as well; these weights are
    judgment. The signals from the pixels enter through the model's monotone maps,
    fitted on pictures that no signal was trained on. Without a model they have no
    weight, but for the CNN: its own log-likelihood ratio, clipped to 0.6 either way.
    ELA has none. Below 128 px a side, and where strong evidence speaks both ways,
    the result is drawn into the inconclusive band; what the file says outright about
    itself (``DECISIVE``) is exempt. A calibration moves the bands, but neither it nor
    pixels without a trace take back what the metadata alone say by the table.

    Parameters
    ----------
    findings : iterable of Finding
        One an analyzer.
    width, height : int
        Of the picture, in pixels.
    model : FusionModel, optional
        The calibration of the pixel signals.
    """
    found = tuple(findings)
    bands = model.bands if model else BANDS
    coded = _coded(found)
    pixels = _pixels(found, model)
    caveats: list[Reason] = []
    is_decisive = not DECISIVE.isdisjoint(reason.code for reason in coded)
    if not is_decisive:
        caveats = _caveats(coded, pixels, min(width, height))
    stands = () if caveats else _stands(coded, pixels, bands)
    log_odds = sum(reason.weight for reason in (*coded, *stands)) + pixels.total
    if caveats:
        low, high = _reach(bands)
        log_odds = max(low, min(high, log_odds))
    reasons = [*coded, *pixels.reasons, *stands, *_failures(found), *caveats]
    is_traced = any(not TRACES.isdisjoint(finding.codes) for finding in found)
    if not is_traced and not any(r.weight >= HARDLY_ANYTHING for r in reasons):
        reasons.append(_NO_PROOF)
    score = clamped_score(log_odds)
    return Fusion(
        verdict=verdict_of(score, bands),
        score=score,
        reasons=tuple(sorted(reasons, key=_magnitude, reverse=True)),
        log_odds=log_odds,
        bands=bands,
        is_settled=is_decisive or bool(caveats or stands) or not pixels.parts,
        pixel_score=clamped_score(pixels.total) if pixels.is_measured else None,
    )


def clamped_score(log_odds: float) -> float:
    """Return the probability of log-odds, clamped to 0.01..0.99."""
    # Beyond +-50 the exponential says nothing more, and further on it overflows.
    limited = max(-50.0, min(50.0, log_odds))
    return min(_CLAMP[1], max(_CLAMP[0], 1.0 / (1.0 + math.exp(-limited))))


def log_odds_of(score: float) -> float:
    """Return the log-odds of a score in 0.01..0.99."""
    return math.log(score / (1.0 - score))


def verdict_of(score: float, bands: Bands = BANDS) -> Verdict:
    """Return the band that a score lies in; a band begins at its bound."""
    if score >= bands.fake:
        return Verdict.FAKE
    if score >= bands.suspicious:
        return Verdict.SUSPICIOUS
    if score >= bands.inconclusive:
        return Verdict.INCONCLUSIVE
    return Verdict.AUTHENTIC


def _stands(
    coded: list[Reason], pixels: PixelEvidence, bands: Bands
) -> tuple[Reason, ...]:
    """Keep the band that the metadata alone lead to by the table's own bounds."""
    alone = sum(reason.weight for reason in coded)
    judged = verdict_of(clamped_score(alone))
    bounds = {Verdict.SUSPICIOUS: bands.suspicious, Verdict.FAKE: bands.fake}
    if judged not in bounds:
        return ()
    missing = log_odds_of(bounds[judged]) + _INSIDE - alone - pixels.total
    return (
        (Reason("metadata_stand", _METADATA_STAND, missing),) if missing > 0.0 else ()
    )


def _magnitude(reason: Reason) -> float:
    return abs(reason.weight)


def _coded(findings: tuple[Finding, ...]) -> list[Reason]:
    codes = dict.fromkeys(code for finding in findings for code in finding.codes)
    weights = dict(WEIGHTS)
    if "thumbnail_mismatch" in codes:
        weights["dimension_mismatch"] = _SAME_CROP
    if not DECISIVE.isdisjoint(codes):
        weights["ai_declared_unverified"] = _SAME_DECLARATION
    elif "ai_declared_unverified" in codes:
        weights["credential_mismatch"] = _SAME_CREDENTIAL
        weights["credential_broken"] = _SAME_BREAK
    if not _EDITS.isdisjoint(codes):
        _spare_credential(weights, codes)
    return [
        Reason(code, weights[code].text, weights[code].log_odds)
        for code in codes
        if code in weights
    ]


def _spare_credential(weights: dict[str, Weight], codes: Collection[str]) -> None:
    """Count a broken credential only for what other traces of the edit leave open."""
    said = sum(weights[code].log_odds for code in _EDITS if code in codes)
    for code in ("credential_mismatch", "credential_broken"):
        full = weights[code]
        if code in codes and full.log_odds > 0.0:
            rest = max(0.0, full.log_odds - said)
            said -= full.log_odds - rest
            weights[code] = Weight(rest, f"{full.text} {_SAME_EDIT}")


def _pixels(findings: tuple[Finding, ...], model: FusionModel | None) -> PixelEvidence:
    if model is not None:
        return weigh(findings, model, reach=_reach(model.bands))
    reasons = _cnn(findings)
    total = sum(reason.weight for reason in reasons)
    return PixelEvidence(total, {}, (*reasons, *without_calibration(findings)))


def _reach(bands: Bands) -> tuple[float, float]:
    """Return the log-odds to which a result is drawn, low and high."""
    low = log_odds_of(bands.inconclusive) + _INSIDE
    high = log_odds_of(bands.suspicious) - _INSIDE
    return max(-_INCONCLUSIVE_REACH, low), min(_INCONCLUSIVE_REACH, high)


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


def _caveats(coded: list[Reason], pixels: PixelEvidence, side: int) -> list[Reason]:
    # The pixel signals count as one: that one of them finds nothing does not
    # contradict what another has found.
    weights = [reason.weight for reason in coded]
    against = sum(weight for weight in (*weights, pixels.total) if weight > 0.0)
    # Pixels without a trace do not contradict what the file says.
    favor = sum(weight for weight in weights if weight < 0.0)
    caveats = []
    if side < SMALLEST_SIDE:
        caveats.append(_TOO_SMALL)
    if against >= _STRONG and favor <= -_STRONG:
        caveats.append(_CONTRADICTORY)
    return caveats


_NO_PROOF = Reason(
    "no_trace_found",
    "No trace of editing was found. That is not proof that there was none.",
    0.0,
)
_METADATA_STAND = (
    "The score is set to the band that the metadata, or a generator's mark, reach by "
    "themselves: what the pixel checks say does not take that back."
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
