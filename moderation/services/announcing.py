"""Events: what outsiders are told, written in the transaction of what happened.

:func:`announce` is called by the record for everything that is put on it, so that no
service can forget to tell; what no outsider needs is left out here. Nothing is locked.
Checks of decisions (second reviews, known answers) are never told: a receiver could
tell a moderator which case is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.utils import timezone

from forensics.models import Submission
from moderation.models import Appeal, Case, CaseKind, Decision, Event, Priority
from moderation.webhook_states import EventType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from forensics.models import Analysis, Image
    from moderation.models import Policy

MOST_ARRIVALS = 10  # of one picture in one event; each may say 8 KB
POLICY_CHANGES = {
    "policy_published": "published",
    "policy_retired": "retired",
    "policy_moved": "moved",
    "policy_renamed": "renamed",
    "policy_deleted": "deleted",
}


def announce(
    action: str, *, case: Case | None, policy: Policy | None, data: Mapping[str, Any]
) -> None:
    """Write the event that an action on record stands for, if it does."""
    if action in POLICY_CHANGES and policy is not None:
        _policy_changed(policy, POLICY_CHANGES[action], data)
    elif action in _OF_CASES and case is not None and case.kind == CaseKind.REGULAR:
        _OF_CASES[action](case, data)


def announce_analysis(analysis: Analysis, *, case: Case | None) -> None:
    """Tell that an analysis is done, and whether it led to a case."""
    image = analysis.image
    _write(
        EventType.ANALYSIS_COMPLETED,
        image,
        {
            **_analysis_data(analysis),
            "flagged": case is not None,
            "case_id": str(case.pk) if case else None,
        },
        image=image.pk,
        case=case.pk if case else None,
        facets=_facets(
            verdict=analysis.verdict,
            queue=case.queue.slug if case else "",
            source=_door_of(analysis),
        ),
    )


def announce_failure(analysis: Analysis) -> None:
    """Tell that an analysis was given up. ``settings.ANALYSIS_FAILED`` names this."""
    _write(
        EventType.ANALYSIS_FAILED,
        analysis.image,
        {**_analysis_data(analysis), "error_code": analysis.error_code},
        image=analysis.image_id,
        facets=_facets(source=_door_of(analysis)),
    )


def _opened(case: Case, data: Mapping[str, Any]) -> None:
    _of_case(EventType.CASE_OPENED, case, {})


def _decided(case: Case, data: Mapping[str, Any]) -> None:
    """Tell of a decision once it is final; one that replaces another, likewise."""
    decision = Decision.objects.get(pk=data["decision"])
    _of_case(
        EventType.CASE_DECIDED,
        case,
        _decision_data(decision),
        decision=decision.pk,
        available_at=decision.final_at,
    )


def _undone(case: Case, data: Mapping[str, Any]) -> None:
    """Drop what was not told yet; take back in public only what was."""
    decision = Decision.objects.get(pk=data["decision"])
    dropped, _ = Event.objects.filter(decision=decision.pk, position=None).delete()
    if not dropped and Event.objects.filter(decision=decision.pk).exists():
        _of_case(EventType.CASE_UNDONE, case, _decision_data(decision))


def _reopened(case: Case, data: Mapping[str, Any]) -> None:
    """Tell it, unless nobody knows of any decision yet."""
    fresh = Event.objects.filter(
        case=case.pk,
        decision__isnull=False,
        position=None,
        available_at__gt=timezone.now(),
    )
    dropped = fresh.delete()[0]
    told = Event.objects.filter(case=case.pk, decision__isnull=False)
    if not dropped or told.exists():
        _of_case(EventType.CASE_REOPENED, case, {})


def _appealed(case: Case, data: Mapping[str, Any]) -> None:
    appeal = Appeal.objects.get(pk=data["appeal"])
    _of_case(EventType.CASE_APPEALED, case, _appeal_data(appeal))


def _resolved(case: Case, data: Mapping[str, Any]) -> None:
    """Tell the answer once the decision that gives it is final."""
    appeal = Appeal.objects.select_related("resolving_decision").get(pk=data["appeal"])
    decision = appeal.resolving_decision
    assert decision is not None  # noqa: S101 - a resolved appeal has one
    _of_case(
        EventType.APPEAL_RESOLVED,
        case,
        _appeal_data(appeal)
        | {"resolution": appeal.resolution}
        | _decision_data(decision),
        decision=decision.pk,
        available_at=decision.final_at,
    )


_OF_CASES: Mapping[str, Callable[[Case, Mapping[str, Any]], None]] = {
    "case_opened": _opened,
    "case_decided": _decided,
    "decision_replaced": _decided,
    "decision_undone": _undone,
    "case_reopened": _reopened,
    "appeal_opened": _appealed,
    "appeal_resolved": _resolved,
}


def said_of(image_id: UUID) -> list[dict[str, Any]]:
    """Return what the senders of a picture said of it: of its latest arrivals."""
    arrivals = Submission.objects.filter(image=image_id).order_by("-created_at", "-id")
    return [
        {"id": str(key), "external_id": external_id, "context": context}
        for key, external_id, context in arrivals.values_list(
            "pk", "external_id", "context"
        )[:MOST_ARRIVALS]
    ]


def _of_case(
    kind: EventType,
    case: Case,
    more: Mapping[str, Any],
    *,
    decision: object = None,
    available_at: datetime | None = None,
) -> None:
    _write(
        kind,
        case,
        {
            "case_id": str(case.pk),
            "image_id": str(case.image_id),
            "analysis_id": str(case.analysis_id) if case.analysis_id else None,
            "status": case.status,
            "queue": case.queue.slug,
            "priority": Priority(case.priority).name.lower(),
            "machine_verdict": case.machine_verdict or None,
            "machine_score": case.machine_score,
            "outcome": case.outcome or None,
            "submissions": said_of(case.image_id),
            **more,
        },
        image=case.image_id,
        case=case.pk,
        decision=decision,
        available_at=available_at or timezone.now(),
        facets=_facets(
            verdict=case.machine_verdict, queue=case.queue.slug, source=case.door
        ),
    )


def _policy_changed(policy: Policy, change: str, data: Mapping[str, Any]) -> None:
    _write(
        EventType.POLICY_CHANGED,
        policy,
        {
            "policy_id": policy.pk,
            "name": policy.name,
            "change": change,
            "version": data.get("version"),
            "state": data.get("after") if change == "published" else None,
        },
    )


def _write(
    kind: EventType,
    about: Case | Image | Policy,
    data: Mapping[str, Any],
    **fields: Any,
) -> None:
    Event.objects.create(
        type=kind,
        organization_id=cast("int", about.organization_id),
        data=dict(data),
        **fields,
    )


def _facets(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _door_of(analysis: Analysis) -> str:
    submissions = analysis.image.submissions.order_by("created_at", "id")
    return submissions.values_list("door", flat=True).first() or ""


def _analysis_data(analysis: Analysis) -> dict[str, Any]:
    return {
        "analysis_id": str(analysis.pk),
        "image_id": str(analysis.image_id),
        "sha256": analysis.image.sha256,
        "status": analysis.status,
        "verdict": analysis.verdict or None,
        "score": analysis.score,
        "pipeline_version": analysis.pipeline_version,
        "submissions": said_of(analysis.image_id),
    }


def _decision_data(decision: Decision) -> dict[str, Any]:
    """Return what was decided; by whom, and their notes, stay in the house."""
    return {
        "decision_id": str(decision.pk),
        "outcome": decision.outcome,
        "reason": decision.reason,
        "automatic": decision.is_automatic,
    }


def _appeal_data(appeal: Appeal) -> dict[str, Any]:
    return {
        "appeal_id": str(appeal.pk),
        "external_id": appeal.external_id or None,
        "decision_id": str(appeal.decision_id),
    }
