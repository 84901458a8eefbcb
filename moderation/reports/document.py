"""Gathers an evidence report, as far as the person who asks may see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.keys.limits import key_may
from accounts.keys.scopes import Scope
from forensics import selectors as images
from forensics.reporting import document as parts
from forensics.reporting.document import moment
from forensics.states import USABLE
from moderation import selectors
from moderation.models import CaseKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from accounts.models import User
    from forensics.models import Analysis, EvidenceFile, Image
    from moderation.models import Case, Decision


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """The document, and the pictures that it names by kind (for the print)."""

    document: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(repr=False)

    def as_json(self) -> bytes:
        """Return the file that ``verify_report`` reads."""
        return parts.encoded(self.document)

    @property
    def file_name(self) -> str:
        """A name of ours, without its extension."""
        original, analysis = self.document["original"], self.document["analysis"]
        return f"evidence-{original['sha256'][:16]}-{analysis['id'][-8:]}"


def reportable_analyses(user: User) -> QuerySet[Analysis]:
    """Return the analyses with a result that this person may see, with evidence."""
    usable = images.analyses_visible_to(user).filter(status__in=USABLE)
    return images.with_evidence(usable)


def evidence_report(analysis: Analysis, *, made_for: User) -> EvidenceReport:
    """Make the report of one of ``reportable_analyses``.

    File names, senders and decisions are in it as far as ``made_for`` may see them,
    and with a key only as far as its scopes go.
    """
    pictures: dict[str, bytes] = {}

    def read(file: EvidenceFile) -> bytes | None:
        data = parts.read_or_none(file)
        if data is not None:
            pictures[file.kind] = data
        return data

    image = analysis.image
    arrivals = images.submissions_visible_to(made_for).filter(image=image)
    document: dict[str, Any] = {
        "format": parts.FORMAT,
        "format_version": parts.FORMAT_VERSION,
        "original": parts.original_part(image),
        "submissions": parts.submissions_part(arrivals.select_related("submitted_by")),
        "analysis": parts.analysis_part(analysis, read),
        "cases": _cases(image, made_for),
    }
    document[parts.DIGEST] = parts.digest_of(document)
    document[parts.MAKING] = {
        "at": moment(timezone.now()),
        "by": made_for.get_username(),
        "software": parts.software(),
    }
    return EvidenceReport(document, pictures)


def _cases(image: Image, user: User) -> list[dict[str, Any]] | None:
    may_see = user.has_perm("moderation.view_case") and user.has_perm(
        "moderation.view_decision"
    )
    if not (may_see and key_may(Scope.CASES_READ)):
        return None
    found = selectors.cases_visible_to(user).filter(image=image, kind=CaseKind.REGULAR)
    ordered = found.order_by("opened_at", "id").select_related("opened_by")
    return [_case(case) for case in selectors.with_decisions(ordered, user)]


def _case(case: Case) -> dict[str, Any]:
    decisions = sorted(case.decisions.all(), key=lambda one: (one.created_at, one.id))
    return {
        "id": str(case.id),
        "status": case.status,
        "priority": case.priority,
        "opened_at": moment(case.opened_at),
        "opened_by": str(case.opened_by or "") or None,
        "opened_because": case.opened_because,
        "decisions": [_decision(decision) for decision in decisions],
    }


def _decision(decision: Decision) -> dict[str, Any]:
    analysis = decision.analysis_id
    return {
        "at": moment(decision.created_at),
        "by": decision.decided_by_name,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "note": decision.note,
        "on_analysis": None if analysis is None else str(analysis),
        "machine_verdict": decision.machine_verdict or None,
        "machine_score": decision.machine_score,
        "withdrawn_at": moment(decision.withdrawn_at),
    }
