"""What the pages about an image show, prepared from rows so that templates stay plain.

Everything here that came from a file is a stranger's text: it is only ever escaped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from forensics.analysis.types import FindingStatus
from forensics.explanation import Explanation, explain, strength
from forensics.language import retold
from forensics.metadata_page import MetadataPanel, metadata_panel
from forensics.provenance import ProvenanceCard, finding_of, provenance_card
from forensics.states import PENDING, USABLE, AnalysisStatus
from forensics.tag_meanings import group_order
from forensics.wording import (
    ANALYSIS_STATES,
    FINDING_STATES,
    INNER_PICTURE,
    Words,
    analyzer_words,
    measured_words,
    overlay_label,
    percent,
    verdict_words,
)

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Analysis, EvidenceFile, Finding, Image, Submission

# A heat map is laid over the picture only if it has the picture's shape.
_SHAPE_TOLERANCE = 0.02
# Evidence of frequencies, and pictures found inside the file: they cover no place of
# the picture, whatever their shape.
_NO_PLACES = ("spectrum", INNER_PICTURE)
_MAX_VALUE = 1000
# Shown as tables of their own, so left out of the raw data of a finding.
_TABLES = ("groups", "gps", "timeline", "sections", "tree", "limits")
# The summary says the first point; the card lists them where there are more.
_POINTS = "rules"


@dataclass(frozen=True, slots=True)
class ReasonBar:
    """One reason with a bar from the middle: left speaks for authentic."""

    text: str
    code: str
    side: str
    strength: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class FindingCard:
    """One analyzer's finding as a card."""

    finding: Finding
    explained: Explanation
    words: Words
    state: Words
    pictures: Sequence[EvidenceFile]
    points: Sequence[str]
    data: str


@dataclass(frozen=True, slots=True)
class CardGroup:
    """Findings that belong together; what can wait is folded away."""

    key: str
    title: str
    cards: Sequence[FindingCard]
    is_folded: bool


@dataclass(frozen=True, slots=True)
class ComparedPicture:
    """An evidence picture beside the original.

    ``covers``: it has the original's shape, so that it can also be laid over it.
    """

    file: EvidenceFile
    label: str
    covers: bool


@dataclass(frozen=True, slots=True)
class MetadataGroup:
    """Tags of one block of the file."""

    name: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """Everything that one analysis has to show."""

    analysis: Analysis
    verdict: Words
    preview: EvidenceFile | None
    compared: Sequence[ComparedPicture]
    reasons: Sequence[ReasonBar]
    groups: Sequence[CardGroup]
    has_report: bool
    metadata: Sequence[MetadataGroup]
    provenance: ProvenanceCard | None
    position: str
    panel: MetadataPanel
    bounds: Mapping[str, float] | None
    measured: Sequence[str]
    codecs: Sequence[tuple[str, str]]
    parameters: str


def evidence_page(analysis: Analysis, *, tags: str = "") -> EvidencePage:
    """Prepare an analysis that was loaded by ``selectors.with_evidence``.

    ``tags`` is what the reader looks for in the table of metadata.
    """
    files = list(analysis.evidence_files.all())
    preview = next((f for f in files if f.kind == "preview"), None)
    findings = list(analysis.findings.all())
    groups = _groups([_card(finding, analysis) for finding in findings])
    metadata: dict[str, Any] = next(
        (f.data for f in findings if f.analyzer == "metadata"), {}
    )
    tag_groups = metadata_groups(metadata.get("groups"))
    position = gps_text(metadata.get("gps"))
    credential = finding_of(findings)
    return EvidencePage(
        analysis=analysis,
        verdict=verdict_words(analysis.verdict),
        preview=preview,
        compared=_compared(groups, preview) if preview else [],
        reasons=reason_bars(analysis.reasons),
        groups=groups,
        has_report=analysis.status in USABLE,
        metadata=tag_groups,
        position=position,
        panel=metadata_panel(
            metadata,
            tag_groups,
            position=position,
            received=analysis.image.created_at,
            asked=tags,
        ),
        provenance=provenance_card(credential) if credential else None,
        bounds=analysis.uncertainty.get("bands"),
        measured=measured_words(analysis.uncertainty),
        codecs=sorted((str(k), str(v)) for k, v in analysis.codecs.items()),
        parameters=_as_text(analysis.parameters),
    )


def reason_bars(reasons: Sequence[Mapping[str, Any]]) -> list[ReasonBar]:
    """Return the reasons with bars scaled to the strongest, at least to 1."""
    weights = [float(reason.get("weight") or 0.0) for reason in reasons]
    scale = max([1.0, *(abs(weight) for weight in weights)])
    return [
        _bar(reason, weight, abs(weight) / scale)
        for reason, weight in zip(reasons, weights, strict=True)
    ]


def _bar(reason: Mapping[str, Any], weight: float, share: float) -> ReasonBar:
    width = round(50 * share, 1)
    against = weight > 0
    side = "for-fake" if against else "for-authentic"
    return ReasonBar(
        text=retold(str(reason.get("text", ""))),
        code=str(reason.get("code", "")),
        side=side if width else "neutral",
        strength=strength(weight),
        x=50.0 if against else 50.0 - width,
        width=width,
    )


