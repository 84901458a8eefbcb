"""What the signals from the pixels add to the verdict, through the learned maps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from forensics.analysis.types import Finding, FindingStatus, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forensics.analysis.fusion_model import FusionModel

PIXEL_SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "localizer": "The localizing network",
        "copy_move": "The search for copied regions",
        "double_jpeg": "The compression history",
        "cnn": "The baseline network",
    }
)
# Less than this does not move a score by two percent.
HARDLY_ANYTHING = 0.05
# No calibration rests on pictures enough to tell larger ratios apart.
_TOLD_RATIO = 100


@dataclass(frozen=True, slots=True)
class PixelEvidence:
    """The pixel signals' parts of the log-odds, their sum, and all of it in words.

    ``is_measured`` says that untouched pictures were judged so when it was calibrated:
    by a signal at least, and not through heavy compression.
    """

    total: float
    parts: Mapping[str, float]
    reasons: tuple[Reason, ...]
    is_measured: bool = False


def raw_signal(finding: Finding) -> float | None:
    """Return the number that the fusion calibrates, or None where there is none.

    That is ``data["signal"]``, or the score of a finding without one.
    """
    if finding.status is not FindingStatus.OK:
        return None
    value = finding.data.get("signal", finding.score)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def weigh(
    findings: Sequence[Finding], model: FusionModel, *, reach: tuple[float, float]
) -> PixelEvidence:
    """Add up what the signals say.

    A signal that did not run or does not apply adds nothing, nor does one of another
    version than the model was fitted to. The sum stays between
    the model's floor and ceiling; in a heavily compressed JPEG it stays within
    ``reach``, from which no verdict but *inconclusive* follows. The parts are scaled
    with it.

    Parameters
    ----------
    findings : sequence of Finding
        One an analyzer, metadata among them.
    model : FusionModel
        The calibration.
    reach : tuple of float
        Log-odds that stay inconclusive, low and high.
    """
    ours = [finding for finding in findings if finding.analyzer in model.signals]
    others = [finding for finding in ours if _is_other_version(finding, model)]
    raw = {f.analyzer: raw_signal(f) for f in ours if f not in others}
    parts = {
        name: model.signals[name].part(value)
        for name, value in raw.items()
        if value is not None
    }
    total = sum(parts.values())
    limited = max(model.floor, min(model.ceiling, total))
    caveats = [_changed(finding, model) for finding in others]
    is_compressed = bool(parts) and _is_too_compressed(findings, model)
    if is_compressed:
        limited = max(reach[0], min(reach[1], limited))
        caveats.append(TOO_COMPRESSED)
    if limited != total:
        parts = {name: part * limited / total for name, part in parts.items()}
    reasons = [_reason(name, part) for name, part in parts.items()]
    return PixelEvidence(
        total=limited,
        parts=parts,
        reasons=(*reasons, *_absences(ours), *caveats),
        is_measured=bool(parts) and not is_compressed,
    )


def _is_other_version(finding: Finding, model: FusionModel) -> bool:
    fitted = model.signals[finding.analyzer].version
    return finding.status is FindingStatus.OK and finding.version != fitted


def _changed(finding: Finding, model: FusionModel) -> Reason:
    fitted = model.signals[finding.analyzer].version
    text = (
        f"{_label(finding.analyzer)} is of version {finding.version}, but the verdict "
        f"was calibrated with version {fitted}: what it found is shown, but has no "
        "weight until the verdict is calibrated again."
    )
    return Reason(f"{finding.analyzer}_other_version", text, 0.0)


def without_calibration(findings: Sequence[Finding]) -> tuple[Reason, ...]:
    """Say that what the pixel signals found has no weight, where they found any."""
    silent = any(
        finding.analyzer in PIXEL_SIGNALS
        and finding.analyzer != "cnn"
        and raw_signal(finding) is not None
        for finding in findings
    )
    return (_UNCALIBRATED,) if silent else ()


def _is_too_compressed(findings: Sequence[Finding], model: FusionModel) -> bool:
    metadata = next((f for f in findings if f.analyzer == "metadata"), None)
    jpeg = metadata.data.get("jpeg") if metadata else None
    quality = jpeg.get("quality") if isinstance(jpeg, dict) else None
    return isinstance(quality, int) and quality < model.least_quality


def _reason(name: str, part: float) -> Reason:
    label = _label(name)
    if abs(part) < HARDLY_ANYTHING:
        return Reason(name, f"{label} has next to no say on this picture.", part)
    factor = _factor(abs(part))
    if part > 0.0:
        text = (
            f"{label} found what counts as {factor} times as frequent in forged "
            "pictures as in untouched ones."
        )
    else:
        text = (
            f"{label} found what counts as {factor} times as frequent in untouched "
            "pictures as in forged ones. That is not proof."
        )
    return Reason(name, text, part)


def _factor(log_odds: float) -> str:
    ratio = math.exp(min(log_odds, 12.0))
    if ratio >= _TOLD_RATIO:
        return f"more than {_TOLD_RATIO}"
    return f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:.0f}"


def _label(name: str) -> str:
    return PIXEL_SIGNALS.get(name, name.replace("_", " ").capitalize())


def _absences(findings: Sequence[Finding]) -> list[Reason]:
    return [
        Reason(f"{finding.analyzer}_not_applicable", finding.summary, 0.0)
        for finding in findings
        if finding.status is FindingStatus.NOT_APPLICABLE
    ]


TOO_COMPRESSED = Reason(
    "too_compressed",
    "The file is so heavily compressed that little of what editing leaves behind can "
    "have survived: the checks of the pixels can neither accuse nor acquit it.",
    0.0,
)
_UNCALIBRATED = Reason(
    "uncalibrated",
    "The checks of the pixels are not calibrated in this installation: what they found "
    "is shown, but has no weight in the verdict.",
    0.0,
)
