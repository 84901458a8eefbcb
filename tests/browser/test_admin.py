"""The admin and the record in Chromium: no axe finding, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import looking

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
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
    looking.check(page, f"admin {name}", is_admin=True)
