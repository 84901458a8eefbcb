"""The rule book: what each rule names, what it must not, and how the book is kept."""

from __future__ import annotations

import time
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.analysis import fusion
from forensics.analysis.image import load_evidence
from forensics.analysis.metadata import rules
from forensics.analysis.metadata.facts import gather
from forensics.analysis.metadata.predicates import PREDICATES
from forensics.analysis.metadata.rulebook import (
    BookRule,
    MatchKind,
    RuleBookError,
    Weighing,
    rule_book,
)
from forensics.analysis.metadata.rulebook.document import BEGIN
from forensics.analysis.metadata.rulebook.loading import parse_book
from forensics.analysis.metadata.rulebook.patterns import PatternError, check_linear
from forensics.analysis.metadata.rules import Match, evaluate
from forensics.analysis.types import Limits
from tests.forensics.analysis.rulebook_files import build

BOOK = rule_book()


def matches_of(example: Any) -> tuple[Match, ...]:
    evaluation = evaluate(gather(load_evidence(build(example), Limits())))
    assert evaluation.failed == ()
    return evaluation.matches


def examples(kind: str) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in BOOK.rules
        for number, example in enumerate(getattr(rule, kind))
    ]


@pytest.mark.parametrize(("rule", "example"), examples("positive"))
def test_a_rule_names_its_examples(rule: BookRule, example: Any) -> None:
    found = {match.rule: match for match in matches_of(example)}
    assert rule.id in found
    match = found[rule.id]
    assert (match.code, match.severity) == (rule.code.name, rule.code.severity)
    assert match.text.strip()
    assert "{" not in rules._BLANK.sub("", rule.says)


@pytest.mark.parametrize(("rule", "example"), examples("negative"))
def test_a_rule_leaves_its_counterexamples_alone(rule: BookRule, example: Any) -> None:
    assert rule.id not in {match.rule for match in matches_of(example)}


def test_no_counterexample_is_called_generated_unless_it_says_so() -> None:
    for rule in BOOK.rules:
        if rule.code.name != "ai_generated":
            continue
        for example in rule.negative:
            found = {match.code for match in matches_of(example)}
            assert "ai_generated" not in found, (rule.id, example)


def test_the_book_is_as_large_as_it_says_and_every_rule_stands_on_something() -> None:
    assert len(BOOK.rules) >= 100
    assert all(rule.basis for rule in BOOK.rules)
    used = Counter(rule.code.name for rule in BOOK.rules)
    assert set(used) == set(BOOK.codes)


def test_every_condition_in_code_is_in_the_book_and_the_other_way_round() -> None:
    named = {rule.values[0] for rule in BOOK.rules if rule.is_predicate}
    assert named == set(PREDICATES)


def test_the_weights_in_the_verdict_are_what_the_book_says() -> None:
    for code in BOOK.codes.values():
        weight = fusion.WEIGHTS.get(code.name)
        log_odds = weight.log_odds if weight else 0.0
        assert (log_odds != 0.0) is (code.weight is not Weighing.NONE), code.name
        is_decisive = code.name in fusion.DECISIVE
        assert is_decisive is (code.weight is Weighing.DECISIVE), code.name


def test_many_programs_of_one_kind_are_counted_not_listed() -> None:
    agents = [
        sign["exif.Software"]
        for rule in BOOK.rules
        if rule.code.name == "editing_software"
        for sign in rule.positive[:1]
        if "exif.Software" in sign
    ]
    listed = "</rdf:li><rdf:li>".join(
        agent.replace("&", "and") for agent in agents[:40]
    )
    found = matches_of({"xmp_bag.stEvt:softwareAgent": listed})
    editors = [match for match in found if match.code == "editing_software"]
    assert len(editors) == 6
    assert editors[-1].text.endswith("more like it)")


@pytest.mark.parametrize(
    "pattern",
    ["a*", "(a+)+b", "a{2,}", "(ab){2}", r"(a)\1", "(?P<x>a)", "a{1,999}", "a" * 301,
     "a{0,9}" * 7, "(a|b)*"],
)  # fmt: skip
def test_a_pattern_that_could_take_long_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        check_linear(pattern)


@pytest.mark.parametrize("pattern", [r"\bSteps: \d{1,6}", r"[*+]a?", r"\*\+\{", "a{3}"])
def test_a_bounded_pattern_is_allowed(pattern: str) -> None:
    check_linear(pattern)


