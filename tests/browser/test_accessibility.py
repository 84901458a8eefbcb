"""Every page: nothing that axe finds, no sideways scrolling, at each size and theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check
from tests.browser.viewer import open_case
from tests.credentials import GENERATED, Part, action, opened, signed
from tests.images import jpeg, photo_like
from tests.installation import Installation

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
# Each page is reached from the first one the way a person would.
PAGES: dict[str, tuple[str, ...]] = {
    "queue": (),
    "queue-empty": ("/cases/?status=decided&waiting=mine",),
    "decisions": ("/cases/decisions/?sort=",),
    "queue-filtered": ("/cases/?status=all&score_from=1&sort=score",),
    "case": ("a:has-text('cropped.jpg')",),
    "related": ("a:has-text('cropped.jpg')", "a:has-text('Decide together')"),
    "notifications": ("/cases/notifications/",),
    "quality": ("/cases/quality/",),
    "appeals": ("/cases/appeals/",),
    "known-answers": ("/cases/quality/mine/",),
    "images": ("/images/",),
    "images-empty": ("/images/?q=nothing-is-called-so",),
    "image": ("/images/", "a:has-text('coffee.jpg')"),
    "image-tags-found": ("/images/", "a:has-text('coffee.jpg')", "?tags=pixels"),
    "image-head": (
        "/images/",
        "a:has-text('coffee.jpg')",
        "a:has-text('First bytes')",
    ),
    "upload": ("/images/upload/",),
    "policies": ("/cases/policies/",),
    "policy": ("/cases/policies/", "a:has-text('Called fake')"),
    "policy-form": ("/cases/policies/1/edit/", "button:has-text('Add a condition')"),
    "policy-publish": ("/cases/policies/1/versions/1/live/",),
    "backtest": ("/cases/policies/1/", "button:has-text('Back-test')"),
    "policy-new": ("/cases/policies/new/",),
    "queues": ("/cases/queues/",),
    "queue-form": ("/cases/queues/new/",),
    "queue-edit": ("/cases/queues/review/",),
    "settings": ("/settings/",),
    "settings-keyboard": ("/settings/keyboard/",),
    "forbidden": ("/settings/organization/",),
    "not-found": ("/nothing/here/",),
}
# What a page that is broken answers with: nothing of it reads this table.
BREAK = """
from django.db import connection
connection.cursor().execute("ALTER TABLE {} RENAME TO {}")
"""
VIEWS, AWAY = "moderation_savedview", "moderation_savedview_away"


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_at_every_size_and_in_both_themes(
    name: str, signed_in: SignedIn
) -> None:
    page = signed_in("lead")
    for step in PAGES[name]:
        if step.startswith("?"):
            page.goto(page.url + step)
        else:
            page.goto(step) if step.startswith("/") else page.click(step)
    page.wait_for_load_state("networkidle")
    if name == "backtest":
        # Until then it may load itself anew at any moment.
        expect(page.locator("[data-backtest]")).to_have_count(0, timeout=30_000)
    if name == "case":
        page.get_by_role("radio", name="Fake").check()
    check(page, name)


@pytest.mark.parametrize("address", ["/cases/", "/cases/insight/", "/cases/audit/"])
def test_the_menu_is_accessible_and_leads_on(signed_in: SignedIn, address: str) -> None:
    page = signed_in("administrator", viewport={"width": 390, "height": 844})
    page.goto(address)
    menu = page.get_by_role("button", name="Menu")
    images = page.get_by_role("link", name="Images", exact=True)
    bar = page.locator(".topbar").bounding_box()
    assert bar is not None
    assert bar["height"] < 64
    expect(images).to_be_hidden()
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(images).to_be_visible()
    check(page, f"menu of {address}")
    # At 1440 px there is no menu, and all of it fits into one line.
    page.set_viewport_size({"width": 1440, "height": 1000})
    expect(menu).to_be_hidden()
    bar = page.locator(".topbar").bounding_box()
    assert bar is not None
    assert bar["height"] < 64
    page.set_viewport_size({"width": 390, "height": 844})
    images.focus()
    page.keyboard.press("Escape")
    expect(images).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    images.click()
    page.wait_for_url("**/images/")


def test_a_broken_page_is_accessible(
    signed_in: SignedIn, installation: Installation
) -> None:
    page = signed_in("lead")
    installation.manage("shell", "-c", BREAK.format(VIEWS, AWAY))
    try:
        page.goto("/cases/")
        expect(page.get_by_role("heading")).to_have_text(
            "Something went wrong on our side"
        )
        check(page, "broken")
    finally:
        installation.manage("shell", "-c", BREAK.format(AWAY, VIEWS))


def test_the_organization_s_settings_are_accessible(signed_in: SignedIn) -> None:
    page = signed_in("administrator")
    page.goto("/settings/organization/")
    expect(page.get_by_role("link", name="For everybody")).to_be_visible()
    check(page, "settings-organization")


def test_unfolded_findings_are_accessible(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.click("a:has-text('cropped.jpg')")
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    check(page, "evidence")


@pytest.mark.parametrize("way", ["Swipe", "Overlay", "Evidence"])
def test_the_viewer_is_accessible_in_every_mode(signed_in: SignedIn, way: str) -> None:
    page = signed_in("lead")
    open_case(page, "two-rockets.jpg", "localizer")
    page.get_by_role("radio", name=way).check()
    if way != "Swipe":
        page.get_by_role("button", name="Zoom in").click()
        page.get_by_role("button", name="Colors").click()
        page.get_by_role("button", name="Loupe").click()
        page.get_by_role("button", name="Rotate").click()
    check(page, f"viewer-{way.lower()}")


def test_signing_in_is_accessible_even_when_it_fails(
    new_context: Callable[..., object], signed_in: SignedIn
) -> None:
    page = signed_in("lead")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    check(page, "sign-in")


def test_a_refused_decision_is_accessible(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.click("a:has-text('portrait.png')")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check(page, "refused-decision")


def test_credentials_are_accessible(signed_in: SignedIn) -> None:
    first = signed(jpeg(photo_like(8)), action(source=GENERATED), title="first.jpg")
    data = signed(first, opened(), parts=[Part(first)], title="x" * 150)
    page = signed_in("lead")
    page.goto("/images/upload/")
    file = {"name": "signed.jpg", "mimeType": "image/jpeg", "buffer": data}
    page.locator("input[type=file]").set_input_files([file])
    page.get_by_role("link", name="Open signed.jpg").click()
    page.get_by_role("heading", name="Content Credentials").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Signer not trusted").is_visible()
    summary = page.locator(".provenance-tree summary").nth(1)
    summary.focus()
    page.keyboard.press("Enter")
    assert not page.get_by_text("Created with Test Program").is_visible()
    page.keyboard.press("Enter")
    check(page, "credentials")
