"""Reads: counts over a period. A fixed number of queries, each one aggregate.

What counts is a decision in force that can no longer be undone, of a regular case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    Aggregate,
    Case,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Floor, Trunc
from django.utils import timezone

from accounts.models import DEFAULT_ORGANIZATION
from forensics.models import Analysis, Image
from forensics.states import USABLE
from moderation import models
from moderation.models import CaseKind, Decision, Outcome, PolicyEffect, PolicyVersion
from moderation.states import CaseStatus
from moderation.statistics import percentile

WAITING = (CaseStatus.OPEN, CaseStatus.CLAIMED, CaseStatus.HELD)
AGAINST = ("suspicious", "fake")
# An analysis waits seconds; one that waited longer than this is not counted.
LONGEST_WAIT = timedelta(days=2)
# So many of the newest decisions tell how each check fares: a share of all of them is
# known within three percent, and more would take longer than all the rest of the page.
SAMPLE = 5_000
# So many tell how long cases waited where the database cannot rank all of them.
RANKED = 20_000
# A check of which the score is at least this speaks against the picture.
SPEAKS = 0.5
LISTED = 10


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` up to ``end``, in steps; of one queue of theirs, or of all."""

    start: datetime
    end: datetime
    step: str  # day, week or month
    queue: int | None = None
    organization: int | None = DEFAULT_ORGANIZATION

    def holds(self, name: str) -> Q:
        """Return the condition that the column lies in it."""
        return Q(**{f"{name}__gte": self.start, f"{name}__lt": self.end})

    def of_queue(self, name: str) -> Q:
        """Return the condition on the queue, if one was chosen."""
        return Q(**{name: self.queue}) if self.queue else Q()


class Percentile(Aggregate):
    """PostgreSQL's percentile, between two values where it falls there."""

    template = "percentile_cont(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: float) -> None:
        super().__init__(expression, fraction=fraction, output_field=DurationField())


@dataclass(frozen=True, slots=True)
class Waits:
    """How long cases waited for their decision; of how many that is known."""

    count: int
    median: timedelta | None
    p99: timedelta | None


def standing(period: Period) -> QuerySet[Decision]:
    """Return the decisions that count, in this period."""
    return Decision.objects.order_by().filter(
        period.holds("created_at"),
        period.of_queue("case__queue"),
        organization=period.organization,
        withdrawn_at__isnull=True,
        final_at__lte=timezone.now(),
        case__kind=CaseKind.REGULAR,
    )


def by_people(period: Period) -> QuerySet[Decision]:
    """Return those that a person made: a policy only repeats the detector."""
    return standing(period).filter(is_automatic=False)


def received(period: Period) -> list[tuple[datetime, int]]:
    """Count the pictures that came in."""
    images = Image.objects.order_by().filter(
        period.holds("created_at"), organization=period.organization
    )
    return _counted(images, "created_at", period)


def opened(period: Period) -> list[tuple[datetime, int]]:
    """Count the cases that were opened."""
    cases = models.Case.objects.order_by().filter(
        period.holds("opened_at"),
        period.of_queue("queue"),
        kind=CaseKind.REGULAR,
        organization=period.organization,
    )
    return _counted(cases, "opened_at", period)


def analyzed(period: Period) -> list[dict[str, Any]]:
    """Count analyses by the day on which they ended, and by verdict."""
    analyses = Analysis.objects.order_by().filter(
        period.holds("finished_at"),
        status__in=USABLE,
        queued_at__gte=period.start - LONGEST_WAIT,  # this column has an index
        image__organization=period.organization,
    )
    stepped = analyses.annotate(step=_step("finished_at", period))
    grouped = stepped.values("step", "verdict").annotate(count=Count("*"))
    return [dict(row) for row in grouped]


def decided(period: Period) -> list[dict[str, Any]]:
    """Count decisions by day, verdict, tenth of the score, outcome and who decides."""
    stepped = standing(period).annotate(
        step=_step("created_at", period), tenth=Floor(F("machine_score") * 10)
    )
    grouped = stepped.values(
        "step", "machine_verdict", "tenth", "outcome", "is_automatic"
    )
    return [dict(row) for row in grouped.annotate(count=Count("*"))]


