"""From a finished analysis to a case, by the stored policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation import selectors
from moderation.models import Case, CaseKind
from moderation.policies import Evidence, first_match
from moderation.services.audit import record
from moderation.services.opening import copy_result, new_case

if TYPE_CHECKING:
    from forensics.models import Analysis


def flag_analysis(analysis: Analysis) -> Case | None:
    """Open a case if an active policy wants one; runs in the caller's transaction.

    Conditions, in order: an active policy matches; no undecided case of the image
    exists (it is pointed at the newer analysis instead); and, for a re-analysis,
    nobody has decided this image yet. Calling it again changes nothing.
    """
    evidence = Evidence(
        verdict=analysis.verdict,
        score=analysis.score or 0.0,
        codes=selectors.codes_of(analysis),
    )
    match = first_match(selectors.active_rules(), evidence)
    case = selectors.undecided_case_of(analysis.image_id)
    if case is not None:
        return _point_at(case, analysis)
    if match is None or _has_had_case(analysis):
        return None
    case = new_case(
        image=analysis.image,
        analysis=analysis,
        priority=match.rule.priority,
        policy=selectors.policy_named(match.rule.name),
        opened_because=f"{match.rule.name}: {match.because}"[:255],
    )
    record("case_opened", actor=None, case=case, because=case.opened_because)
    return case


def _has_had_case(analysis: Analysis) -> bool:
    cases = Case.objects.filter(image=analysis.image_id, kind=CaseKind.REGULAR)
    return cases.exists()


def _point_at(case: Case, analysis: Analysis) -> Case:
    if case.analysis_id != analysis.id:
        copy_result(case, analysis)
        case.save()
        record("analysis_renewed", actor=None, case=case, analysis=str(analysis.id))
    return case
