"""The way of a key through the settings in a real browser: made, copied, ended."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]


def test_a_key_is_made_copied_and_ended_on_accessible_pages(
    signed_in: SignedIn,
) -> None:
    page = signed_in("lead")
    page.goto("/settings/")
    page.get_by_role("link", name="API keys").click()
    check(page, "keys-empty")
    page.get_by_role("link", name="New service account").click()
    check(page, "account-new")
    page.get_by_label("Name", exact=True).fill(
        "a program with a long name".replace(" ", "-")
    )
    page.get_by_role("button", name="Make the account").click()

    page.get_by_role("link", name="New key").click()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".field-error").first).to_be_visible()
    check(page, "key-new-refused")
    page.get_by_label("Service account", exact=True).select_option(index=1)
    page.get_by_label("Name", exact=True).fill("Uploads")
    page.get_by_label("images:write").check()
    page.get_by_role("button", name="Make the key").click()

    secret = page.get_by_label("Key", exact=True)
    expect(secret).to_have_value(re.compile("pw_live_[A-Za-z0-9]{8}_[A-Za-z0-9]{43}"))
    check(page, "key-issued")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == secret.input_value()
    page.get_by_role("link", name="I have stored it").click()
    check(page, "keys")

    page.get_by_role("link", name="Uploads").click()
    check(page, "key")
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("revoked")).to_be_visible()
    assert copied not in page.content()
