"""Swagger and Redoc: all from this server, within the policy, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.browser
OPERATION = "images_create"
# Where a page says so itself, whether or not its console does.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("page_of", ["docs", "redoc"])
def test_the_description_is_shown_and_nobody_else_is_asked(
    page_of: str,
    width: int,
    new_context: Callable[..., BrowserContext],
    installation: Installation,
) -> None:
    context = new_context(viewport={"width": width, "height": 900})
    context.add_init_script(WATCH)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    said: list[str] = []
    page.on(
        "console",
        lambda message: said.append(message.text) if message.type == "error" else None,
    )

    page.goto(f"/api/v1/{page_of}/")
    show_operation(page, page_of)
    page.wait_for_load_state("networkidle")

    hosts = {
        urlsplit(url).netloc
        for url in asked
        if urlsplit(url).scheme not in {"data", "blob"}
    }
    assert hosts == {urlsplit(installation.url).netloc}
    assert any("/api/v1/schema/" in url for url in asked)
    assert page.evaluate("window.refused") == []
    assert said == []
    assert page.locator("img:not([src])").filter(visible=True).count() == 0
    wider = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wider <= 0


def show_operation(page: Page, page_of: str) -> None:
    """Open the operation that takes pictures, as a reader would."""
    if page_of == "docs":
        summary = page.locator(f"[id$='{OPERATION}'] .opblock-summary-control").first
        summary.click()
        expect(page.locator(f"[id$='{OPERATION}'] .opblock-body")).to_be_visible()
        return
    heading = page.locator(f"[id='operation/{OPERATION}']")
    heading.scroll_into_view_if_needed()
    expect(heading).to_be_visible()
