"""Putting on record that somebody looked at evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, transaction

from forensics.models import Analysis, EvidenceFile, Finding
from forensics.states import PENDING
from moderation.evidence_pages import Shown, Subject
from moderation.exceptions import NotRecordedError
from moderation.models import Case, Decision
from moderation.services.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from accounts.models import User

NO_EVIDENCE = "thumbnail"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was looked at, as the record keeps it."""

    image: UUID | None
    case: Case | None = None
    details: Mapping[str, Any] | None = None


def record_view(
    *, shown: Shown, key: str, actor: User | None, ahead: bool = False
) -> bool:
    """Record one view of evidence; return whether there was anything to record.

    Parameters
    ----------
    shown : Shown
        What the page or file shows.
    key : str
        The id that its address names.
    actor : User or None
        Who looks.
    ahead : bool
        It was loaded before it is looked at.

    Raises
    ------
    NotRecordedError
        It could not be recorded, so it must not be shown.
    """
    try:
        with transaction.atomic():
            seen = _FINDERS[shown.subject](key)
            if seen is None:
                return False
            record(
                "evidence_loaded_ahead" if ahead else "evidence_viewed",
                actor=actor,
                case=seen.case,
                image_id=seen.image,
                what=shown.what,
                **(seen.details or {}),
            )
    except (DatabaseError, ObjectDoesNotExist, ValidationError) as error:
        raise NotRecordedError from error
    return True


def _image(key: str) -> _Seen | None:
    return _Seen(UUID(key))


def _analysis(key: str) -> _Seen | None:
    """Of an analysis that waits or runs there is nothing to see yet."""
    row = Analysis.objects.values("image_id", "status").get(pk=key)
    if row["status"] in PENDING:
        return None
    return _Seen(row["image_id"], details={"analysis": key})


def _evidence(key: str) -> _Seen | None:
    file = EvidenceFile.objects.select_related("analysis").get(pk=key)
    if file.kind == NO_EVIDENCE:
        return None
    details = {"file": key, "kind": file.kind, "analysis": str(file.analysis_id)}
    return _Seen(file.analysis.image_id, details=details)


def _finding(key: str) -> _Seen | None:
    finding = Finding.objects.select_related("analysis").get(pk=key)
    details = {"analyzer": finding.analyzer, "analysis": str(finding.analysis_id)}
    return _Seen(finding.analysis.image_id, details=details)


def _case(key: str) -> _Seen | None:
    case = Case.objects.get(pk=key)
    return _Seen(case.image_id, case=case)


def _decision(key: str) -> _Seen | None:
    decision = Decision.objects.select_related("case").get(pk=key)
    return _Seen(decision.case.image_id, case=decision.case, details={"decision": key})


_FINDERS: Mapping[Subject, Callable[[str], _Seen | None]] = {
    Subject.IMAGE: _image,
    Subject.ANALYSIS: _analysis,
    Subject.EVIDENCE: _evidence,
    Subject.FINDING: _finding,
    Subject.CASE: _case,
    Subject.DECISION: _decision,
}
