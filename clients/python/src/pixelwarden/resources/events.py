"""What has happened, as the list of events and webhooks tell it.

Each type is a class, so that ``isinstance`` tells them apart, also for a type checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pixelwarden.decoding import Resource
from pixelwarden.words import (
    AnalysisStatus,
    CaseStatus,
    DecisionReason,
    EventType,
    Outcome,
    Priority,
    Resolution,
    Verdict,
    VersionState,
)


class Said(Resource):
    """What the sender of a picture said of it, for one of its latest arrivals."""

    id: str
    external_id: str
    context: Mapping[str, Any]


class EventData(Resource):
    """What an event is about; of types that this version does not know, as it came."""


class AnalysisData(EventData):
    """About an analysis."""

    analysis_id: str
    image_id: str
    sha256: str
    status: AnalysisStatus
    verdict: Verdict | None
    score: float | None
    pipeline_version: str
    submissions: tuple[Said, ...] = ()


class CompletedData(AnalysisData):
    """About an analysis that is done."""

    flagged: bool
    case_id: str | None


class FailedData(AnalysisData):
    """About an analysis that was given up."""

    error_code: str


class CaseData(EventData):
    """About a case."""

    case_id: str
    image_id: str
    analysis_id: str | None
    status: CaseStatus
    queue: str
    priority: Priority
    machine_verdict: Verdict | None
    machine_score: float | None
    outcome: Outcome | None
    submissions: tuple[Said, ...] = ()


class DecisionData(CaseData):
    """About a case and the decision in it."""

    decision_id: str
    reason: DecisionReason
    automatic: bool


class AppealData(CaseData):
    """About a case and an appeal; ``external_id`` is that of the appeal."""

    appeal_id: str
    external_id: str | None
    decision_id: str


class ResolvedData(AppealData):
    """About an appeal and its answer."""

    resolution: Resolution
    reason: DecisionReason
    automatic: bool


class PolicyData(EventData):
    """About a policy."""

    policy_id: int
    name: str
    change: str
    version: int | None
    state: VersionState | None


class TestData(EventData):
    """About a test."""

    __test__ = False  # pytest takes it for one otherwise

    endpoint_id: str


class Event(Resource):
    """Something that happened. The same one may reach you twice: keep the ``id``."""

    id: str
    type: EventType
    timestamp: datetime
    data: EventData

    def __new__(cls, raw: Mapping[str, Any]) -> Self:
        """Choose the class of the type."""
        kind = EVENT_CLASSES.get(str(raw.get("type"))) if cls is Event else None
        return object.__new__(kind or cls)  # type: ignore[return-value]


class AnalysisCompleted(Event):
    """An analysis is done."""

    data: CompletedData


class AnalysisFailed(Event):
    """An analysis was given up."""

    data: FailedData


class CaseOpened(Event):
    """A person shall look."""

    data: CaseData


class CaseDecided(Event):
    """A decision is final."""

    data: DecisionData


class CaseUndone(Event):
    """A decision that you were told of was taken back after all."""

    data: DecisionData


class CaseReopened(Event):
    """A decided case is open again."""

    data: CaseData


class CaseAppealed(Event):
    """A decision is questioned; it stands until the answer."""

    data: AppealData


class AppealResolved(Event):
    """The answer to an appeal is final."""

    data: ResolvedData


class PolicyChanged(Event):
    """A policy was published, retired, moved, renamed or deleted."""

    data: PolicyData


class WebhookTest(Event):
    """Somebody had a test sent."""

    data: TestData


EVENT_CLASSES: Mapping[str, type[Event]] = {
    EventType.ANALYSIS_COMPLETED: AnalysisCompleted,
    EventType.ANALYSIS_FAILED: AnalysisFailed,
    EventType.CASE_OPENED: CaseOpened,
    EventType.CASE_DECIDED: CaseDecided,
    EventType.CASE_UNDONE: CaseUndone,
    EventType.CASE_REOPENED: CaseReopened,
    EventType.CASE_APPEALED: CaseAppealed,
    EventType.APPEAL_RESOLVED: AppealResolved,
    EventType.POLICY_CHANGED: PolicyChanged,
    EventType.WEBHOOK_TEST: WebhookTest,
}
