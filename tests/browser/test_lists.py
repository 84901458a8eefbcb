"""Lists in a real browser: rows by keyboard, bulk actions, saved views."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]


def test_rows_are_walked_chosen_and_opened_without_a_mouse(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    links = page.locator("[data-row] a.covering")
    press = "document.querySelector('[data-action=row-%s]').click()"

    page.evaluate(press % "next")
    expect(links.nth(0)).to_be_focused()
    page.evaluate(press % "next")
    expect(links.nth(1)).to_be_focused()
    page.evaluate(press % "select")
    expect(page.locator(".listrow-choice input").nth(1)).to_be_checked()
    expect(links.nth(1)).to_be_focused()
    page.evaluate(press % "previous")
    expect(links.nth(0)).to_be_focused()
    address = links.nth(0).get_attribute("href")
    page.evaluate(press % "open")
    page.wait_for_url(f"**{address}")


def test_a_bulk_action_is_shown_confirmed_and_done(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.get_by_label("All on this page").check()
    page.locator(".listrow-choice input").first.uncheck()
    page.get_by_label("With the chosen cases").select_option("tag")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Add a tag")
    check(page, "bulk-confirm")
    page.get_by_label("Tag", exact=True).fill("Front page")
    page.get_by_role("button", name="Do it to").click()
    page.wait_for_url("**/cases/bulk/**")
    expect(page.locator(".page-head")).to_contain_text("were changed")
    check(page, "bulk-result")
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".tag").first).to_have_text("front page")
    check(page, "queue-tagged")


def test_deciding_alike_is_accessible(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.locator(".listrow-choice input").first.check()
    page.get_by_label("With the chosen cases").select_option("decide")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Fake").check()
    check(page, "bulk-decide")


def test_a_view_is_kept_shared_and_deleted(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.goto("/cases/?verdict=fake&score_from=50")
    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Keep these filters as").fill("Surely fake")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("link", name="Surely fake")).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_text("Views", exact=True).click()
    page.get_by_label("For everybody").check()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("link", name="Surely fake")).to_contain_text("shared")
    page.get_by_text("Views", exact=True).click()
    check(page, "views")
    page.get_by_role("button", name="Delete Surely fake").click()
    expect(page.get_by_role("link", name="Surely fake")).to_have_count(0)
