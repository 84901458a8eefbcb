"""From a finished analysis to a case, or a decision, by the policies at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import override

from forensics.analysis.fusion import DECISIVE
from moderation import policy_selectors, selectors
from moderation.models import (
    Case,
    CaseKind,
    Decision,
    DecisionReason,
    Outcome,
    PolicyAction,
    PolicyEffect,
    VersionState,
)
from moderation.policy_words import conditions_in_words
from moderation.rules import holds
from moderation.services.audit import record
from moderation.services.opening import copy_result, new_case
from moderation.services.routing import queue_for
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from forensics.models import Analysis
    from moderation.models import PolicyVersion
    from moderation.policy_selectors import Rule
    from moderation.rules import Evidence

OUTCOMES = {
    PolicyAction.CLEAR: Outcome.AUTHENTIC,
    PolicyAction.MARK_FAKE: Outcome.FAKE,
}


def flag_analysis(analysis: Analysis) -> Case | None:
    """Let the first live policy that holds act; runs in the caller's transaction.

    Conditions, in order: no undecided case of the image exists (it is pointed at the
    newer analysis instead); nobody has decided this image yet; a live policy holds.
    What holds is kept as an effect, of shadow versions too, whether or not it acts.
    Calling it again changes nothing.
    """
    evidence = policy_selectors.evidence_of(analysis)
    held = [
        r
        for r in policy_selectors.rules_at_work(analysis.image.organization_id)
        if holds(r.conditions, evidence)
    ]
    shadows = [r for r in held if r.version.state == VersionState.SHADOW]
    live = next((r for r in held if r.version.state == VersionState.LIVE), None)
    case = selectors.undecided_case_of(analysis.image_id)
    is_free = case is None and not _has_had_case(analysis)
    for rule in shadows:
        _note_effect(rule, analysis, has_acted=False)
    if live is not None:
        _note_effect(live, analysis, has_acted=is_free)
    if case is not None:
        return _point_at(case, analysis, live)
    return _act(live, analysis, evidence) if live is not None and is_free else None


def _has_had_case(analysis: Analysis) -> bool:
    cases = Case.objects.filter(image=analysis.image_id, kind=CaseKind.REGULAR)
    return cases.exists()


def _note_effect(rule: Rule, analysis: Analysis, *, has_acted: bool) -> None:
    PolicyEffect.objects.get_or_create(
        version=rule.version,
        analysis=analysis,
        is_live=rule.version.state == VersionState.LIVE,
        defaults={"action": rule.version.action, "has_acted": has_acted},
    )


def _act(rule: Rule, analysis: Analysis, evidence: Evidence) -> Case:
    version = rule.version
    with override("en"):  # kept for good, and shown in the reader's language
        words = conditions_in_words(rule.conditions)
    because = f"{version.policy.name}: {words}"[:255]
    outcome = OUTCOMES.get(PolicyAction(version.action))
    is_decided = outcome is not None and not version.needs_approval
    case = new_case(
        image=analysis.image,
        analysis=analysis,
        queue=version.queue
        or queue_for(
            analysis, evidence, organization_id=analysis.image.organization_id
        ),
        status=_status(version, is_decided=is_decided),
        outcome=outcome if outcome and is_decided else "",
        decided_at=timezone.now() if is_decided else None,
        priority=version.priority,
        policy=version.policy,
        policy_version=version,
        proposed_outcome=outcome if outcome and not is_decided else "",
        proposed_reason=_reason(outcome, evidence) if outcome else "",
        opened_because=because,
    )
    decision = _decide(case, evidence, because) if is_decided else None
    record("case_opened", actor=None, case=case, policy=version.policy, because=because)
    if decision is not None:
        record(
            "case_decided",
            actor=None,
            case=case,
            policy=version.policy,
            decision=str(decision.id),
            outcome=decision.outcome,
            reason=decision.reason,
            version=version.number,
        )
    return case


def _status(version: PolicyVersion, *, is_decided: bool) -> CaseStatus:
    if is_decided:
        return CaseStatus.DECIDED
    return CaseStatus.HELD if version.action == PolicyAction.HOLD else CaseStatus.OPEN


def _reason(outcome: Outcome, evidence: Evidence) -> DecisionReason:
    if outcome == Outcome.AUTHENTIC:
        return DecisionReason.NO_TRACE_FOUND
    if not evidence.codes.isdisjoint(DECISIVE):
        return DecisionReason.AI_GENERATED
    return DecisionReason.OTHER


def _decide(case: Case, evidence: Evidence, because: str) -> Decision:
    """Make the decision of a policy; a lead can reopen it like any other."""
    decision = Decision(
        organization_id=case.organization_id,
        case=case,
        analysis=case.analysis,
        image_sha256=case.image.sha256,
        outcome=case.outcome,
        reason=_reason(Outcome(case.outcome), evidence),
        note=because,
        decided_by_name=f"Policy {case.policy_version}"[:150],
        is_automatic=True,
        machine_verdict=case.machine_verdict,
        machine_score=case.machine_score,
    )
    decision.full_clean(exclude=["case", "analysis", "decided_by"])
    decision.save(force_insert=True)
    return decision


def _point_at(case: Case, analysis: Analysis, live: Rule | None) -> Case:
    if case.analysis_id != analysis.id:
        copy_result(case, analysis)
        # What was proposed rested on evidence that is no longer the newest.
        says = OUTCOMES.get(PolicyAction(live.version.action)) if live else None
        if case.proposed_outcome and case.proposed_outcome != says:
            case.proposed_outcome = case.proposed_reason = ""
        case.save()
        record("analysis_renewed", actor=None, case=case, analysis=str(analysis.id))
    return case
