"""Signing in with an app's code and with a passkey, in a real browser."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.sync_playwright import Axe

from tests.installation import DEMO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.installation import Installation

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)
PICTURES = {
    "factors": "/settings/sign-in/",
    "keys": "/settings/sign-in/webauthn/",
    "codes": "/settings/sign-in/recovery-codes/",
}


def sign_in(page: Page, name: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def leave(page: Page) -> None:
    """Forget who one is; an answer on its way must not bring cookies back."""
    page.goto("about:blank")
    page.context.clear_cookies()


def confirm(page: Page) -> None:
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def on_localhost(
    new_context: Callable[..., BrowserContext], installation: Installation, width: int
) -> Page:
    """Passkeys belong to names; an address of numbers has none."""
    context = new_context(
        viewport={"width": width, "height": 900},
        base_url=installation.url.replace("127.0.0.1", "localhost"),
    )
    return context.new_page()


def well_made(page: Page) -> None:
    findings = Axe().run(page).response["violations"]
    assert [(f["id"], f["nodes"][0]["html"]) for f in findings] == [], page.url
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_passkey_is_added_and_lets_in_without_a_password(
    new_context: Callable[..., BrowserContext], installation: Installation, width: int
) -> None:
    page = on_localhost(new_context, installation, width)
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    authenticator.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page, "lead")
    page.goto("/settings/")
    page.get_by_role("link", name="Signing in").click()
    well_made(page)
    page.get_by_role("link", name="Add a key or passkey").click()
    confirm(page)
    well_made(page)
    page.get_by_label("Name").fill(f"A key of {width}")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.get_by_role("heading", name="Recovery Codes").or_(
        page.get_by_text(f"A key of {width}")
    ).first.wait_for()
    well_made(page)
    page.goto("/settings/sign-in/webauthn/")
    page.get_by_role("heading", name=f"A key of {width}").wait_for()
    well_made(page)
    if folder := os.environ.get("SIGN_IN_SCREENSHOTS"):
        for name, path in PICTURES.items():
            page.goto(path)
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)

    leave(page)
    page.goto("/login/?next=/images/")
    well_made(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: url.endswith("/images/") and "next" not in url)

    # Beside the password it is the second factor.
    leave(page)
    page.goto("/login/")
    page.get_by_label("Username").fill("lead")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Two-Factor Authentication").wait_for()
    well_made(page)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(lambda url: "/login/" not in url and "sign-in" not in url)
    page.goto("/settings/sign-in/webauthn/")
    page.get_by_role("link", name=f"Remove A key of {width}").click()
    if page.get_by_role("button", name="Confirm").is_visible():
        confirm(page)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("heading", name=f"A key of {width}").wait_for(state="detached")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_code_of_an_app_is_asked_for_after_the_password(
    new_context: Callable[..., BrowserContext], installation: Installation, width: int
) -> None:
    page = on_localhost(new_context, installation, width)
    sign_in(page, "administrator")
    page.goto("/settings/sign-in/totp/activate/")
    well_made(page)
    confirm(page)
    page.get_by_role("heading", name="Activate Authenticator App").wait_for()
    well_made(page)
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    secret = page.get_by_label("Authenticator secret").input_value()
    now = int(time.time()) // 30
    page.get_by_label("Authenticator code").fill(
        format_hotp_value(hotp_value(secret, now - 1))
    )
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("recovery codes").first.wait_for()

    leave(page)
    page.goto("/login/")
    page.get_by_label("Username").fill("administrator")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_text("Incorrect code.").wait_for()
    well_made(page)
    page.get_by_label("Code").fill(format_hotp_value(hotp_value(secret, now)))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "authenticate" not in url)

    page.goto("/settings/sign-in/totp/deactivate/")
    if page.get_by_role("button", name="Confirm").is_visible():
        confirm(page)
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("link", name="Set up the app").wait_for()
