"""The figures of one period, put together from the counts and drawn."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import DEFAULT_ORGANIZATION
from forensics.wording import ANALYZERS, VERDICTS
from moderation import charts
from moderation import insight_selectors as selectors
from moderation.insight_selectors import AGAINST, Period
from moderation.insight_wording import (
    share_cells,
    step_name,
    written_count,
    written_hours,
    written_share,
    written_step,
    written_wait,
)
from moderation.models import Outcome
from moderation.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CLEAR = (Outcome.AUTHENTIC.value, Outcome.FAKE.value)
# Verdicts that claim something: with *inconclusive* nobody can agree or disagree.
CLAIMS = ("authentic", "suspicious", "fake")
# What took longer than this to count is kept for a while.
SLOW_SECONDS, KEPT_SECONDS = 1.0, 300
_LONGEST_BY_DAY, _LONGEST_BY_WEEK = 92, 400

# xgettext:no-python-format
_INTERVAL = gettext_lazy("95 % interval")
# xgettext:no-python-format
_OF_CLEAR = gettext_lazy("Of clear decisions, with the 95 % interval.")


@dataclass(frozen=True, slots=True)
class Counts:
    """All that the database was asked, and when."""

    at: datetime
    is_kept: bool
    received: list[tuple[datetime, int]]
    analyzed: list[dict[str, Any]]
    opened: list[tuple[datetime, int]]
    decided: list[dict[str, Any]]
    waits: selectors.Waits
    waits_by_step: list[tuple[datetime, selectors.Waits]]
    waiting: int
    oldest: Any
    signals: list[dict[str, Any]]
    mistakes: dict[str, list[Any]]
    effects: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with its name, what it says in one line, and its numbers as a table."""

    key: str
    title: str
    says: str
    chart: charts.Chart
    columns: list[str]
    rows: list[list[str]]
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """How one check fared beside people's decisions."""

    name: str
    spoke: Share  # fakes among those it spoke against
    silent: Share  # fakes among the others
    earlier: Share  # agreement in the older half of the period
    later: Share

    @property
    def agreement(self) -> Share:
        """Spoke against a fake, or not against an authentic picture."""
        return self.earlier + self.later


def period_of(
    days: int,
    *,
    queue: int | None,
    organization: int | None = DEFAULT_ORGANIZATION,
    now: datetime | None = None,
) -> Period:
    """Return the last ``days`` days, today among them."""
    moment = timezone.localtime(now)
    tonight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    end = tonight + timedelta(days=1)
    step = "day" if days <= _LONGEST_BY_DAY else "week"
    if days > _LONGEST_BY_WEEK:
        step = "month"
    return Period(end - timedelta(days=days), end, step, queue, organization)


def counts_of(period: Period) -> Counts:
    """Ask the database; what it needed long for is kept for five minutes."""
    days = f"{period.start:%Y%m%d}-{period.end:%Y%m%d}"
    key = f"insight-{period.organization}-{days}-{period.queue or 0}"
    kept: Counts | None = cache.get(key)
    if kept is not None:
        return kept
    started = time.monotonic()
    overall, by_step = selectors.waits(period)
    waiting, oldest = selectors.waiting_now(
        period.queue, organization=period.organization
    )
    values: dict[str, Any] = {
        "received": [] if period.queue else selectors.received(period),
        "analyzed": [] if period.queue else selectors.analyzed(period),
        "opened": selectors.opened(period),
        "decided": selectors.decided(period),
        "signals": selectors.signals(period),
        "mistakes": selectors.newest_mistakes(period),
        "effects": selectors.policy_effects(period),
    }
    is_slow = time.monotonic() - started > SLOW_SECONDS
    counts = Counts(
        at=timezone.now(),
        is_kept=is_slow,
        waits=overall,
        waits_by_step=by_step,
        waiting=waiting,
        oldest=oldest,
        **values,
    )
    if is_slow:
        cache.set(key, counts, KEPT_SECONDS)
    return counts


