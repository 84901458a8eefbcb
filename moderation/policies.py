"""PURE rules: when an analysis becomes a case, and which decisions make sense."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a policy looks at: the end of one analysis."""

    verdict: str
    score: float
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy's conditions. Every condition that is set must hold."""

    name: str
    priority: int
    verdicts: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    min_score: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds, with the reason in words."""

    rule: Rule
    because: str


def matches(rule: Rule, evidence: Evidence) -> Match | None:
    """Return why ``rule`` holds for ``evidence``, or None."""
    reasons = []
    if rule.verdicts:
        if evidence.verdict not in rule.verdicts:
            return None
        reasons.append(f"verdict {evidence.verdict}")
    if rule.codes:
        found = sorted(rule.codes & evidence.codes)
        if not found:
            return None
        reasons.append(f"found {', '.join(found)}")
    if rule.min_score is not None:
        if evidence.score < rule.min_score:
            return None
        reasons.append(f"score {evidence.score:.0%} (at least {rule.min_score:.0%})")
    return Match(rule, " and ".join(reasons) or "every analysis")


def first_match(rules: Iterable[Rule], evidence: Evidence) -> Match | None:
    """Return the most urgent rule that holds; equal priorities go by name."""
    for rule in sorted(rules, key=lambda rule: (-rule.priority, rule.name)):
        if (match := matches(rule, evidence)) is not None:
            return match
    return None


# Which grounds can carry which outcome.
REASONS_FOR: dict[str, Sequence[str]] = {
    "authentic": ("no_trace_found", "harmless_edit", "source_confirmed", "other"),
    "fake": ("content_edited", "ai_generated", "metadata_contradicts", "other"),
    "cannot_tell": ("quality_too_low", "evidence_conflicts", "no_trace_found", "other"),
}


def problem_with_decision(
    *, outcome: str, reason: str, note: str, max_note: int
) -> str | None:
    """Return what is wrong with a decision, in words, or None."""
    allowed: Collection[str] = REASONS_FOR.get(outcome, ())
    if not allowed:
        return f"Choose one of: {', '.join(REASONS_FOR)}."
    if reason not in allowed:
        return f"For {outcome!r} give one of these reasons: {', '.join(allowed)}."
    if reason == "other" and not note.strip():
        return "The reason 'other' needs a note that says what it is."
    if len(note) > max_note:
        return f"The note has {len(note):,} characters; at most {max_note:,} fit."
    return None
