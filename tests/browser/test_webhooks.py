"""A webhook's life on its pages, by a lead, with the real courier behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]


def test_a_webhook_is_made_tested_and_read_about(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.goto("/settings/")
    page.get_by_role("link", name="Webhooks").click()
    check(page, "webhooks-empty")
    page.get_by_role("link", name="New webhook").click()
    page.get_by_label("Address").fill("http://127.0.0.1/")
    page.get_by_role("button", name="Store the webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    page.get_by_label("Address").fill("https://hooks.nowhere.invalid/" + "x" * 120)
    page.get_by_label("case.decided").check()
    check(page, "webhook-form")
    page.get_by_role("button", name="Store the webhook").click()
    secret = page.get_by_label("Secret", exact=True)
    assert secret.input_value().startswith("whsec_")
    check(page, "webhook-secret")
    page.get_by_role("link", name="I have it").click()
    page.get_by_role("button", name="Send a test").click()
    for _ in range(40):
        page.reload()
        if page.get_by_text("dns_failed").count():
            break
        page.wait_for_timeout(500)
    check(page, "webhook")
    page.get_by_role("link", name="webhook.test").click()
    page.get_by_text("Request", exact=True).click()
    expect(page.get_by_text("webhook-signature")).to_be_visible()
    check(page, "delivery")
    page.goto("/settings/webhooks/")
    check(page, "webhooks")
