"""Counting what a version would change: one analysis after the other, in little memory.

Every analysis is looked at as if its picture were new. What the live policies do today
is held against what they would do if the tested version were live in the place of its
policy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from moderation.models import PolicyAction, VersionState
from moderation.rules import holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.models import Analysis
    from moderation.models import PolicyVersion, Queue
    from moderation.policy_selectors import Rule
    from moderation.rules import Condition, Evidence

MOST_EXAMPLES = 50
DECIDING = {PolicyAction.CLEAR: "authentic", PolicyAction.MARK_FAKE: "fake"}
CHANGES = (
    "newly_opened",
    "no_longer_opened",
    "newly_decided",
    "no_longer_decided",
    "moved",
)


@dataclass(frozen=True, slots=True)
class End:
    """What becomes of an analysis."""

    policy: str
    action: str
    queue: str
    priority: int
    is_decided: bool

    @property
    def seen(self) -> tuple[str, str, int, bool]:
        """What people would notice; which policy it was is not it."""
        return (self.action, self.queue, self.priority, self.is_decided)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rules of today, and those with the tested version."""

    tested: Rule
    today: Sequence[Rule]
    then: Sequence[Rule]
    queues: Sequence[tuple[Queue, tuple[Condition, ...]]]
    default_queue: str

    @classmethod
    def of(
        cls,
        tested: Rule,
        at_work: Sequence[Rule],
        queues: Sequence[tuple[Queue, tuple[Condition, ...]]],
        default_queue: str,
    ) -> Comparison:
        """Put the tested version in the place of its policy's live one."""
        today = [r for r in at_work if r.version.state == VersionState.LIVE]
        others = [r for r in today if r.version.policy_id != tested.version.policy_id]
        then = sorted([*others, tested], key=_place)
        return cls(tested, today, then, queues, default_queue)

    def end(self, rules: Sequence[Rule], evidence: Evidence) -> End | None:
        """Return what the first rule that holds does; None: nothing happens."""
        rule = next((r for r in rules if holds(r.conditions, evidence)), None)
        if rule is None:
            return None
        version = rule.version
        is_decided = version.action in DECIDING and not version.needs_approval
        return End(
            policy=version.policy.name,
            action=version.action,
            queue="" if is_decided else self._queue(version, evidence),
            priority=0 if is_decided else version.priority,
            is_decided=is_decided,
        )

    def _queue(self, version: PolicyVersion, evidence: Evidence) -> str:
        if version.queue is not None:
            return version.queue.name
        for queue, conditions in self.queues:
            if holds(conditions, evidence):
                return queue.name
        return self.default_queue


def empty_result() -> dict[str, Any]:
    """Return a result in which nothing is counted yet."""
    return {
        "looked": 0,
        "matched": 0,
        "acts": 0,
        "opened_today": 0,
        "opened_then": 0,
        "decided_today": 0,
        "decided_then": 0,
        "changes": dict.fromkeys(CHANGES, 0),
        "examples": {name: [] for name in CHANGES},
        "people": {"matched": {}, "others": {}},
    }


def add(
    result: dict[str, Any],
    comparison: Comparison,
    analysis: Analysis,
    evidence: Evidence,
    outcome: str,
) -> None:
    """Count one analysis; ``outcome`` is what people decided of it, if they did."""
    matched = holds(comparison.tested.conditions, evidence)
    before = comparison.end(comparison.today, evidence)
    after = comparison.end(comparison.then, evidence)
    result["looked"] += 1
    result["matched"] += matched
    # The first rule that holds acts: another one may stand before the tested one.
    first = next((r for r in comparison.then if holds(r.conditions, evidence)), None)
    result["acts"] += first is comparison.tested
    for name, end in (("today", before), ("then", after)):
        result[f"opened_{name}"] += end is not None and not end.is_decided
        result[f"decided_{name}"] += end is not None and end.is_decided
    if outcome:
        people = result["people"]["matched" if matched else "others"]
        people[outcome] = people.get(outcome, 0) + 1
    change = change_of(before, after)
    if change:
        result["changes"][change] += 1
        examples = result["examples"][change]
        if len(examples) < MOST_EXAMPLES:
            examples.append(_example(analysis, before, after, outcome))


def change_of(before: End | None, after: End | None) -> str:
    """Name the difference between two ends; empty where nobody would notice any."""
    if (before.seen if before else None) == (after.seen if after else None):
        return ""
    if after is not None and after.is_decided:
        return "newly_decided"
    if after is None:
        was_decided = before is not None and before.is_decided
        return "no_longer_decided" if was_decided else "no_longer_opened"
    return "newly_opened" if before is None or before.is_decided else "moved"


def agreement(result: dict[str, Any], action: str) -> tuple[int, int] | None:
    """Return with how many of how many people's decisions the version agrees.

    None where it decides nothing. "Cannot tell" agrees with neither outcome.
    """
    said = DECIDING.get(PolicyAction(action))
    if said is None:
        return None
    people: dict[str, int] = result["people"]["matched"]
    return people.get(said, 0), sum(people.values())


def _example(
    analysis: Analysis, before: End | None, after: End | None, outcome: str
) -> dict[str, Any]:
    return {
        "analysis": str(analysis.pk),
        "before": asdict(before) if before else None,
        "after": asdict(after) if after else None,
        "decided": outcome,
    }


def _place(rule: Rule) -> tuple[int, str]:
    return (rule.version.policy.position, rule.version.policy.name)
