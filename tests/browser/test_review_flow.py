"""Case after case by keyboard alone: at once, never twice, nothing typed is lost."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.many_cases import only_cases, run_in
from tests.browser.reviewing import (
    WATCH,
    address_of,
    case_id,
    decide,
    decisions,
    name,
    start_reviewing,
    times,
    wait_until_ahead,
)
from tests.installation import Installation, wait_for

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
# Strict figures are the benchmark's: other tests run beside this one.
LOOSE_MS = 3000
# A lead keeps what somebody else decided; every case that may be is then drawn.
KEEP_AN_ANSWER = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from moderation import services
from moderation.models import Case, Decision, Queue
lead = User.objects.get(username="lead")
other, _made = User.objects.get_or_create(username="other")
other.groups.set(User.objects.get(username="moderator").groups.all())
case = Case.objects.filter(status="open").order_by("-opened_at").first()
services.decide_case(
    case_id=case.pk, actor=other, outcome="fake", reason="content_edited"
)
past = timezone.now() - timedelta(minutes=1)
Decision.objects.update(created_at=past, final_at=past)
case.refresh_from_db()
services.make_golden(
    case=case, actor=lead, note="The shadows fall in two directions."
)
Queue.objects.update(golden_share=1.0)
"""
OUTCOMES = {"a": "authentic", "f": "fake", "c": "cannot_tell"}


@pytest.fixture
def installation(other_installation: Installation) -> Installation:
    return other_installation


def test_a_moderator_decides_twenty_cases_in_a_row_by_keyboard_alone(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 21, slug="row")
    page = signed_in("moderator")
    start_reviewing(page)
    page.evaluate(WATCH)
    expected = []
    for number in range(20):
        assert name(page) == f"row-{number:03}.jpg"
        wait_until_ahead(page)
        key = "afc"[number % 3]
        decide(page, key, str(1 + number % 3))
        expected.append((f"row-{number:03}.jpg", OUTCOMES[key]))
        times(page, number + 1)
    assert [row[:2] for row in decisions(installation, "row")] == expected

    seen = times(page, 20)
    assert statistics.median(seen) < LOOSE_MS, seen
    assert page.url.endswith(f"/cases/{case_id(page)}/")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("row-020.jpg")

    decide(page, "f", "1")
    expect(page.get_by_role("heading", name="Nothing else waits")).to_be_visible()
    expect(page).to_have_url(f"{installation.url}/cases/")


def test_what_was_loaded_ahead_is_brought_up_to_date_and_the_way_back_works(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 3, slug="back")
    page = signed_in("moderator")
    start_reviewing(page)
    wait_until_ahead(page)
    decide(page, "f", "2")
    expect(page.locator("[data-part=claim]")).to_contain_text("minutes left")
    expect(page.locator("[data-part=state]")).to_contain_text("Claimed by moderator")
    expect(page.locator("[data-part=history]")).to_contain_text("Claimed")
    # A key that came with the renewed part works, too.
    expect(page.get_by_role("button", name="Release")).to_contain_text("R")
    page.go_back()
    expect(page.locator("h1")).to_have_text("back-000.jpg")
    expect(page.locator(".decision-outcome")).to_have_text("Fake")


def test_of_two_browsers_that_race_for_one_case_exactly_one_wins(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 1, slug="race")
    first, second = signed_in("moderator"), signed_in("lead")
    for page in (first, second):
        page.goto(address_of(installation, "race-000.jpg"))
        page.locator("form[data-decision]").wait_for()
        page.keyboard.press("f")
        page.keyboard.press("4")
        page.keyboard.press("n")
        page.keyboard.type(f"seen by {page.locator('.whoami').inner_text()[-5:]}")
    send = "document.querySelector('[data-action=submit]').click()"
    first.evaluate(send)
    second.evaluate(send)
    made = wait_for(lambda: decisions(installation, "race"))
    problems = [page.locator("[data-problem]") for page in (first, second)]
    wait_for(lambda: sum(p.count() for p in problems) == 1)
    assert len(decisions(installation, "race")) == len(made) == 1
    loser = first if problems[0].count() else second
    # Nothing the other one typed is lost.
    expect(loser.get_by_role("textbox", name="Note")).not_to_have_value("")
    expect(loser.locator("[data-problem]")).to_contain_text("Not recorded.")


def test_undo_by_key_brings_the_case_back_with_what_was_entered(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 3, slug="undo")
    page = signed_in("moderator")
    start_reviewing(page)
    wait_until_ahead(page)
    page.keyboard.press("c")
    page.keyboard.press("4")
    page.keyboard.press("n")
    page.keyboard.type("hard to say")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("undo-001.jpg")
    toast = page.get_by_role("region", name="Last decision")
    expect(toast).to_contain_text("Recorded: Cannot tell.")
    expect(toast.locator(".toast-clock")).to_contain_text("s")

    page.keyboard.press("Control+z")
    expect(page.locator("h1")).to_have_text("undo-000.jpg")
    assert decisions(installation, "undo") == []
    expect(page.get_by_role("radio", name="Cannot tell")).to_be_checked()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("hard to say")
    expect(toast).to_be_hidden()
    # The case that was in front meanwhile waits for everybody again.
    claimed = "SELECT count(*) FROM moderation_case WHERE status = 'claimed'"
    wait_for(lambda: installation.query(claimed) == [(1,)])
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("undo-001.jpg")
    # Too late, the server says so.
    run_in(
        installation,
        "from moderation.models import Decision\n"
        "from django.utils import timezone\n"
        "Decision.objects.update(final_at=timezone.now())",
    )
    page.get_by_role("button", name="Undo").click()
    expect(toast).to_contain_text("are over")


