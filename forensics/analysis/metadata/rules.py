"""Applies the rule book: metadata to stable codes with a sentence in plain words."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from forensics.analysis.metadata.predicates import MISMATCH_BELOW, PREDICATES
from forensics.analysis.metadata.programs import noticed_by, signed_by
from forensics.analysis.metadata.rulebook import RuleBookError, rule_book
from forensics.analysis.metadata.rulebook.places import texts_at
from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forensics.analysis.metadata.facts import Facts, Named
    from forensics.analysis.metadata.rulebook import BookRule

__all__ = ["MISMATCH_BELOW", "RULES", "Evaluation", "Match", "Rule", "evaluate"]

_ACQUITS: Final = "camera_original"
_BLANK: Final = re.compile(r"\{(name|place|text)\}")
# A hostile file can sign as every program there is.
_MOST_OF_A_CODE: Final = 6
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that applied: its code, how suspicious (0..1 or None), and the words."""

    code: str
    severity: float | None
    text: str
    rule: str = ""
    cannot_tell: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A code, its severity, and the check that returns words where it applies.

    A severity of None makes no claim about authenticity; below 0.5 speaks for it.
    """

    code: str
    severity: float | None
    check: Callable[[Facts], str | None]
    id: str = ""
    cannot_tell: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rules that apply, the most severe first, and those that broke, by name.

    Rules read values from strangers: one that fails must not silence the others.
    """

    matches: tuple[Match, ...]
    failed: tuple[str, ...] = ()


def evaluate(facts: Facts) -> Evaluation:
    """Apply every rule; a camera original is one where none accuses or fails."""
    found, failed = _applied(RULES, facts)
    suspicious = any((match.severity or 0.0) >= 0.5 for match in found)
    if not (suspicious or failed or _altered(found)):
        acquitting, broken = _applied(_ACQUITTING, facts)
        found, failed = found + acquitting, failed + broken
    ordered = sorted(found, key=_severity, reverse=True)
    return Evaluation(tuple(_fewer(ordered)), tuple(failed))


def _applied(rules: tuple[Rule, ...], facts: Facts) -> tuple[list[Match], list[str]]:
    found, failed = [], []
    for rule in rules:
        try:
            words = rule.check(facts)
        except Exception:  # hostile values may break a rule; the others count
            name = rule.id or rule.code
            _logger.exception("metadata rule %s failed", name)
            failed.append(name)
            continue
        if words is not None:
            found.append(
                Match(rule.code, rule.severity, words, rule.id, rule.cannot_tell)
            )
    return found, failed


def _severity(match: Match) -> float:
    return -1.0 if match.severity is None else match.severity


def _altered(found: list[Match]) -> bool:
    return any(match.code in _EXCLUDING for match in found)


def _fewer(matches: list[Match]) -> Iterator[Match]:
    """Leave out what only repeats: the rest of a code is counted in its last words."""
    counts, seen = Counter(match.code for match in matches), Counter[str]()
    for match in matches:
        seen[match.code] += 1
        if seen[match.code] < _MOST_OF_A_CODE:
            yield match
        elif seen[match.code] == _MOST_OF_A_CODE:
            more = counts[match.code] - _MOST_OF_A_CODE
            text = f"{match.text} (and {more} more like it)" if more else match.text
            yield replace(match, text=text)


def _check_patterns(rule: BookRule, facts: Facts) -> str | None:
    """Say where in the file a rule's values stand."""
    for look in rule.look:
        for named in texts_at(facts, look):
            if _meets(rule, look, named):
                return _said(rule, named)
    return None


def _meets(rule: BookRule, look: str, named: Named) -> bool:
    # One signature names one program, though several rules may know words of it.
    if look == "program":
        return signed_by(named.text) is rule
    if look == "notice":
        return noticed_by(named.text) is rule
    return rule.matches(named.text)


def _said(rule: BookRule, named: Named) -> str:
    filled = {
        "name": rule.name,
        "place": named.place,
        "text": clean_text(named.text, 80),
    }
    # In one pass: a stranger's text may hold braces too.
    return _BLANK.sub(lambda found: filled[found[1]], rule.says)


def _as_rule(rule: BookRule) -> Rule:
    if rule.is_predicate:
        if rule.values[0] not in PREDICATES:
            raise RuleBookError(f"Rule {rule.id}: no predicate {rule.values[0]}.")
        check = PREDICATES[rule.values[0]]
    else:
        check = partial(_check_patterns, rule)
    return Rule(
        code=rule.code.name,
        severity=rule.code.severity,
        check=check,
        id=rule.id,
        cannot_tell=rule.cannot_tell,
    )


_BOOK: Final = tuple(_as_rule(rule) for rule in rule_book().rules)
_EXCLUDING: Final = frozenset(
    name for name, code in rule_book().codes.items() if code.excludes_original
)
RULES: tuple[Rule, ...] = tuple(rule for rule in _BOOK if rule.code != _ACQUITS)
_ACQUITTING: Final = tuple(rule for rule in _BOOK if rule.code == _ACQUITS)