def test_no_pattern_is_slow_on_texts_made_of_its_own_beginning() -> None:
    for rule in BOOK.rules:
        if rule.is_predicate:
            continue
        pieces = {str(v)[:n] for e in rule.positive for v in e.values() for n in (3, 9)}
        for piece in (*pieces, " ", "0", "a", "\\", '"c":'):
            text = (piece * 20_000)[:20_000]
            started = time.perf_counter()
            rule.matches(text)
            assert time.perf_counter() - started < 0.25, (rule.id, piece)


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_rule(text: str) -> None:
    for rule in BOOK.rules:
        assert rule.matches(text) in (True, False)


GOOD = {
    "codes": '[c]\nweight = "none"\nsays = "x"\n',
    "one": """
title = "T"
[[rule]]
id = "abc"
code = "c"
look = ["program"]
match = "word"
values = ["Abc"]
says = "Abc"
cannot_tell = "x"
reference = "Reported: x"
positive = [{ "exif.Software" = "Abc" }]
negative = [{ "exif.Software" = "b" }]
""",
}


def test_a_small_book_is_read() -> None:
    (rule,) = parse_book(GOOD).rules
    assert (rule.id, rule.name, rule.match) == ("abc", "abc", MatchKind.WORD)
    assert rule.matches("Abc 2")
    assert not rule.matches("Abcd")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "abc"', 'id = "A b"', "id must be"),
        ('code = "c"', 'code = "d"', "unknown code d"),
        ('code = "c"', "", "code is missing"),
        ('look = ["program"]', 'look = ["nowhere"]', "unknown place nowhere"),
        ('look = ["program"]', "look = []", "looks nowhere"),
        ('match = "word"', 'match = "like"', "like"),
        ('match = "word"', 'match = "regex"\nvalues = ["a*"]', "Cannot overwrite"),
        ('values = ["Abc"]', "values = []", "has no values"),
        ('says = "Abc"', 'says = ""', "says nothing"),
        ("Reported: x", "because", "reference must begin"),
        ("negative = [", "negatives = [", "unknown key negatives"),
        ('negative = [{ "exif.Software" = "b" }]', "negative = []", "no negative"),
        ('positive = [{ "exif.Software" = "Abc" }]', "", "no positive"),
        ('title = "T"', "title = ", "one.toml"),
    ],
)
def test_a_wrong_book_is_refused_in_words(old: str, new: str, words: str) -> None:
    texts = {**GOOD, "one": GOOD["one"].replace(old, new)}
    with pytest.raises(RuleBookError, match=r"one\.toml") as caught:
        parse_book(texts)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '[c]\nweight = "much"\nsays = "x"',
        "[c]",
        "c = 1",
        '[c]\nseverity = 2\nweight = "none"\nsays = "x"',
    ],
)
def test_a_wrong_code_is_refused_in_words(text: str) -> None:
    with pytest.raises(RuleBookError, match=r"codes\.toml, c"):
        parse_book({**GOOD, "codes": text})


def test_one_id_can_stand_in_the_book_once() -> None:
    with pytest.raises(RuleBookError, match="taken in one"):
        parse_book({**GOOD, "two": GOOD["one"]})


def test_a_pattern_that_is_none_is_refused() -> None:
    text = GOOD["one"].replace('match = "word"', 'match = "regex"')
    with pytest.raises(RuleBookError, match="no regular expression"):
        parse_book({**GOOD, "one": text.replace('["Abc"]', '["(a"]')})


def test_the_page_of_the_rule_book_is_up_to_date(tmp_path: Path) -> None:
    call_command("write_rule_book", "--check")
    stale = tmp_path / "page.md"
    stale.write_text(f"Head.\n{BEGIN}\nold\n", "utf-8")
    with pytest.raises(CommandError, match="out of date"):
        call_command("write_rule_book", "--check", "--page", str(stale))
    call_command("write_rule_book", "--page", str(stale), stdout=StringIO())
    call_command("write_rule_book", "--check", "--page", str(stale))
    assert stale.read_text("utf-8").startswith("Head.\n")
    stale.write_text("no mark", "utf-8")
    with pytest.raises(CommandError, match="lost the line"):
        call_command("write_rule_book", "--page", str(stale))
