"""What answers about cases, decisions and images can be expanded by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forensics.api.expansions import analysis_by, by_row, image_by
from forensics.api.shaping import Expansion
from moderation import selectors
from moderation.api.serializers import (
    CaseSerializer,
    CaseSummarySerializer,
    DecisionSerializer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User
    from forensics.api.expansions import KeyOf
    from moderation.models import Case


def _cases(user: User, *, is_list: bool) -> QuerySet[Case]:
    visible = selectors.as_summaries(selectors.cases_visible_to(user))
    return visible if is_list else selectors.with_decisions(visible, user)


def case_by(key: KeyOf) -> Expansion:
    """Return the expansion to the case whose id ``key`` reads from a row."""

    def load(user: User, rows: Sequence[Any], _: Any) -> Mapping[Any, Any]:
        wanted = {row.pk: key(row) for row in rows}
        keys = {one for one in wanted.values() if one is not None}
        found = _cases(user, is_list=True).filter(pk__in=keys).in_bulk()
        return by_row(wanted, found)

    # Decisions and appeals are no views of evidence, so they show it as lists do.
    shape = CaseSummarySerializer
    return Expansion(load, shape, shape, "the case as lists show it")


def _newest_cases(user: User, rows: Sequence[Any], is_list: Any) -> Mapping[Any, Any]:
    """Return the newest case of each image that this person may see."""
    about = _cases(user, is_list=is_list).filter(image__in=[row.pk for row in rows])
    return {case.image_id: case for case in about.order_by("opened_at", "id")}


def _decisions(user: User, rows: Sequence[Any], _: Any) -> Mapping[Any, Any]:
    """Return the decision in force in each case."""
    visible = selectors.decisions_visible_to(user).select_related("decided_by")
    found = visible.filter(case__in=[row.pk for row in rows], withdrawn_at=None)
    return {decision.case_id: decision for decision in found}


def decision_by(key: KeyOf) -> Expansion:
    """Return the expansion to the decision whose id ``key`` reads from a row."""

    def load(user: User, rows: Sequence[Any], _: Any) -> Mapping[Any, Any]:
        wanted = {row.pk: key(row) for row in rows}
        visible = selectors.decisions_visible_to(user).select_related("decided_by")
        return by_row(wanted, visible.filter(pk__in=set(wanted.values())).in_bulk())

    return Expansion(load, DecisionSerializer, DecisionSerializer, "the decision")


OF_IMAGE: Mapping[str, Expansion] = {
    "case": Expansion(
        _newest_cases,
        CaseSerializer,
        CaseSummarySerializer,
        "its newest case that you may see",
    )
}
OF_CASE: Mapping[str, Expansion] = {
    "image": image_by(lambda row: row.image_id),
    "analysis": analysis_by(lambda row: row.analysis_id),
    "decision": Expansion(
        _decisions, DecisionSerializer, DecisionSerializer, "the decision in force"
    ),
}
OF_DECISION: Mapping[str, Expansion] = {
    "case": case_by(lambda row: row.case_id),
    "analysis": analysis_by(lambda row: row.analysis_id, with_evidence=False),
}
OF_APPEAL: Mapping[str, Expansion] = {
    "case": case_by(lambda row: row.case_id),
    "image": image_by(lambda row: row.case.image_id),
    "decision": decision_by(lambda row: row.decision_id),
}
