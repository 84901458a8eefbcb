"""Conditions: whatever is stored is checked, evaluated and told without an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy_words import LABELS
from moderation.rule_words import sentence
from moderation.rules import KINDS, ConditionError, Evidence, Shape, checked, holds
from moderation.rules.kinds import Named

ANY_TEXT = st.text(max_size=30)
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp")),
    min_size=1,
    max_size=20,
).filter(lambda word: bool(word.strip()))
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | ANY_TEXT
    | st.sampled_from([*KINDS, "\x00", "fake"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["kind", "name", "value"]) | ANY_TEXT, inner, max_size=4
        )
    ),
    max_leaves=12,
)


@st.composite
def valid_conditions(draw: st.DrawFn) -> dict[str, Any]:
    name = draw(st.sampled_from(list(KINDS)))
    kind = KINDS[name]
    stored: dict[str, Any] = {"kind": name}
    if kind.named is Named.SIGNAL:
        stored["name"] = draw(st.sampled_from(["noise", "metadata"]))
    if kind.named is Named.TAG:
        stored["name"] = draw(st.sampled_from(["EXIF:Software", "Make", "a:b:c"]))
    if kind.shape is Shape.WORDS:
        words = st.sampled_from(kind.allowed) if kind.allowed else WORDS
        stored["value"] = draw(st.lists(words, min_size=1, max_size=4))
    elif kind.shape is Shape.TEXT:
        stored["value"] = draw(WORDS)
    elif kind.shape is Shape.SHARE:
        stored["value"] = draw(st.floats(0, 1) | st.sampled_from([0, 1]))
    elif kind.shape is Shape.COUNT:
        stored["value"] = draw(st.integers(0, 10**12))
    return stored


words_of = st.frozensets(ANY_TEXT, max_size=3)
evidences = st.builds(
    Evidence,
    verdict=st.sampled_from(["", "fake", "suspicious"]),
    score=st.none() | st.floats(0.01, 0.99),
    codes=words_of,
    signals=st.dictionaries(st.sampled_from(["noise", "ela"]), st.floats(0, 1)),
    tags=st.dictionaries(
        st.sampled_from(["software", "make"]),
        st.lists(st.tuples(st.sampled_from(["EXIF", "XMP"]), ANY_TEXT), max_size=2),
    ),
    doors=words_of,
    senders=words_of,
    sender_groups=words_of,
    banks=words_of,
    bank_purposes=words_of,
    format=st.sampled_from(["", "JPEG"]),
    pixels=st.integers(0, 10**9),
    byte_size=st.integers(0, 10**9),
)


@given(st.lists(valid_conditions(), max_size=5), evidences)
def test_valid_conditions_are_evaluated_and_told(
    stored: list[dict[str, Any]], evidence: Evidence
) -> None:
    conditions = checked(stored)
    assert holds(conditions, evidence) in {True, False}
    for language in ("en", "de"):
        with override(language):
            told = sentence(conditions)
        assert told.endswith(".")
        assert "{" not in told or "{" in str(stored)
    again = [condition.as_json() for condition in conditions]
    assert checked(json.loads(json.dumps(again))) == conditions


@given(json_values)
def test_garbage_is_refused_with_a_place_and_words(garbage: Any) -> None:
    if not is_valid(garbage):
        with pytest.raises(ConditionError, match="Expected") as refused:
            checked(garbage)
        assert refused.value.pointer[:1] in {"", "/"}
        assert "\x00" not in str(refused.value)


def is_valid(stored: Any) -> bool:
    try:
        conditions = checked(stored)
    except ConditionError:
        return False
    assert not any("\x00" in repr(one.as_json()) for one in conditions)
    return True


@given(st.lists(valid_conditions(), min_size=1, max_size=3), ANY_TEXT, json_values)
def test_one_more_key_is_refused(
    stored: list[dict[str, Any]], key: str, value: Any
) -> None:
    if key in {"kind", "name", "value"}:
        return
    stored[-1][key] = value
    with pytest.raises(ConditionError):
        checked(stored)


def test_every_kind_has_words() -> None:
    assert list(LABELS) == list(KINDS)


def test_conditions_read_like_a_sentence() -> None:
    stored = [
        {"kind": "verdict_in", "value": ["suspicious", "fake"]},
        {"kind": "score_at_least", "value": 0.7},
    ]
    assert sentence(checked(stored)) == (
        "The verdict is suspicious or fake, and the score is at least 70 %."
    )
    assert sentence(()) == "Every analysis."


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "tag_present", "name": "Make", "value": []},
        {"kind": "pixels_at_least", "value": 10**400},
        {"kind": "score_at_least", "value": 10**400},
        {"kind": "score_at_least", "value": float("nan")},
        {"kind": "score_at_least", "value": True},
        {"kind": "code_any", "value": "fake"},
        {"kind": ["verdict_in"], "value": ["fake"]},
    ],
)
def test_values_of_the_wrong_shape_are_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ConditionError):
        checked([stored])


def test_an_unknown_score_is_neither_high_nor_low() -> None:
    nothing = Evidence()
    assert not holds(checked([{"kind": "score_at_most", "value": 0.3}]), nothing)
    assert not holds(checked([{"kind": "score_at_least", "value": 0}]), nothing)
