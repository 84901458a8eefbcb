"""The page of figures: what counts, what it says, who sees it, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Preferences
from forensics.models import Analysis, Image
from moderation import insight
from moderation.insight import Counts, counts_of, period_of
from moderation.models import Case, CaseKind, Decision, Outcome, Queue
from moderation.statistics import Share
from tests.factories import make_analysis, make_case, make_finding, make_user

if TYPE_CHECKING:
    from pytest_django import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
PAGE = "/cases/insight/"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def decide(
    outcome: str = "fake",
    *,
    verdict: str = "fake",
    score: float = 0.85,
    days_ago: float = 1,
    waited: timedelta = timedelta(hours=2),
    kind: str = CaseKind.REGULAR,
    queue: Queue | None = None,
    **fields: Any,
) -> Decision:
    """Store a decided case as the services leave it, at a time of our choice."""
    at = timezone.now() - timedelta(days=days_ago)
    analysis = make_analysis(verdict=verdict, score=score)
    Analysis.objects.filter(pk=analysis.pk).update(queued_at=at, finished_at=at)
    Image.objects.filter(pk=analysis.image_id).update(created_at=at)
    queues = {"queue": queue} if queue else {}
    case = make_case(
        analysis=analysis,
        kind=kind,
        status="decided",
        outcome=outcome,
        opened_at=at - waited,
        decided_at=at,
        **queues,
    )
    values = {
        "reason": "other",
        "decided_by_name": "A",
        "image_sha256": case.image.sha256,
        "machine_verdict": verdict,
        "machine_score": score,
        "created_at": at,
        "final_at": at + timedelta(seconds=30),
    }
    return Decision.objects.create(
        case=case, analysis=analysis, outcome=outcome, **values | fields
    )


def counts(days: int = 30, queue: int | None = None) -> Counts:
    return counts_of(period_of(days, queue=queue))


def decided_total(found: Counts) -> int:
    return sum(row["count"] for row in found.decided)


def test_only_standing_final_regular_decisions_count() -> None:
    decide()
    later = timezone.now() + timedelta(seconds=20)
    decide(withdrawn_at=timezone.now(), withdrawn_because="reopened")
    decide(final_at=later)
    for kind in (CaseKind.GOLDEN, CaseKind.SECOND, CaseKind.TIEBREAK):
        decide(kind=kind)
    decide(days_ago=40)
    found = counts()
    assert decided_total(found) == 1
    assert found.waits.count == 1
    assert insight.reliability_plot(found)[1] == 1
    assert sum(one.agreement.total for one in insight.signals_of(found)) == 1
    assert decided_total(counts(90)) == 2


def test_automatic_decisions_are_volume_but_no_agreement() -> None:
    decide()
    decide(is_automatic=True)
    found = counts()
    assert decided_total(found) == 2
    assert found.waits.count == 1
    assert insight.reliability_plot(found)[1] == 1
    assert sum(share.hits for *_, share in insight.outcome_mix(found)) == 1


def test_a_queue_narrows_it() -> None:
    other = Queue.objects.create(slug="urgent", name="Urgent")
    decide()
    decide("authentic", queue=other)
    found = counts(queue=other.pk)
    assert [row["outcome"] for row in found.decided] == ["authentic"]
    assert sum(count for _, count in found.opened) == 1
    assert found.waits.count == 1
    assert len(found.mistakes["alarms"]) == 1


def test_volume_is_counted_by_the_day() -> None:
    for days_ago in (1, 1, 3):  # opened and decided on one day, at any hour
        decide(days_ago=days_ago, waited=timedelta(0))
    period = period_of(7, queue=None)
    plots = {one.key: one for one in insight.volume(period, counts_of(period))}
    assert set(plots) == {"received", "analyzed", "opened", "decided"}
    for plot in plots.values():
        assert plot.figure == "3", plot.key
        assert len(plot.rows) == 7
        assert [row[1] for row in plot.rows][3:6] == ["1", "0", "2"]


@pytest.mark.parametrize(("days", "step"), [(365, "week"), (500, "month")])
def test_longer_periods_have_longer_steps(days: int, step: str) -> None:
    decide(days_ago=0.001)
    decide(days_ago=200)
    period = period_of(days, queue=None)
    assert period.step == step
    plots = insight.volume(period, counts_of(period))
    assert {plot.figure for plot in plots} == {"2"}
    # Each step that the database names has a place in the plot.
    assert all(sum(row[1] != "0" for row in plot.rows) == 2 for plot in plots)


def test_waiting_times_are_those_from_opening_to_decision() -> None:
    for minutes in range(1, 102):
        decide(waited=timedelta(minutes=minutes))
    waits = counts().waits
    assert waits.count == 101
    assert waits.median is not None
    assert waits.p99 is not None
    assert waits.median.total_seconds() == pytest.approx(51 * 60, abs=1)
    assert waits.p99.total_seconds() == pytest.approx(100 * 60, abs=1)


def test_the_oldest_open_case_is_named(lead: User, client_of: ClientOf) -> None:
    old = make_case(opened_at=timezone.now() - timedelta(days=5))
    make_case()
    make_case(kind=CaseKind.GOLDEN, opened_at=timezone.now() - timedelta(days=9))
    decide(waited=timedelta(days=9))
    answer = client_of(lead).get(PAGE)
    assert answer.context["counts"].oldest == old
    assert answer.context["counts"].waiting == 2
    assert f"/cases/{old.pk}/" in answer.content.decode()
    assert "5.0 d" in answer.content.decode()


def test_agreement_mistakes_and_reliability_come_from_the_same_decisions() -> None:
    for _ in range(3):
        decide("fake", verdict="fake", score=0.95)
    alarm = decide("authentic", verdict="suspicious", score=0.65)
    miss = decide("fake", verdict="authentic", score=0.1)
    decide("authentic", verdict="authentic", score=0.11)
    decide("fake", verdict="inconclusive", score=0.5)
    decide(Outcome.CANNOT_TELL, verdict="fake", score=0.95)
    found = counts()
    alarms, missed = insight.mistakes(found)
    assert (alarms, missed) == (Share(1, 4), Share(1, 2))
    assert found.mistakes == {"alarms": [alarm], "missed": [miss]}
    plot, clear = insight.reliability_plot(found)
    assert clear == 7
    assert plot.rows[9] == ["90-100 %", "100 %", "44 % - 100 %", "3"]
    assert plot.rows[6][1] == "0 %"
    assert plot.rows[1][3] == "2"
    agreed = insight.agreement_plots(period_of(30, queue=None), found)
    assert [plot.figure for plot in agreed] == ["50 %", "0 %", "100 %"]


def test_each_check_is_held_against_what_people_said() -> None:
    for outcome, score in (("fake", 0.9), ("authentic", 0.8), ("authentic", 0.1)):
        decision = decide(outcome)
        make_finding(
            analysis=decision.analysis,  # type: ignore[arg-type]
            analyzer="ela",
            score=score,
        )
    signal = next(
        one for one in insight.signals_of(counts()) if "level" in one.name.lower()
    )
    assert (signal.spoke, signal.silent) == (Share(1, 2), Share(0, 1))
    assert signal.agreement == Share(2, 3)


def test_the_page_shows_it_and_survives_any_address(
    lead: User, client_of: ClientOf
) -> None:
    decide()
    decide("authentic")
    client = client_of(lead)
    for query in (
        "",
        "?days=7",
        "?days=365&queue=review",
        "?days=abc&queue=%00",
        "?days=99999999999999999999",
        "?queue=none",
        "?days=7&days=90",
    ):
        answer = client.get(PAGE + query)
        assert answer.status_code == 200, query
        assert "False alarms" in answer.content.decode()
    page = client.get(PAGE).content.decode()
    # Every chart has a name, a description and its numbers as a table.
    charts = page.count('<svg class="chart"')
    assert charts >= 9
    assert page.count("<title id=") == page.count("<desc id=") == charts
    assert page.count("As a table") == charts


def test_numbers_in_drawings_do_not_speak_german(
    lead: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    Preferences.objects.create(user=lead, language="de")
    decide()
    page = client_of(lead).get(PAGE).content.decode()
    drawn = re.findall(r' (?:x|y|cx|cy|width|height|x1|y2)="([^"]*)"', page)
    assert len(drawn) > 50
    assert not [one for one in drawn if "," in one]


def test_an_empty_installation_says_what_will_be_there(
    lead: User, client_of: ClientOf
) -> None:
    page = client_of(lead).get(PAGE).content.decode()
    assert "No clear decisions in this period" in page
    assert "No case waits." in page


def test_who_may_see_it(client_of: ClientOf) -> None:
    for group, status in (
        ("lead", 200),
        ("administrator", 200),
        ("auditor", 200),
        ("moderator", 403),
        ("integrator", 403),
    ):
        client = client_of(make_user(group))
        assert client.get(PAGE).status_code == status, group
        shown = client.get("/images/").content.decode()
        assert (f'href="{PAGE}"' in shown) is (status == 200)
    assert Client().get(PAGE).status_code == 302


def test_more_rows_ask_no_more_queries(lead: User, client_of: ClientOf) -> None:
    client = client_of(lead)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(PAGE)
        return len(queries)

    decide()
    make_case()
    few = asked()
    for _ in range(12):
        decide("authentic")
        make_case()
    assert asked() == few <= 18


def test_slow_counts_are_kept_and_say_so(
    lead: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insight, "SLOW_SECONDS", 0.0)
    decide()
    client = client_of(lead)
    assert "kept for five minutes" in client.get(PAGE).content.decode()
    decide()
    assert decided_total(client.get(PAGE).context["counts"]) == 1
    cache.clear()
    monkeypatch.undo()
    answer = client.get(PAGE)
    assert decided_total(answer.context["counts"]) == 2
    assert "kept for five minutes" not in answer.content.decode()
    assert Case.objects.count() == 2