def steps_of(period: Period) -> list[datetime]:
    """Return the beginning of every day, week or month that the period touches."""
    moment = period.start
    if period.step == "week":
        moment -= timedelta(days=moment.weekday())
    elif period.step == "month":
        moment = moment.replace(day=1)
    steps = []
    while moment < period.end:
        steps.append(moment)
        if period.step == "month":
            moment = (moment + timedelta(days=32)).replace(day=1)
        else:
            moment += timedelta(days=7 if period.step == "week" else 1)
    return steps


def volume(period: Period, counts: Counts) -> list[Plot]:
    """Return how much came in and went out, a plot each."""
    analyzed = _summed(counts.analyzed)
    decided = _summed(counts.decided)
    every = [
        ("received", _("Received"), dict(counts.received), _("Pictures that came in.")),
        ("analyzed", _("Analyzed"), analyzed, _("Analyses that ended with a result.")),
        ("opened", _("Cases opened"), dict(counts.opened), _("Pictures to decide.")),
        ("decided", _("Decided"), decided, _("Decisions in force.")),
    ]
    shown = every[2:] if period.queue else every
    return [_columns_of(period, *one) for one in shown]


def _columns_of(
    period: Period, key: str, title: str, found: dict[datetime, int], says: str
) -> Plot:
    steps = steps_of(period)
    values = [found.get(step, 0) for step in steps]
    labels = [written_step(step, period) for step in steps]
    return Plot(
        key=key,
        title=title,
        says=says,
        chart=charts.columns(values, labels, written_count),
        columns=[step_name(period), title],
        rows=[[a, written_count(b)] for a, b in zip(labels, values, strict=True)],
        figure=written_count(sum(values)),
    )


def waiting_plots(period: Period, counts: Counts) -> list[Plot]:
    """Return the median and the 99th percentile of the waiting time over time."""
    found = dict(counts.waits_by_step)
    every = (
        ("median", _("Waiting time, median"), _("Half of the cases waited less.")),
        ("p99", _("Waiting time, P99"), _("Of 100 cases, 99 waited less.")),
    )
    steps = steps_of(period)
    labels = [written_step(step, period) for step in steps]
    plots = []
    for key, title, says in every:
        values = [getattr(found.get(step), key, None) for step in steps]
        hours = [
            None if one is None else max(0.0, one.total_seconds() / 3600)
            for one in values
        ]
        plots.append(
            Plot(
                key=key,
                title=title,
                says=says,
                chart=charts.line(hours, labels, written_hours),
                columns=[step_name(period), title],
                rows=[
                    [label, written_wait(one)]
                    for label, one in zip(labels, values, strict=True)
                ],
                figure=written_wait(getattr(counts.waits, key)),
            )
        )
    return plots


def verdict_mix(counts: Counts, period: Period) -> list[tuple[str, str, Share]]:
    """Return how often each verdict was given: code, name, share."""
    name = "machine_verdict" if period.queue else "verdict"
    source = counts.decided if period.queue else counts.analyzed
    found: Counter[str] = Counter()
    for row in source:
        found[row[name]] += row["count"]
    total = sum(found[code] for code in VERDICTS)
    return [
        (c, str(words.label), Share(found[c], total)) for c, words in VERDICTS.items()
    ]


def outcome_mix(counts: Counts) -> list[tuple[str, str, Share]]:
    """Return how often people decided what: code, name, share."""
    found: Counter[str] = Counter()
    for row in _of_people(counts):
        found[row["outcome"]] += row["count"]
    total = sum(found.values())
    return [(o.value, str(o.label), Share(found[o.value], total)) for o in Outcome]


def reliability_plot(counts: Counts) -> tuple[Plot, int]:
    """Return how often people said *fake* for each tenth of the score, of how many."""
    fakes, all_of = Counter[int](), Counter[int]()
    for row in _clear(counts):
        if row["tenth"] is not None:
            tenth = min(int(row["tenth"]), 9)
            all_of[tenth] += row["count"]
            fakes[tenth] += row["count"] * (row["outcome"] == Outcome.FAKE)
    tenths = [Share(fakes[n], all_of[n]) for n in range(10)]
    plot = Plot(
        key="reliability",
        title=_("What a score is worth"),
        says=_(
            "For each tenth of the score: how often people decided fake, with the "
            "interval that holds it 95 times in 100. On the diagonal a score is what "
            "it says."
        ),
        chart=charts.reliability(
            tenths, [written_share(n / 5) for n in range(6)], written_share
        ),
        columns=[_("Score"), _("Decided fake"), str(_INTERVAL), _("Decisions")],
        rows=[
            [f"{n * 10}-{n * 10 + 10} %", *share_cells(one)]
            for n, one in enumerate(tenths)
        ],
    )
    return plot, sum(all_of.values())


