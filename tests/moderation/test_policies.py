"""When an analysis becomes a case, and which decisions make sense: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.types import Verdict
from moderation.models import DecisionReason, Outcome, Priority
from moderation.policies import (
    REASONS_FOR,
    Evidence,
    Rule,
    first_match,
    matches,
    problem_with_decision,
)

CODES = ("editing_software", "ai_generated", "thumbnail_mismatch")
scores = st.floats(0.01, 0.99)
evidences = st.builds(
    Evidence,
    verdict=st.sampled_from([verdict.value for verdict in Verdict]),
    score=scores,
    codes=st.frozensets(st.sampled_from(CODES)),
)
rules = st.builds(
    Rule,
    name=st.sampled_from(["a", "b", "c", "d"]),
    priority=st.sampled_from(Priority.values),
    verdicts=st.frozensets(st.sampled_from([verdict.value for verdict in Verdict])),
    codes=st.frozensets(st.sampled_from(CODES)),
    min_score=st.none() | scores,
)
FAKE = Evidence(verdict="fake", score=0.95, codes=frozenset({"ai_generated"}))


@pytest.mark.parametrize(
    ("rule", "because"),
    [
        (Rule("r", 20, verdicts=frozenset({"fake"})), "verdict fake"),
        (Rule("r", 20, codes=frozenset({"ai_generated"})), "found ai_generated"),
        (Rule("r", 20, min_score=0.9), "score 95% (at least 90%)"),
        (Rule("r", 20), "every analysis"),
        (
            Rule("r", 20, verdicts=frozenset({"fake"}), min_score=0.5),
            "verdict fake and score 95% (at least 50%)",
        ),
        (Rule("r", 20, verdicts=frozenset({"suspicious"})), None),
        (Rule("r", 20, codes=frozenset({"thumbnail_mismatch"})), None),
        (Rule("r", 20, min_score=0.96), None),
        (Rule("r", 20, verdicts=frozenset({"fake"}), min_score=0.96), None),
    ],
)
def test_every_condition_that_is_set_must_hold(rule: Rule, because: str | None) -> None:
    match = matches(rule, FAKE)
    assert (match.because if match else None) == because


@given(st.lists(rules), evidences)
def test_the_most_urgent_matching_rule_wins(many: list[Rule], found: Evidence) -> None:
    match = first_match(many, found)
    holding = [rule for rule in many if matches(rule, found)]
    if match is None:
        assert not holding
    else:
        assert match.rule.priority == max(rule.priority for rule in holding)


@given(rules, evidences, scores)
def test_a_higher_score_never_loses_a_match(
    rule: Rule, found: Evidence, more: float
) -> None:
    higher = Evidence(found.verdict, max(found.score, more), found.codes)
    assert matches(rule, found) is None or matches(rule, higher) is not None


def test_every_outcome_and_reason_of_the_form_can_be_given() -> None:
    assert set(REASONS_FOR) == set(Outcome.values)
    assert {reason for given in REASONS_FOR.values() for reason in given} == set(
        DecisionReason.values
    )


@pytest.mark.parametrize(
    ("outcome", "reason", "note", "words"),
    [
        ("fake", "content_edited", "", None),
        ("fake", "other", "The shadow is painted.", None),
        ("fake", "other", "   ", "needs a note"),
        ("fake", "harmless_edit", "", "one of these reasons"),
        ("authentic", "ai_generated", "", "one of these reasons"),
        ("maybe", "other", "x", "Choose one of"),
        ("", "", "", "Choose one of"),
        ("fake", "content_edited", "x" * 101, "at most 100 fit"),
    ],
)
def test_a_decision_needs_a_ground_that_fits(
    outcome: str, reason: str, note: str, words: str | None
) -> None:
    problem = problem_with_decision(
        outcome=outcome, reason=reason, note=note, max_note=100
    )
    assert (problem is None) if words is None else (words in str(problem))
