"""Reads for the pages of policies and queues: rows with their figures and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from moderation.models import (
    Case,
    Policy,
    PolicyEffect,
    PolicyVersion,
    Priority,
    Queue,
    VersionState,
)
from moderation.policy_selectors import policies_visible_to, queues_visible_to
from moderation.policy_words import condition_in_words
from moderation.rule_words import action_words, sentence
from moderation.rules import checked
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from accounts.models import User

RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class VersionWords:
    """A version as people read it."""

    version: PolicyVersion
    conditions: str
    action: str


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy in the list: what it says, and how often it held of late."""

    policy: Policy
    live: VersionWords | None
    shadow: VersionWords | None
    draft: VersionWords | None
    live_matches: int
    shadow_matches: int

    @property
    def shown(self) -> VersionWords | None:
        """The version that the row tells of."""
        return self.live or self.shadow or self.draft


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what differs between two versions."""

    sign: str  # "+", "-" or " "
    text: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue in the list, with what waits in it."""

    queue: Queue
    conditions: str
    waiting: int
    overdue: int
    oldest: datetime | None
    members: int


def words_of(version: PolicyVersion) -> VersionWords:
    """Tell what a version says."""
    queue = version.queue
    return VersionWords(
        version,
        sentence(checked(version.conditions)),
        action_words(
            version.action,
            queue=queue.name if queue else "",
            priority=str(Priority(version.priority).label),
            needs_approval=version.needs_approval,
        ),
    )


def policy_rows(user: User) -> list[PolicyRow]:
    """Return the policies in the order in which they are tried: three queries."""
    policies = policies_visible_to(user)
    at_work = (VersionState.DRAFT, VersionState.SHADOW, VersionState.LIVE)
    versions = PolicyVersion.objects.filter(
        state__in=at_work, policy__in=policies
    ).select_related("queue")
    found = {(v.policy_id, v.state): words_of(v) for v in versions}
    counts = _recent_matches(user)
    return [
        PolicyRow(
            policy,
            live=found.get((policy.pk, VersionState.LIVE)),
            shadow=found.get((policy.pk, VersionState.SHADOW)),
            draft=found.get((policy.pk, VersionState.DRAFT)),
            live_matches=counts.get((policy.pk, True), 0),
            shadow_matches=counts.get((policy.pk, False), 0),
        )
        for policy in policies.order_by("position", "name")
    ]


def _recent_matches(user: User) -> dict[tuple[int, bool], int]:
    effects = PolicyEffect.objects.filter(
        at__gt=timezone.now() - RECENT,
        version__policy__organization=user.organization_id,
    ).order_by()
    rows = effects.values("version__policy", "is_live").annotate(count=Count("pk"))
    return {(row["version__policy"], row["is_live"]): row["count"] for row in rows}


def history_of(policy: Policy) -> list[tuple[VersionWords, list[Line]]]:
    """Return the versions, newest first, each with its difference to the one before."""
    versions = list(
        policy.versions.select_related("queue", "policy").order_by("-number")
    )
    pairs = zip(versions, [*versions[1:], None], strict=True)
    return [(words_of(new), difference(old, new)) for new, old in pairs]


def difference(old: PolicyVersion | None, new: PolicyVersion) -> list[Line]:
    """Return what a version says, line by line, beside the one before."""
    after = _lines(new)
    before = _lines(old) if old is not None else []
    lines: list[Line] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, b0, b1, a0, a1 in matcher.get_opcodes():
        if tag == "equal":
            lines += [Line(" ", text) for text in after[a0:a1]]
            continue
        lines += [Line("-", text) for text in before[b0:b1]]
        lines += [Line("+", text) for text in after[a0:a1]]
    return lines


def _lines(version: PolicyVersion) -> list[str]:
    told = [condition_in_words(one) for one in checked(version.conditions)]
    return [*(told or [_("every analysis")]), words_of(version).action]


def queue_rows(user: User) -> list[QueueRow]:
    """Return the queues with figures, in the order of their rules: two queries."""
    now = timezone.now()
    waiting = Q(cases__status__in=UNDECIDED)
    queues = queues_visible_to(user).annotate(
        waiting=Count("cases", filter=waiting),
        overdue=Count("cases", filter=waiting & Q(cases__due_at__lt=now)),
        oldest=Min("cases__opened_at", filter=waiting),
    )
    through = Queue.members.through.objects.values("queue").annotate(n=Count("pk"))
    members = {row["queue"]: row["n"] for row in through.order_by()}
    return [
        QueueRow(
            queue,
            sentence(checked(queue.conditions)) if queue.conditions else "",
            queue.waiting,
            queue.overdue,
            queue.oldest,
            members.get(queue.pk, 0),
        )
        for queue in queues.order_by("position", "name")
    ]


def waiting_in(queue: Queue) -> int:
    """Count the cases that somebody still has to decide."""
    return Case.objects.filter(queue=queue, status__in=UNDECIDED).count()