def test_a_claim_that_ran_out_costs_nothing_that_was_typed(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 2, slug="late")
    page, other = signed_in("moderator"), signed_in("lead")
    start_reviewing(page)
    page.keyboard.press("f")
    page.keyboard.press("4")
    page.keyboard.press("n")
    page.keyboard.type("typed before it ran out")
    page.keyboard.press("Escape")
    # Nor can it be renewed meanwhile, however slow what follows is.
    kept = {"is_mine": True, "expires_at": "2099-01-01T00:00:00Z", "viewers": []}
    page.route("**/renew/", lambda route: route.fulfill(json=kept))
    run_in(
        installation,
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from moderation.models import Case\n"
        "Case.objects.filter(status='claimed').update("
        "claim_expires_at=timezone.now() - timedelta(minutes=1))",
    )
    other.goto(page.url)
    other.get_by_role("button", name="Claim this case").click()
    other.get_by_text("The case is yours").wait_for()

    page.keyboard.press("Enter")
    problem = page.locator("[data-problem]")
    expect(problem).to_be_focused()
    expect(problem.get_by_role("link", name="Go to the next case")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value(
        "typed before it ran out"
    )
    assert decisions(installation, "late") == []
    # As soon as the other one is done with it, it can be had again, and decided.
    page.unroute("**/renew/")
    other.get_by_role("button", name="Release").click()
    other.get_by_text("The case is back in the queue.").wait_for()
    problem.get_by_role("button", name="Claim the case again").click()
    expect(problem).to_have_count(0, timeout=20_000)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("late-001.jpg")
    assert [row[3] for row in decisions(installation, "late")] == [
        "typed before it ran out"
    ]


def test_without_a_connection_nothing_is_lost_and_trying_again_works(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 2, slug="offline")
    page = signed_in("moderator")
    start_reviewing(page)
    wait_until_ahead(page)

    def broken(route: Route) -> None:
        route.abort("internetdisconnected")

    page.route("**/decide/", broken)
    page.keyboard.press("f")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text("What you entered is still here.")
    page.unroute("**/decide/", broken)
    problem.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).to_have_text("offline-001.jpg")
    assert len(decisions(installation, "offline")) == 1


def test_a_missing_reason_or_note_is_asked_for_on_the_spot(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 1, slug="lack")
    page = signed_in("moderator")
    start_reviewing(page)
    page.keyboard.press("2")
    expect(page.locator("#announcer")).to_contain_text("First choose what")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(page.locator("[data-problem]")).to_contain_text("Choose a reason.")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("because")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Nothing else waits")).to_be_visible()
    assert decisions(installation, "lack") == [
        ("lack-000.jpg", "fake", "other", "because")
    ]


def test_skip_leads_on_and_leaving_gives_the_case_back(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 3, slug="skip")
    page = signed_in("moderator")
    start_reviewing(page)
    page.keyboard.press("s")
    page.keyboard.type("I know this person")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("skip-001.jpg")
    claimed = "SELECT count(*) FROM moderation_case WHERE status = 'claimed'"
    assert installation.query(claimed) == [(1,)]
    page.reload()
    expect(page.locator("[data-case][data-token]")).to_be_attached()
    assert wait_for(lambda: installation.query(claimed) == [(1,)])
    page.goto("/images/")
    assert wait_for(lambda: installation.query(claimed) == [(0,)])


def test_who_else_looks_is_said(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 1, slug="both")
    page, other = signed_in("moderator"), signed_in("lead")
    start_reviewing(page)
    other.goto(page.url)
    # The next renewal, without waiting for it.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-viewers]")).to_contain_text("lead is looking")


def test_a_known_answer_is_told_while_the_flow_goes_on(
    signed_in: SignedIn, installation: Installation
) -> None:
    only_cases(installation, 4, slug="golden")
    run_in(installation, KEEP_AN_ANSWER)
    page = signed_in("moderator")
    start_reviewing(page)
    wait_until_ahead(page)
    told = page.get_by_role("region", name="Last decision")
    decide(page, "a", "1")
    expect(told).to_contain_text("Recorded: Authentic.")
    # The picture with the known answer comes next, and says nothing of it.
    expect(page.locator("body")).not_to_contain_text("known answer")
    decide(page, "a", "1")
    expect(told).to_contain_text("This one had a known answer: Fake.")
    expect(told).to_contain_text("The shadows fall in two directions.")
    expect(told.get_by_role("link", name="Look at it again")).to_be_visible()
    expect(told.get_by_role("button", name="Undo")).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text("This one had a known answer")
    wait_until_ahead(page)
    decide(page, "a", "1")
    expect(told).not_to_contain_text("known answer")
    run_in(
        installation,
        "from moderation.models import Queue\nQueue.objects.update(golden_share=0)",
    )
