"""Makes pictures of a localizer's worst failures, for its card, from free pictures."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    ImageRejectedError,
    Limits,
    NotApplicableError,
)
from forensics.training.benchmark.localization import BadMaskError, read_mask
from forensics.training.errors import PublicationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.localizer import LocalizerAnalyzer
    from forensics.analysis.types import Localization
    from forensics.training.benchmark.cases import Case
    from forensics.training.progress import Progress

PANEL = 320
_GAP = 4
_CASIA = re.compile(r"^(au|tp|sp)_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Misjudged:
    """A picture on the wrong side of the shipped threshold. ``score`` in 0..1."""

    case: Case
    score: float


@dataclass(frozen=True, slots=True)
class Panels:
    """A failure as a small WebP: the picture, the true mask, what was marked."""

    data: bytes
    words: str


def refuse_research_pictures(cases: Sequence[Case]) -> None:
    """Keep pictures that may not be passed on out of the project.

    Raises
    ------
    PublicationError
        Where a name, or that of a source, is of CASIA's scheme.
    """
    names = (name for case in cases for name in (case.name, *case.sources))
    found = next((name for name in names if _CASIA.match(name)), None)
    if found is not None:
        raise PublicationError(
            f"{found} is named like a picture of CASIA, which may not be passed on. "
            "Give pictures that are free to use, such as make_forgeries makes."
        )


def worst_failures(
    analyzer: LocalizerAnalyzer,
    cases: Sequence[Case],
    *,
    most: int,
    progress: Progress,
) -> tuple[Misjudged, ...]:
    """Analyze pictures as they are and return the misjudged ones, the worst first.

    Misses and false alarms alternate as long as there are both.

    Raises
    ------
    PublicationError
        Where the model cannot run, or a picture is not free to use.
    """
    refuse_research_pictures(cases)
    misses, alarms = [], []
    for case in progress(cases, total=len(cases), label="failures"):
        finding = _look(analyzer, case)
        if finding is None or finding.score is None:
            continue
        if case.is_fake and not finding.codes:
            misses.append(Misjudged(case, finding.score))
        elif finding.codes and not case.is_fake:
            alarms.append(Misjudged(case, finding.score))
    misses.sort(key=lambda one: (one.score, one.case.file))
    alarms.sort(key=lambda one: (-one.score, one.case.file))
    kept = min(len(alarms), max(most // 2, most - len(misses)))
    return tuple(_alternating(misses[: most - kept], alarms[:kept]))


def _alternating(
    left: Sequence[Misjudged], right: Sequence[Misjudged]
) -> list[Misjudged]:
    longest = max(len(left), len(right))
    return [
        part[index]
        for index in range(longest)
        for part in (left, right)
        if index < len(part)
    ]


def _look(analyzer: LocalizerAnalyzer, case: Case) -> Finding | None:
    try:
        evidence = load_evidence(case.sample.path.read_bytes(), Limits())
        finding = analyzer.analyze(evidence)
    except (ImageRejectedError, NotApplicableError):
        return None
    if finding.status is not FindingStatus.OK:
        raise PublicationError(finding.summary)
    return finding


def panels(analyzer: LocalizerAnalyzer, failure: Misjudged) -> Panels:
    """Draw one failure.

    Parameters
    ----------
    analyzer : LocalizerAnalyzer
        Run again, so that not all maps need be kept.
    failure : Misjudged
        From `worst_failures`.
    """
    case = failure.case
    evidence = load_evidence(case.sample.path.read_bytes(), Limits())
    found = analyzer.analyze(evidence).localization
    size = _fitted(evidence.pixels.size)
    parts = (
        evidence.pixels.resize(size, Image.Resampling.BICUBIC),
        _truth(case, evidence.pixels.size).resize(size),
        _marked(found, evidence.pixels.size).resize(size),
    )
    sheet = Image.new("RGB", (3 * size[0] + 2 * _GAP, size[1]), "white")
    for number, part in enumerate(parts):
        sheet.paste(part.convert("RGB"), (number * (size[0] + _GAP), 0))
    encoded = io.BytesIO()
    sheet.save(encoded, "WEBP", quality=80, method=6)
    return Panels(encoded.getvalue(), _words(failure))


def _words(failure: Misjudged) -> str:
    kind = failure.case.kind.replace("_", " ")
    if failure.case.is_fake:
        return f"Missed: {kind}, scored {failure.score:.2f}."
    return f"False alarm: untouched, scored {failure.score:.2f}."


def _fitted(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, PANEL / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _truth(case: Case, size: tuple[int, int]) -> Image.Image:
    if case.mask is not None:
        try:
            mask = read_mask(case.mask, size=size, limits=Limits())
        except BadMaskError:
            return Image.new("L", size, 128)
        return Image.fromarray(mask.astype(np.uint8) * 255)
    # Gray where it is forged but nobody says where.
    return Image.new("L", size, 128 if case.is_fake else 0)


def _marked(found: Localization | None, size: tuple[int, int]) -> Image.Image:
    if found is None:
        return Image.new("L", size, 0)
    cells = Image.fromarray((found.values * 255).round().astype(np.uint8))
    box = (0.0, 0.0, size[0] / found.cell, size[1] / found.cell)
    return cells.resize(_fitted(size), Image.Resampling.NEAREST, box=box)
