"""Reads for back-tests: the analyses in batches, and what a page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from forensics.models import Analysis
from forensics.selectors import with_thumbnail
from forensics.states import USABLE
from moderation.backtest_tally import Comparison
from moderation.models import (
    Decision,
    PolicyBacktest,
    PolicyVersion,
    Queue,
    VersionState,
)
from moderation.models.queues import DEFAULT_QUEUE
from moderation.policy_selectors import (
    routed_queues,
    rule_of,
    rules_at_work,
    with_rule_evidence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from moderation.models import Policy


def analyses_before(backtest: PolicyBacktest) -> QuerySet[Analysis]:
    """Return the analyses that a back-test still has to look at, newest first.

    It looks at those that were there when it was asked for: new ones move nothing.
    """
    rows = Analysis.objects.filter(
        status__in=USABLE,
        queued_at__lte=backtest.created_at,
        image__organization=backtest.version.policy.organization_id,
    )
    if backtest.cursor:
        moment, key = parse_datetime(backtest.cursor[0]), UUID(backtest.cursor[1])
        rows = rows.filter(Q(queued_at__lt=moment) | Q(queued_at=moment, id__lt=key))
    return rows.order_by("-queued_at", "-id")


def next_batch(backtest: PolicyBacktest, size: int) -> list[Analysis]:
    """Load some analyses with what conditions look at, in a fixed number of queries."""
    left = min(size, backtest.size - backtest.done)
    return (
        list(with_rule_evidence(analyses_before(backtest))[:left]) if left > 0 else []
    )


def count_analyses(backtest: PolicyBacktest) -> int:
    """Return how many analyses there are to look at, at most ``size``."""
    return analyses_before(backtest).order_by()[: backtest.size].count()


def outcomes_of(
    analyses: Iterable[Analysis], *, organization_id: int | None
) -> dict[str, str]:
    """Return by hash what people decided of these pictures, the newest decision."""
    hashes = {analysis.image.sha256 for analysis in analyses}
    decisions = Decision.objects.filter(
        organization=organization_id,
        image_sha256__in=hashes,
        is_automatic=False,
        withdrawn_at=None,
    )
    rows = decisions.order_by("created_at", "id").values_list("image_sha256", "outcome")
    return dict(rows)


def tested_version(backtest: PolicyBacktest) -> PolicyVersion:
    """Return the version as it was when the test was asked for; never stored."""
    version, says = backtest.version, backtest.says
    slug = says["queue"]
    queues = Queue.objects.filter(organization=version.policy.organization_id)
    return PolicyVersion(
        policy=version.policy,
        number=version.number,
        conditions=says["conditions"],
        action=says["action"],
        queue=queues.filter(slug=slug).first() if slug else None,
        priority=says["priority"],
        needs_approval=says["needs_approval"],
    )


def comparison_for(backtest: PolicyBacktest) -> Comparison:
    """Return the rules of today beside those with the version as it was tested."""
    owner = backtest.version.policy.organization_id
    queues = Queue.objects.filter(organization=owner)
    return Comparison.of(
        rule_of(tested_version(backtest)),
        [r for r in rules_at_work(owner) if r.version.state == VersionState.LIVE],
        routed_queues(owner),
        queues.values_list("name", flat=True).get(slug=DEFAULT_QUEUE),
    )


def backtests_visible_to(user: User) -> QuerySet[PolicyBacktest]:
    """Return the back-tests of this person's organization."""
    return PolicyBacktest.objects.filter(
        version__policy__organization=user.organization_id
    )


def backtests_of(policy: Policy) -> QuerySet[PolicyBacktest]:
    """Return the back-tests of a policy, newest first."""
    return PolicyBacktest.objects.filter(version__policy=policy).select_related(
        "version__policy"
    )


def last_backtest(version: PolicyVersion) -> PolicyBacktest | None:
    """Return the newest back-test of a version, finished or not."""
    return version.backtests.select_related("version__policy").first()


def with_pictures(examples: dict[str, list[dict[str, Any]]]) -> dict[str, list[Any]]:
    """Put the analyses into the examples; those that are gone are left out."""
    keys = [UUID(one["analysis"]) for rows in examples.values() for one in rows]
    analyses = Analysis.objects.filter(pk__in=keys).select_related("image")
    found = {
        str(analysis.pk): analysis
        for analysis in analyses.prefetch_related(with_thumbnail("evidence_files"))
    }
    return {
        name: [
            {**one, "analysis": found[one["analysis"]]}
            for one in rows
            if one["analysis"] in found
        ]
        for name, rows in examples.items()
    }
