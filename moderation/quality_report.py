"""Reads: how well people agree with each other, with known answers and the detector.

In sums over queues and signals. There is no figure about one person here, by design.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone

from forensics.analysis.types import Verdict
from moderation.agreement import Agreement, Interval, agreement, agreement_of, wilson
from moderation.models import (
    CaseKind,
    Decision,
    GoldenCheck,
    Outcome,
    Queue,
    SecondReview,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

# So many of the newest decisions are compared with what the detector said.
MOST_COMPARED = 5000
FAKE, AUTHENTIC = Outcome.FAKE.value, Outcome.AUTHENTIC.value
SAYS = {
    Verdict.FAKE.value: FAKE,
    Verdict.SUSPICIOUS.value: FAKE,
    Verdict.AUTHENTIC.value: AUTHENTIC,
}


@dataclass(frozen=True, slots=True)
class QueueQuality:
    """What checks say about a queue's decisions.

    ``pairs`` compares first answers with second ones that were given unseen.
    """

    queue: Queue
    decisions: int
    reviewed: int
    pairs: Agreement
    waiting_for_lead: int
    golden: int
    matched: int

    @property
    def share_reviewed(self) -> float | None:
        """Share of the decisions that somebody made again."""
        return self.reviewed / self.decisions if self.decisions else None

    @property
    def matched_interval(self) -> Interval | None:
        """Where the share of known answers that were found lies."""
        return wilson(self.matched, self.golden)


@dataclass(frozen=True, slots=True)
class SignalQuality:
    """How often people decided as a signal would have it.

    ``seen`` counts the decided pictures that carried the signal, ``agreed`` those of
    them that people decided its way; ``pairs`` compares, over all decided pictures,
    whether the signal was there with which way they were decided.
    """

    code: str
    speaks_for: str
    seen: int
    agreed: int
    pairs: Agreement

    @property
    def share(self) -> float:
        """Share of the pictures with the signal that were decided its way."""
        return self.agreed / self.seen

    @property
    def interval(self) -> Interval | None:
        """Where that share lies."""
        return wilson(self.agreed, self.seen)


@dataclass(frozen=True, slots=True)
class DetectorQuality:
    """The detector's verdicts and signals beside people's decisions.

    ``left_out`` are decisions where one side did not commit itself: *cannot tell*, or
    an inconclusive verdict, or none.
    """

    verdicts: Agreement
    left_out: int
    signals: Sequence[SignalQuality]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class QualityReport:
    """Everything that the page about quality shows."""

    days: int
    queues: Sequence[QueueQuality]
    detector: DetectorQuality


def quality_report(*, days: int, organization_id: int | None) -> QualityReport:
    """Return the figures of the last ``days`` days, in a fixed number of queries."""
    since = timezone.now() - timedelta(days=days)
    decided = _decided(since, organization_id)
    counts = dict(decided.order_by().values_list("case__queue").annotate(Count("pk")))
    reviews = _reviews(since, organization_id)
    golden = _golden(since, organization_id)
    queues = [
        _of_queue(queue, counts.get(queue.pk, 0), reviews[queue.pk], golden)
        for queue in Queue.objects.filter(organization=organization_id)
    ]
    return QualityReport(days=days, queues=queues, detector=_detector(decided))


def _decided(since: datetime, organization_id: int | None) -> QuerySet[Decision]:
    """Return people's own decisions in force, each picture's real ones only."""
    return Decision.objects.filter(
        organization=organization_id,
        withdrawn_at=None,
        is_automatic=False,
        created_at__gte=since,
        case__kind=CaseKind.REGULAR,
    )


def _reviews(
    since: datetime, organization_id: int | None
) -> Mapping[int, list[SecondReview]]:
    """Return the answered second reviews of each queue."""
    answered = SecondReview.objects.filter(
        second__created_at__gte=since, case__organization=organization_id
    )
    found: dict[int, list[SecondReview]] = defaultdict(list)
    for review in answered.select_related("case", "first", "second"):
        found[review.case.queue_id].append(review)
    return found


def _golden(
    since: datetime, organization_id: int | None
) -> Mapping[int, tuple[int, int]]:
    answered = GoldenCheck.objects.filter(
        decided_at__gte=since, case__organization=organization_id
    ).order_by()
    rows = answered.values_list("case__queue").annotate(
        given=Count("pk"), found=Count("pk", filter=Q(matched=True))
    )
    return {queue: (given, matched) for queue, given, matched in rows}


def _of_queue(
    queue: Queue,
    decisions: int,
    reviews: Sequence[SecondReview],
    golden: Mapping[int, tuple[int, int]],
) -> QueueQuality:
    pairs = [
        (review.first.outcome, review.second.outcome)
        for review in reviews
        if review.is_unseen and review.second is not None
    ]
    given, matched = golden.get(queue.pk, (0, 0))
    return QueueQuality(
        queue=queue,
        decisions=decisions,
        reviewed=len(reviews),
        pairs=agreement(pairs),
        waiting_for_lead=sum(
            review.agrees is False and review.final_id is None for review in reviews
        ),
        golden=given,
        matched=matched,
    )


def _detector(decided: QuerySet[Decision]) -> DetectorQuality:
    newest = decided.order_by("-created_at", "-pk").values_list(
        "outcome", "machine_verdict", "analysis__reasons"
    )
    rows = list(newest[: MOST_COMPARED + 1])
    is_cut, rows = len(rows) > MOST_COMPARED, rows[:MOST_COMPARED]
    verdicts = Counter(
        (SAYS[verdict], outcome)
        for outcome, verdict, _reasons in rows
        if verdict in SAYS and outcome in {FAKE, AUTHENTIC}
    )
    return DetectorQuality(
        verdicts=agreement_of(verdicts),
        left_out=len(rows) - sum(verdicts.values()),
        signals=_signals([(out, why or []) for out, _verdict, why in rows]),
        is_cut=is_cut,
    )


def _signals(
    rows: Iterable[tuple[str, Sequence[Mapping[str, object]]]],
) -> Sequence[SignalQuality]:
    """Compare each signal that has a direction with how people decided."""
    outcomes: Counter[str] = Counter()
    carried: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for outcome, reasons in rows:
        if outcome not in {FAKE, AUTHENTIC}:
            continue
        outcomes[outcome] += 1
        for signal in {_claim(reason) for reason in reasons} - {None}:
            if signal is not None:
                carried[signal][outcome] += 1
    found = [
        _signal(code, says, counts, outcomes)
        for (code, says), counts in carried.items()
    ]
    return sorted(found, key=lambda one: (-one.seen, one.code, one.speaks_for))


def _claim(reason: Mapping[str, object]) -> tuple[str, str] | None:
    weight, code = reason.get("weight"), reason.get("code")
    if not isinstance(weight, int | float) or not weight or not code:
        return None
    return str(code), FAKE if weight > 0 else AUTHENTIC


def _signal(
    code: str, says: str, counts: Counter[str], outcomes: Counter[str]
) -> SignalQuality:
    other = AUTHENTIC if says == FAKE else FAKE
    table = {
        (says, says): counts[says],
        (says, other): counts[other],
        (other, says): outcomes[says] - counts[says],
        (other, other): outcomes[other] - counts[other],
    }
    return SignalQuality(
        code=code,
        speaks_for=says,
        seen=sum(counts.values()),
        agreed=counts[says],
        pairs=agreement_of(table),
    )