def metadata_groups(groups: object) -> list[MetadataGroup]:
    """Return tag tables from a finding's data, whatever is in it."""
    if not isinstance(groups, Mapping):
        return []
    found = []
    for name, rows in sorted(
        groups.items(), key=lambda item: group_order(str(item[0]))
    ):
        tags = [
            (str(row.get("tag", "")), _value(row.get("value")))
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, Mapping)
        ]
        if tags:
            found.append(MetadataGroup(str(name), tags))
    return found


def gps_text(gps: object) -> str:
    """Return a position as text, or nothing. We never send it to a map service."""
    if not isinstance(gps, Mapping):
        return ""
    latitude = gps.get("latitude", gps.get("lat"))
    longitude = gps.get("longitude", gps.get("lon"))
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return ""
    north = "N" if latitude >= 0 else "S"
    east = "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.6f}° {north}, {abs(longitude):.6f}° {east}"


def submissions_shown_to(
    user: User, submissions: Iterable[Submission]
) -> list[Submission]:
    """Return the arrivals this person may know of: all, or only their own."""
    if user.has_perm("forensics.view_submission"):
        return list(submissions)
    return [s for s in submissions if s.submitted_by_id == user.pk]


def status_of(image: Image, analysis: Analysis) -> dict[str, Any]:
    """Return what a waiting page needs to know, JSON-serializable."""
    is_pending = analysis.status in PENDING
    state = ANALYSIS_STATES[analysis.status]
    return {
        "id": str(image.id),
        "analysis": str(analysis.id),
        "status": analysis.status,
        "label": str(state.label),
        "meaning": str(state.meaning),
        "is_pending": is_pending,
        "seconds": _seconds(analysis) if is_pending else None,
        "attempts": analysis.attempts,
        "verdict": analysis.verdict,
        "verdict_label": str(verdict_words(analysis.verdict).label),
        "verdict_icon": verdict_words(analysis.verdict).icon,
        "score": None if analysis.score is None else percent(analysis.score),
        "error": retold(analysis.error_detail),
        "url": reverse("forensics:image-detail", args=[image.id]),
    }


def _seconds(analysis: Analysis) -> int:
    running = analysis.status == AnalysisStatus.RUNNING and analysis.started_at
    since = analysis.started_at if running else analysis.queued_at
    return max(0, int((timezone.now() - (since or analysis.queued_at)).total_seconds()))


def _compared(
    groups: Sequence[CardGroup], preview: EvidenceFile
) -> list[ComparedPicture]:
    """Return every check's pictures in the order of the cards."""
    return [
        ComparedPicture(file, overlay_label(file.kind), _covers(file, preview))
        for group in groups
        for card in group.cards
        for file in card.pictures
    ]


def _covers(picture: EvidenceFile, preview: EvidenceFile) -> bool:
    if picture.finding_id is None or picture.kind.startswith(_NO_PLACES):
        return False
    ours, theirs = picture.width / picture.height, preview.width / preview.height
    return abs(ours / theirs - 1) <= _SHAPE_TOLERANCE


def _groups(cards: Sequence[FindingCard]) -> list[CardGroup]:
    """Put what has something to say first; fold the rest away, with its number."""
    speaking = sorted(
        (card for card in cards if card.explained.speaks),
        key=lambda card: (card.finding.status != FindingStatus.OK, -_size(card)),
    )
    others = [card for card in cards if not card.explained.speaks]
    quiet = [c for c in others if c.finding.status == FindingStatus.OK]
    silent = [c for c in others if c.finding.status != FindingStatus.OK]
    groups = [
        CardGroup(
            "speaking", gettext("Something to look at"), speaking, is_folded=False
        ),
        CardGroup("quiet", gettext("Nothing found"), quiet, is_folded=True),
        CardGroup("not-applicable", gettext("Not applicable"), silent, is_folded=True),
    ]
    return [group for group in groups if group.cards]


def _size(card: FindingCard) -> float:
    return abs(card.explained.weight)


def _card(finding: Finding, analysis: Analysis) -> FindingCard:
    data = {k: v for k, v in finding.data.items() if k not in _TABLES}
    return FindingCard(
        finding=finding,
        explained=explain(
            name=finding.analyzer,
            status=finding.status,
            codes=finding.codes,
            reasons=analysis.reasons,
        ),
        words=analyzer_words(finding.analyzer),
        state=FINDING_STATES[finding.status],
        pictures=list(finding.evidence_files.all()),
        points=_points(finding.data.get(_POINTS)),
        data=_as_text(data),
    )


def _points(rules: object) -> list[str]:
    if not isinstance(rules, list) or len(rules) == 1:
        return []
    texts = (rule.get("text", "") for rule in rules if isinstance(rule, Mapping))
    return [retold(str(text)) for text in texts]


def _as_text(data: object) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) if data else ""


def _value(value: object) -> str:
    if isinstance(value, list):
        text = ", ".join(str(item) for item in value)
    else:
        text = str(value)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]} …"
