"""How tests review, and measure from a key press to the next picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from playwright.sync_api import expect

from tests.installation import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.installation import Installation

# From the moment that the system gave the key press to the browser, until after the
# frame in which the first picture of the next case is decoded and drawn; where the
# evidence viewer runs, also until it has drawn.
WATCH = """() => {
    window.seen = [];
    window.seenInViewer = [];
    let pressed = 0;
    document.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') pressed = event.timeStamp;
    }, true);
    const afterTheFrame = (list, began) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => list.push(performance.now() - began);
        port2.postMessage(0);
    });
    document.addEventListener('pw:shown', async (event) => {
        const began = pressed;
        const stage = event.detail.root.querySelector('[data-stage]');
        const picture = stage?.querySelector('img');
        if (!picture) return;
        stage.addEventListener(
            'pw:viewer-drawn', () => afterTheFrame(window.seenInViewer, began)
        );
        await picture.decode();
        afterTheFrame(window.seen, began);
    });
}"""


def start_reviewing(page: Page) -> None:
    """Press the key that claims the next case, and wait until it is there."""
    # A key counts from when the script that reads keys has run.
    expect(page.locator("[data-action=palette]:not([hidden])").first).to_be_attached()
    page.keyboard.press("w")
    expect(
        page.locator("body[data-reviewing] [data-case][data-token]")
    ).to_be_attached()


def name(page: Page) -> str:
    """Return what the picture of the case in front is called."""
    return page.locator("h1").inner_text()


def wait_until_ahead(page: Page) -> None:
    expect(page.locator("body[data-ahead]")).to_be_attached()


def case_id(page: Page) -> str:
    return cast("str", page.locator("[data-case]").get_attribute("data-case"))


def decide(page: Page, *keys: str) -> None:
    """Press keys, then Enter; wait until another case, or none, is in front."""
    before = case_id(page)
    for key in (*keys, "Enter"):
        page.keyboard.press(key)
    expect(page.locator(f"[data-case='{before}']")).to_have_count(0)


def times(page: Page, count: int, *, by: str = "seen") -> list[float]:
    """Return the measured milliseconds once there are so many."""

    def measured() -> list[float] | None:
        page.wait_for_timeout(20)
        found: list[float] = page.evaluate(f"window.{by}")
        return found if len(found) >= count else None

    return wait_for(measured)


def address_of(installation: Installation, name: str) -> str:
    """Return where the case of the picture of this name is."""
    [(found,)] = installation.query(
        "SELECT c.id FROM moderation_case c JOIN forensics_submission s"  # noqa: S608
        f" ON s.image_id = c.image_id WHERE s.original_name = '{name}'"
    )
    return f"/cases/{UUID(str(found))}/"


def decisions(installation: Installation, slug: str) -> list[tuple[Any, ...]]:
    """Return name, outcome, reason and note of what stands, in order of the names."""
    return installation.query(
        "SELECT s.original_name, d.outcome, d.reason, d.note"  # noqa: S608 - ours
        " FROM moderation_decision d"
        " JOIN moderation_case c ON c.id = d.case_id"
        " JOIN forensics_submission s ON s.image_id = c.image_id"
        f" WHERE d.withdrawn_at IS NULL AND s.original_name LIKE '{slug}-%'"
        " ORDER BY s.original_name, d.created_at"
    )
