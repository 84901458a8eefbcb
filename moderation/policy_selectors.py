"""Reads for policies: the versions at work, and the evidence they look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.db.models import Prefetch

from forensics.models import Analysis, Finding, Submission
from moderation.models import Policy, PolicyVersion, Queue, VersionState
from moderation.rules import Condition, Evidence, checked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from accounts.models import User

_AT_WORK = (VersionState.LIVE, VersionState.SHADOW)


@dataclass(frozen=True, slots=True)
class Rule:
    """A version with its conditions, read once."""

    version: PolicyVersion
    conditions: tuple[Condition, ...]


def rule_of(version: PolicyVersion) -> Rule:
    """Return a stored version as a rule."""
    return Rule(version, checked(version.conditions))


def policies_visible_to(user: User) -> QuerySet[Policy]:
    """Return the policies of this person's organization."""
    return Policy.objects.filter(organization=user.organization_id)


def queues_visible_to(user: User) -> QuerySet[Queue]:
    """Return the queues of this person's organization."""
    return Queue.objects.filter(organization=user.organization_id)


def rules_at_work(organization_id: int | None) -> list[Rule]:
    """Return the live and the shadow versions, in the order in which they are tried."""
    versions = PolicyVersion.objects.filter(
        state__in=_AT_WORK, policy__organization=organization_id
    ).select_related("policy", "queue")
    ordered = versions.order_by("policy__position", "policy__name", "number")
    return [rule_of(version) for version in ordered]


def routed_queues(
    organization_id: int | None,
) -> list[tuple[Queue, tuple[Condition, ...]]]:
    """Return the active queues with rules, in the order in which they are tried."""
    active = Queue.objects.filter(
        is_active=True, organization=organization_id
    ).order_by("position", "name")
    return [(queue, checked(queue.conditions)) for queue in active if queue.conditions]


def with_rule_evidence(analyses: QuerySet[Analysis]) -> QuerySet[Analysis]:
    """Load what conditions look at in a fixed number of queries."""
    arrivals = Submission.objects.select_related("submitted_by").prefetch_related(
        Prefetch("submitted_by__groups", Group.objects.only("name"))
    )
    findings = Finding.objects.only("analysis", "analyzer", "score", "codes", "data")
    return analyses.select_related("image").prefetch_related(
        Prefetch("findings", findings), Prefetch("image__submissions", arrivals)
    )


def evidence_of(analysis: Analysis) -> Evidence:
    """Return one analysis as conditions see it."""
    return loaded_evidence(
        with_rule_evidence(Analysis.objects.all()).get(pk=analysis.pk)
    )


def loaded_evidence(analysis: Analysis) -> Evidence:
    """Return an analysis that ``with_rule_evidence`` has loaded."""
    findings = list(analysis.findings.all())
    image, matches = analysis.image, analysis.known_matches
    arrivals = list(image.submissions.all())
    senders = [a.submitted_by for a in arrivals if a.submitted_by is not None]
    codes = {code for finding in findings for code in finding.codes}
    return Evidence(
        verdict=analysis.verdict,
        score=analysis.score,
        codes=frozenset(codes | {str(match.get("code", "")) for match in matches}),
        signals={f.analyzer: f.score for f in findings if f.score is not None},
        tags=_tags(f.data for f in findings if f.analyzer == "metadata"),
        doors=frozenset(str(arrival.door) for arrival in arrivals),
        senders=frozenset(sender.username for sender in senders),
        sender_groups=frozenset(
            g.name for sender in senders for g in sender.groups.all()
        ),
        banks=frozenset(str(match.get("bank", "")) for match in matches),
        bank_purposes=frozenset(str(match.get("purpose", "")) for match in matches),
        format=image.format.upper(),
        pixels=image.width * image.height,
        byte_size=image.byte_size,
    )


def _tags(found: Iterable[Any]) -> dict[str, list[tuple[str, str]]]:
    tags: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for data in found:
        groups = data.get("groups")
        for block, rows in groups.items() if isinstance(groups, Mapping) else ():
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, Mapping):
                    name = str(row.get("tag", "")).casefold()
                    tags[name].append((str(block), str(row.get("value", ""))))
    return tags
