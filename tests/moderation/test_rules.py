"""Conditions: checked strictly, told in words, evaluated without an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.types import Verdict
from moderation.policy_words import LABELS, conditions_in_words
from moderation.rules import KINDS, Condition, ConditionError, Evidence, checked, holds
from moderation.rules.kinds import VERDICTS, Named, Shape

EVIDENCE = Evidence(
    verdict="fake",
    score=0.95,
    codes=frozenset({"ai_generated", "copy_move"}),
    signals={"copy_move": 0.8},
    tags={
        "software": [("EXIF image", "Adobe Photoshop 25.0"), ("XMP", "GIMP")],
        "make": [("EXIF image", "Canon")],
    },
    doors=frozenset({"api"}),
    senders=frozenset({"shop"}),
    sender_groups=frozenset({"integrator"}),
    banks=frozenset({"Hoaxes"}),
    bank_purposes=frozenset({"fake"}),
    format="JPEG",
    pixels=1_000_000,
    byte_size=200_000,
)
HOLDS: list[tuple[dict[str, Any], bool]] = [
    ({"kind": "verdict_in", "value": ["fake", "suspicious"]}, True),
    ({"kind": "verdict_in", "value": ["authentic"]}, False),
    ({"kind": "score_at_least", "value": 0.95}, True),
    ({"kind": "score_at_least", "value": 0.96}, False),
    ({"kind": "score_at_most", "value": 0.95}, True),
    ({"kind": "score_at_most", "value": 0.5}, False),
    ({"kind": "code_any", "value": ["copy_move", "x"]}, True),
    ({"kind": "code_any", "value": ["x"]}, False),
    ({"kind": "code_none", "value": ["x"]}, True),
    ({"kind": "code_none", "value": ["copy_move"]}, False),
    ({"kind": "signal_at_least", "name": "copy_move", "value": 0.8}, True),
    ({"kind": "signal_at_least", "name": "copy_move", "value": 0.81}, False),
    ({"kind": "signal_at_most", "name": "ela", "value": 1}, False),
    ({"kind": "tag_present", "name": "Software"}, True),
    ({"kind": "tag_present", "name": "exif:SOFTWARE"}, True),
    ({"kind": "tag_present", "name": "IPTC:Software"}, False),
    ({"kind": "tag_absent", "name": "Model"}, True),
    ({"kind": "tag_absent", "name": "Make"}, False),
    ({"kind": "tag_contains", "name": "EXIF:Software", "value": "photoshop"}, True),
    ({"kind": "tag_contains", "name": "EXIF:Software", "value": "gimp"}, False),
    ({"kind": "tag_equals", "name": "Software", "value": "gimp"}, True),
    ({"kind": "tag_equals", "name": "Software", "value": "Photoshop"}, False),
    ({"kind": "door_in", "value": ["api"]}, True),
    ({"kind": "door_in", "value": ["web"]}, False),
    ({"kind": "sender_in", "value": ["shop"]}, True),
    ({"kind": "sender_not_in", "value": ["shop"]}, False),
    ({"kind": "sender_group_in", "value": ["integrator"]}, True),
    ({"kind": "bank_in", "value": ["Hoaxes"]}, True),
    ({"kind": "bank_purpose_in", "value": ["authentic"]}, False),
    ({"kind": "format_in", "value": ["JPEG"]}, True),
    ({"kind": "pixels_at_least", "value": 1_000_001}, False),
    ({"kind": "pixels_at_most", "value": 1_000_000}, True),
    ({"kind": "bytes_at_least", "value": 100}, True),
    ({"kind": "bytes_at_most", "value": 100}, False),
]


@pytest.mark.parametrize(("condition", "expected"), HOLDS)
def test_each_kind_compares_what_it_says(
    condition: dict[str, Any], *, expected: bool
) -> None:
    assert holds(checked([condition]), EVIDENCE) is expected


def test_every_kind_has_an_example_and_words() -> None:
    assert {condition["kind"] for condition, _ in HOLDS} == set(KINDS) == set(LABELS)
    assert tuple(verdict.value for verdict in Verdict) == VERDICTS


def test_all_conditions_must_hold_and_none_holds_for_every_analysis() -> None:
    both = [HOLDS[0][0], HOLDS[2][0]]
    assert holds(checked(both), EVIDENCE)
    assert not holds(checked([*both, HOLDS[1][0]]), EVIDENCE)
    assert holds(checked([]), Evidence())


def test_what_is_not_known_holds_for_nothing_but_its_absence() -> None:
    held = {c["kind"] for c, _ in HOLDS if holds(checked([c]), Evidence())}
    assert held == {"code_none", "tag_absent", "sender_not_in"} | {
        "pixels_at_most",
        "bytes_at_most",
    }


def test_conditions_are_said_in_plain_words() -> None:
    said = conditions_in_words(
        checked(
            [
                {"kind": "verdict_in", "value": ["suspicious", "fake"]},
                {"kind": "score_at_least", "value": 0.7},
                {"kind": "tag_contains", "name": "Software", "value": "{name} <b>"},
            ]
        )
    )
    assert said == (
        "the verdict is suspicious or fake, and the score is at least 70 %, and the "
        "tag Software contains “{name} <b>”"
    )
    assert conditions_in_words(()) == "every analysis"


@pytest.mark.parametrize(
    ("stored", "pointer", "words"),
    [
        ("x", "", "a list"),
        ([1], "/0", "an object"),
        ([{"kind": "nothing"}], "/0/kind", "one of verdict_in"),
        ([{"kind": ["verdict_in"]}], "/0/kind", "one of"),
        ([{"kind": "score_at_least", "value": 0.5, "or": 1}], "/0/or", "kind, name"),
        ([{"kind": "verdict_in", "value": ["fake", "bad"]}], "/0/value/1", "one of"),
        ([{"kind": "verdict_in", "value": []}], "/0/value", "at least one word"),
        ([{"kind": "verdict_in", "value": "fake"}], "/0/value", "at least one word"),
        ([{"kind": "score_at_least", "value": True}], "/0/value", "from 0 to 1"),
        ([{"kind": "score_at_least", "value": float("nan")}], "/0/value", "0 to 1"),
        ([{"kind": "score_at_least"}], "/0/value", "a number"),
        ([{"kind": "pixels_at_least", "value": 1.5}], "/0/value", "a whole number"),
        ([{"kind": "signal_at_least", "value": 0.5}], "/0/name", "name of a signal"),
        (
            [{"kind": "tag_contains", "name": "A", "value": "a\0b"}],
            "/0/value",
            "a text",
        ),
        ([{"kind": "tag_present", "name": "A", "value": "x"}], "/0/value", "no value"),
        (
            [{"kind": "verdict_in", "name": "A", "value": ["fake"]}],
            "/0/name",
            "no name",
        ),
        ([{"kind": "tag_present", "name": "A"}] * 21, "", "at most 20"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    stored: Any, pointer: str, words: str
) -> None:
    with pytest.raises(ConditionError, match=r"Expected .* Received") as error:
        checked(stored)
    assert error.value.pointer == pointer
    assert words in error.value.expected


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["kind", "name", "value", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
nearly = st.fixed_dictionaries(
    {"kind": st.sampled_from(list(KINDS))}, optional={"name": junk, "value": junk}
)
words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)


@st.composite
def valid(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(list(KINDS)))
    kind = KINDS[name]
    made: dict[str, Any] = {"kind": name}
    if kind.named is Named.SIGNAL:
        made["name"] = draw(st.sampled_from(["ela", "copy_move", "unheard_of"]))
    elif kind.named is Named.TAG:
        made["name"] = draw(words)
    if kind.shape is Shape.WORDS:
        one = st.sampled_from(kind.allowed) if kind.allowed else words
        made["value"] = draw(st.lists(one, min_size=1, max_size=4))
    elif kind.shape is Shape.TEXT:
        made["value"] = draw(words)
    elif kind.shape is Shape.SHARE:
        made["value"] = draw(st.floats(0, 1))
    elif kind.shape is Shape.COUNT:
        made["value"] = draw(st.integers(0, 10**12))
    return made


@given(st.lists(valid(), max_size=5))
def test_valid_conditions_are_kept_said_and_evaluated(found: list[Any]) -> None:
    conditions = checked(found)
    assert checked([condition.as_json() for condition in conditions]) == conditions
    assert conditions_in_words(conditions)
    assert isinstance(holds(conditions, EVIDENCE), bool)
    assert isinstance(holds(conditions, Evidence()), bool)


@given(junk | st.lists(nearly, max_size=3))
def test_garbage_is_refused_in_words_or_is_valid(found: Any) -> None:
    problem = problem_with(found)
    if problem is None:
        conditions = checked(found)
        assert all(isinstance(condition, Condition) for condition in conditions)
        assert isinstance(holds(conditions, EVIDENCE), bool)
    else:
        assert len(problem) < 1000
        assert "Expected" in problem


def problem_with(found: Any) -> str | None:
    try:
        checked(found)
    except ConditionError as error:
        return str(error)
    return None


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_never_loses_a_match(
    bound: float, score: float, more: float
) -> None:
    rule = checked([{"kind": "score_at_least", "value": bound}])
    if holds(rule, Evidence(score=score)):
        assert holds(rule, Evidence(score=max(score, more)))