def waits(period: Period) -> tuple[Waits, list[tuple[datetime, Waits]]]:
    """Return how long cases waited for people, on the whole and step by step."""
    waited = ExpressionWrapper(
        F("created_at") - F("case__opened_at"), output_field=DurationField()
    )
    decisions = by_people(period).annotate(
        waited=waited, step=_step("created_at", period)
    )
    if connection.vendor != "postgresql":
        return _sampled_waits(decisions)
    wanted = {
        "count": Count("*"),
        "median": Percentile(F("waited"), 0.5),
        "p99": Percentile(F("waited"), 0.99),
    }
    names = ("count", "median", "p99")
    steps = decisions.values("step").annotate(**wanted).order_by("step")
    return (
        Waits(**decisions.aggregate(**wanted)),
        [(step, Waits(*rest)) for step, *rest in steps.values_list("step", *names)],
    )


def is_sampled(count: int) -> bool:
    """Return whether waiting times rest on the newest of so many decisions only."""
    return connection.vendor != "postgresql" and count > RANKED


def _sampled_waits(decisions: Any) -> tuple[Waits, list[tuple[datetime, Waits]]]:
    """Work out in Python what SQLite cannot, from the newest decisions."""
    newest = decisions.order_by("-created_at").values_list("step", "waited")[:RANKED]
    steps: dict[datetime, list[float]] = {}
    for step, waited in newest:
        steps.setdefault(step, []).append(waited.total_seconds())
    every = [seconds for one in steps.values() for seconds in one]
    return _waits(every), [(step, _waits(steps[step])) for step in sorted(steps)]


def _waits(seconds: list[float]) -> Waits:
    if not seconds:
        return Waits(0, None, None)
    ordered = sorted(seconds)
    median, p99 = (percentile(ordered, fraction) for fraction in (0.5, 0.99))
    return Waits(len(seconds), timedelta(seconds=median), timedelta(seconds=p99))


def waiting_now(
    queue: int | None, *, organization: int | None
) -> tuple[int, models.Case | None]:
    """Return how many cases wait, and the one that does so longest."""
    of_queue = Q(queue=queue) if queue else Q()
    cases = models.Case.objects.order_by().filter(
        of_queue,
        organization=organization,
        status__in=WAITING,
        kind=CaseKind.REGULAR,
    )
    found = cases.aggregate(count=Count("*"), oldest=Min("opened_at"))
    oldest = cases.filter(opened_at=found["oldest"]).order_by("id").first()
    return found["count"], oldest


def signals(period: Period) -> list[dict[str, Any]]:
    """Count how each check spoke where people said *authentic* or *fake*.

    Of the newest ``SAMPLE`` decisions; ``is_later`` marks the newer half of the period.
    """
    clear = by_people(period).exclude(outcome=Outcome.CANNOT_TELL)
    newest = clear.order_by("-created_at").values("pk")[:SAMPLE]
    middle = period.start + (period.end - period.start) / 2
    found = Decision.objects.order_by().filter(
        pk__in=newest, analysis__findings__score__isnull=False
    )
    grouped = found.values(
        "outcome",
        signal=F("analysis__findings__analyzer"),
        is_later=Case(When(created_at__gte=middle, then=Value(1)), default=Value(0)),
        speaks=Case(
            When(analysis__findings__score__gte=SPEAKS, then=Value(1)),
            default=Value(0),
        ),
    )
    return [dict(row) for row in grouped.annotate(count=Count("*"))]


def newest_mistakes(period: Period) -> dict[str, list[Decision]]:
    """Return the newest decisions against the detector, in both directions."""
    people = by_people(period).select_related("case").order_by("-created_at")
    alarms = people.filter(machine_verdict__in=AGAINST, outcome=Outcome.AUTHENTIC)
    missed = people.filter(machine_verdict="authentic", outcome=Outcome.FAKE)
    return {"alarms": list(alarms[:LISTED]), "missed": list(missed[:LISTED])}


def policy_effects(period: Period) -> list[dict[str, Any]]:
    """Count how often versions of policies held, and how often they acted."""
    rows = (
        PolicyEffect.objects.order_by()
        .filter(
            period.holds("at"),
            version__policy__organization=period.organization,
        )
        .values("version", "action", "is_live")
        .annotate(held=Count("pk"), acted=Count("pk", filter=Q(has_acted=True)))
    )
    found = list(rows.order_by("version", "is_live"))
    versions = PolicyVersion.objects.select_related("policy").in_bulk(
        {row["version"] for row in found}
    )
    return [{**row, "name": str(versions[row["version"]])} for row in found]


def _counted(rows: Any, name: str, period: Period) -> list[tuple[datetime, int]]:
    stepped = rows.annotate(step=_step(name, period)).values("step")
    counted = stepped.annotate(count=Count("*")).order_by("step")
    return list(counted.values_list("step", "count"))


def _step(name: str, period: Period) -> Trunc:
    return Trunc(name, period.step, output_field=DateTimeField())