def agreement_plots(period: Period, counts: Counts) -> list[Plot]:
    """Return for each verdict how often people agreed with it, over time."""
    steps = steps_of(period)
    labels = [written_step(step, period) for step in steps]
    plots = []
    for verdict in CLAIMS:
        found: dict[datetime, Share] = {}
        for row in _clear(counts):
            if row["machine_verdict"] == verdict:
                agrees = (verdict in AGAINST) == (row["outcome"] == Outcome.FAKE)
                one = Share(row["count"] * agrees, row["count"])
                found[row["step"]] = found.get(row["step"], Share(0, 0)) + one
        values = [found.get(step, Share(0, 0)) for step in steps]
        total = sum(values, Share(0, 0))
        plots.append(
            Plot(
                key=f"agreement-{verdict}",
                title=_("People agree with: %(verdict)s")
                % {"verdict": VERDICTS[verdict].label.lower()},
                says=str(_OF_CLEAR)
                if total.total
                else _("No clear decision on such a picture in this period."),
                chart=charts.shares(values, labels, written_share),
                columns=[
                    step_name(period),
                    _("Agreed"),
                    str(_INTERVAL),
                    _("Decisions"),
                ],
                rows=[
                    [label, *share_cells(one)]
                    for label, one in zip(labels, values, strict=True)
                ],
                figure=written_share(total.value) if total.total else "",
            )
        )
    return plots


def signals_of(counts: Counts) -> list[Signal]:
    """Return how each check fared, the most heard first."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in counts.signals:
        rows.setdefault(row["signal"], []).append(row)
    found = [_signal(name, own) for name, own in rows.items()]
    return sorted(found, key=lambda one: (-one.spoke.total, one.name))


def _signal(name: str, rows: Sequence[dict[str, Any]]) -> Signal:
    fakes = {speaks: _share(rows, speaks=speaks) for speaks in (0, 1)}
    halves = [
        Share(
            sum(
                row["count"]
                for row in rows
                if row["is_later"] == half
                and bool(row["speaks"]) == (row["outcome"] == Outcome.FAKE)
            ),
            sum(row["count"] for row in rows if row["is_later"] == half),
        )
        for half in (0, 1)
    ]
    words = ANALYZERS.get(name)
    return Signal(str(words.label) if words else name, fakes[1], fakes[0], *halves)


def _share(rows: Iterable[dict[str, Any]], *, speaks: int) -> Share:
    own = [row for row in rows if row["speaks"] == speaks]
    fakes = sum(row["count"] for row in own if row["outcome"] == Outcome.FAKE)
    return Share(fakes, sum(row["count"] for row in own))


def mistakes(counts: Counts) -> tuple[Share, Share]:
    """Return false alarms among all the detector accused, misses among the others."""
    alarms = missed = accused = cleared = 0
    for row in _clear(counts):
        is_fake = row["outcome"] == Outcome.FAKE
        if row["machine_verdict"] in AGAINST:
            accused += row["count"]
            alarms += row["count"] * (not is_fake)
        elif row["machine_verdict"] == "authentic":
            cleared += row["count"]
            missed += row["count"] * is_fake
    return Share(alarms, accused), Share(missed, cleared)


def _summed(rows: Iterable[dict[str, Any]]) -> dict[datetime, int]:
    found: Counter[datetime] = Counter()
    for row in rows:
        found[row["step"]] += row["count"]
    return found


def _of_people(counts: Counts) -> Iterable[dict[str, Any]]:
    return (row for row in counts.decided if not row["is_automatic"])


def _clear(counts: Counts) -> Iterable[dict[str, Any]]:
    return (row for row in _of_people(counts) if row["outcome"] in CLEAR)
