"""The page about quality: for leads, in sums, honest about small numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation import services
from moderation.models import Queue
from moderation.quality_report import quality_report
from tests.factories import make_analysis, make_case, make_user
from tests.moderation.checks import decide, decided, second_of, shares, time_passes

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
QUALITY = "moderation:quality"


@pytest.fixture
def first(db: None) -> User:
    return make_user("moderator", username="anne")


@pytest.fixture
def second(db: None) -> User:
    return make_user("moderator", username="bert")


def reviewed_pairs(pairs: list[tuple[str, str]], first: User, second: User) -> None:
    shares(second=1.0)
    for one, other in pairs:
        decide(second_of(decided(first, one)), second, other)
    time_passes()


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_it_is_for_leads(group: str, client_of: ClientOf) -> None:
    assert client_of(make_user(group)).get(reverse(QUALITY)).status_code == 403


def test_one_s_own_answers_are_for_oneself(client_of: ClientOf, auditor: User) -> None:
    assert client_of(auditor).get(reverse("moderation:quality-mine")).status_code == 403


def test_agreement_of_a_queue(first: User, second: User) -> None:
    pairs = [("fake", "fake")] * 4 + [("authentic", "authentic")] * 3
    reviewed_pairs(
        [*pairs, ("fake", "authentic"), ("fake", "authentic")], first, second
    )
    decided(first)
    row = next(
        one
        for one in quality_report(days=30, organization_id=1).queues
        if one.decisions
    )
    assert (row.decisions, row.reviewed, row.waiting_for_lead) == (10, 9, 2)
    assert (row.pairs.count, row.pairs.agreed) == (9, 7)
    # By hand: observed 7/9, by chance (6*4 + 3*5)/81, hence 24/42.
    assert row.pairs.kappa == pytest.approx(24 / 42)
    assert row.pairs.is_small


def test_detector_and_people_by_signal(first: User) -> None:
    def seen(verdict: str, outcome: str, *reasons: tuple[str, float]) -> None:
        analysis = make_analysis(
            verdict=verdict,
            reasons=[{"code": c, "text": c, "weight": w} for c, w in reasons],
        )
        decided(first, outcome, analysis=analysis)

    seen("fake", "fake", ("copy_move", 1.2), ("noted_only", 0.0))
    seen("fake", "authentic", ("copy_move", 1.2))
    seen("suspicious", "fake", ("copy_move", 1.0), ("camera_traces", -0.5))
    seen("authentic", "authentic", ("camera_traces", -0.5))
    seen("inconclusive", "fake")
    seen("fake", "cannot_tell", ("copy_move", 1.2))

    detector = quality_report(days=30, organization_id=1).detector
    assert (detector.verdicts.count, detector.verdicts.agreed) == (4, 3)
    assert detector.left_out == 2
    found = {one.code: one for one in detector.signals}
    assert set(found) == {"copy_move", "camera_traces"}
    copies, camera = found["copy_move"], found["camera_traces"]
    assert (copies.speaks_for, copies.seen, copies.agreed) == ("fake", 3, 2)
    assert (camera.speaks_for, camera.seen, camera.agreed) == ("authentic", 2, 1)
    assert copies.pairs.count == 5


def test_known_answers_and_checks_are_no_decisions(first: User, lead: User) -> None:
    case = decided(make_user("moderator"))
    shares(golden=1.0)
    services.make_golden(case=case, actor=lead, note="Look left.")
    for _ in range(2):
        make_case()
    services.claim_next(actor=first)
    golden = first.golden_checks.get().case
    decide(golden, first, "authentic")
    report = quality_report(days=30, organization_id=1)
    row = next(one for one in report.queues if one.golden)
    assert (row.decisions, row.golden, row.matched) == (1, 1, 0)
    assert report.detector.verdicts.count == 1


def test_the_page_names_nobody_and_warns_of_small_numbers(
    first: User, second: User, client_of: ClientOf
) -> None:
    reviewed_pairs([("fake", "fake"), ("fake", "authentic")], first, second)
    page = client_of(make_user("lead")).get(reverse(QUALITY)).content.decode()
    assert "too few to conclude anything" in page
    assert "no figures about single people" in page
    assert "anne" not in page
    assert "bert" not in page


@pytest.mark.parametrize("query", ["", "?days=365", "?days=7", "?days=x", "?days="])
def test_an_empty_house_and_odd_periods(query: str, client_of: ClientOf) -> None:
    answer = client_of(make_user("lead")).get(reverse(QUALITY) + query)
    assert answer.status_code == 200
    assert "nothing to compare yet" in answer.content.decode()


def test_it_costs_the_same_however_much_there_is(first: User, second: User) -> None:
    counts = []
    for number in (1, 5):
        reviewed_pairs([("fake", "authentic")] * number, first, second)
        Queue.objects.create(slug=f"q{number}", name=f"Queue {number}")
        with CaptureQueriesContext(connection) as seen:
            quality_report(days=90, organization_id=1)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


def test_a_lead_sees_both_answers_where_they_differ(
    first: User, second: User, client_of: ClientOf
) -> None:
    shares(second=1.0)
    case = decided(first)
    decide(second_of(case), second, "authentic", note="No trace at all.")
    time_passes()
    tie = case.checks.get(kind="tiebreak")
    client = client_of(make_user("lead"))
    page = client.get(reverse("moderation:case", args=[tie.pk])).content.decode()
    for text in ("First answer", "anne", "Second answer", "bert", "No trace at all."):
        assert text in page
    original = client.get(reverse("moderation:case", args=[case.pk])).content.decode()
    assert "They disagree." in original
