"""Which decisions make sense: pure rules."""

import pytest

from moderation.models import DecisionReason, Outcome
from moderation.policies import REASONS_FOR, problem_with_decision


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
