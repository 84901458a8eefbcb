"""The admin and the record in Chromium: no axe finding, no sideways scrolling."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.test_accessibility import save_screenshot

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
Scheme = Literal["light", "dark"]
SIZES = {1440: 1000, 390: 844}
# To read style sheets that import others, axe would write styles that the CSP refuses.
UNLOADED = {"preload": False}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
IMAGES, CASES = "/admin/forensics/image/", "/admin/moderation/case/"
FIRST = "#result_list tbody tr:first-child th a"
SELECTED = "input.action-select"
# Each page is reached the way a person would: an address, or something to click.
PAGES: dict[str, tuple[str, ...]] = {
    "images": (IMAGES,),
    "all images": (f"{IMAGES}?state=all",),
    "image": (IMAGES, FIRST),
    "cases": (CASES,),
    "case": (CASES, FIRST),
    "decide": (CASES, FIRST, ".pw-actions a:has-text('Decide')"),
    "hold": (CASES, FIRST, ".pw-actions a:has-text('Put on hold')"),
    "decisions": ("/admin/moderation/decision/",),
    "events": ("/admin/moderation/auditevent/",),
    "event": ("/admin/moderation/auditevent/", FIRST),
    "analyses": ("/admin/forensics/analysis/",),
    "analysis": ("/admin/forensics/analysis/", FIRST),
    "record": ("/cases/audit/",),
    "record, nothing": ("/cases/audit/?person=nobody",),
}
# Which of them the docs show, by the name of the file.
SHOWN_IN_DOCS = {"image": "admin-case-file", "record": "record"}
MODELS = (
    *("accounts/organization", "accounts/user", "auth/group", "forensics/analysis"),
    *("forensics/bank", "forensics/bankentry", "forensics/finding"),
    *("forensics/image", "forensics/worker", "knox/authtoken", "moderation/appeal"),
    *("moderation/auditevent", "moderation/case", "moderation/decision"),
    *("moderation/goldenanswer", "moderation/policy", "moderation/queue"),
    *("accounts/apikey", "moderation/event", "moderation/webhookendpoint"),
    "django_tasks_database/dbtaskresult",
)


def test_the_first_page_is_accessible_and_leads_to_every_model_tested_here(
    signed_in: SignedIn,
) -> None:
    page = signed_in("administrator")
    page.goto("/admin/")
    links = page.locator("#content-main tbody th a").all()
    found = {link.get_attribute("href") for link in links}
    assert found == {f"/admin/{model}/" for model in MODELS}
    check(page, "admin")


@pytest.mark.parametrize("model", MODELS)
def test_each_model_s_pages_are_accessible(model: str, signed_in: SignedIn) -> None:
    page = signed_in("administrator")
    listed = f"/admin/{model}/"
    page.goto(listed)
    check(page, model)
    add = page.locator(".object-tools a.addlink")
    address = add.get_attribute("href") if add.count() else None
    first = page.locator("#result_list tbody th a").first
    if first.count():
        first.click()
        check(page, f"{model}, one")
        for name in ("History", "Delete"):
            link = page.get_by_role("link", name=name, exact=True)
            if link.count():
                there = page.url
                link.first.click()
                check(page, f"{model}, {name}")
                page.goto(there)
    if address:
        page.goto(listed)
        page.goto(address if address.startswith("/") else listed + address)
        check(page, f"{model}, new")


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_accessible_at_every_size_and_in_both_themes(
    name: str, signed_in: SignedIn
) -> None:
    page = signed_in("administrator")
    for step in PAGES[name]:
        page.goto(step) if step.startswith("/") else page.click(step)
    check(page, name)


@pytest.mark.parametrize(
    ("listed", "action"),
    [
        (CASES, "Escalate"),
        (IMAGES, "Assign"),
        (f"{IMAGES}?state=all", "Send to review"),
        (f"{IMAGES}?state=all", "Re-analyze selected images"),
    ],
)
def test_pages_that_ask_before_many_are_changed_are_accessible(
    listed: str, action: str, signed_in: SignedIn
) -> None:
    page = signed_in("administrator")
    page.goto(listed)
    for number in range(2):
        page.locator(SELECTED).nth(number).check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").or_(
        page.get_by_role("button", name="Go")
    ).first.click()
    page.locator(".pw-list").first.wait_for()
    check(page, action)


def check(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    problems: list[object] = []
    for (width, height), scheme in product(SIZES.items(), SCHEMES):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where = f"{name}, {width} px, {scheme}"
        problems += [
            (where, found["id"], len(found["nodes"]), found["nodes"][0]["html"][:300])
            for found in Axe().run(page, options=UNLOADED).response["violations"]
        ]
        room = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if room > 0:
            problems.append((where, "scrolls sideways", room))
        if name in SHOWN_IN_DOCS and os.environ.get("UPDATE_SCREENSHOTS") == "1":
            save_screenshot(page, f"{SHOWN_IN_DOCS[name]}-{width}-{scheme}.webp")
        if folder := os.environ.get("ADMIN_SCREENSHOTS"):
            path = Path(folder) / f"{where.replace(', ', '-').replace(' ', '-')}.png"
            page.screenshot(path=path, full_page=True)
    assert problems == []
