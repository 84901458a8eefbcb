"""How tests look at the evidence viewer: what is drawn where, and fingers on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

STATE = """() => {
    const { zoom, zoomX, zoomY, rotation } =
        document.querySelector('[data-stage-views]').dataset;
    return { scale: +zoom, x: +zoomX, y: +zoomY, rotation: +rotation };
}"""
# The columns and rows of a canvas that hold bright red, in 0..1 of its size.
RED = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    let [left, right, upper, lower, count] = [width, -1, height, -1, 0];
    for (let at = 0; at < data.length; at += 4) {
        if (data[at] < 190 || data[at + 1] > 90 || data[at + 2] > 90) continue;
        const x = (at / 4) % width, y = Math.floor(at / 4 / width);
        left = Math.min(left, x); right = Math.max(right, x);
        upper = Math.min(upper, y); lower = Math.max(lower, y);
        count += 1;
    }
    return { left: left / width, right: (right + 1) / width,
             upper: upper / height, lower: (lower + 1) / height, count };
}"""


def open_case(page: Page, name: str = "cropped.jpg", layer: str = "ela") -> None:
    """Open a case of the queue and wait until both pictures are drawn."""
    page.click(f"a:has-text('{name}')")
    wait_until_drawn(page)
    if page.locator("[data-stage-choice]").input_value() != layer:
        page.locator("[data-stage-choice]").select_option(layer)
    expect(page.locator(f"[data-stage-views][data-layer={layer}]")).to_be_visible()
    page.evaluate("document.querySelector('[data-stage]').scrollIntoView()")


def wait_until_drawn(page: Page, *, seconds: float = 20) -> None:
    stage = page.locator("[data-stage][data-drawn]")
    expect(stage).to_be_visible(timeout=1000 * seconds)


def state(page: Page) -> dict[str, float]:
    """Return the one zoom of both pictures."""
    found: dict[str, float] = page.evaluate(STATE)
    return found


def mode(page: Page) -> str | None:
    return page.locator("[data-stage]").get_attribute("data-mode")


def views(page: Page) -> Locator:
    return page.get_by_role("group", name="Pictures to zoom and move")


def base(page: Page) -> Locator:
    return page.locator("[data-view=base]")


def layer(page: Page) -> Locator:
    return page.locator("[data-view=layer]")


def canvas(view: Locator) -> Locator:
    return view.locator("[data-picture] canvas").first


def red(page: Page, view: Locator) -> dict[str, float]:
    """Return where a view draws bright red."""
    page.wait_for_timeout(120)  # some frames
    found: dict[str, float] = canvas(view).evaluate(RED)
    return found


def point(view: Locator, x: float, y: float) -> tuple[float, float]:
    box = view.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def drag(
    page: Page, start: tuple[float, float], end: tuple[float, float], steps: int = 5
) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=steps)
    page.mouse.up()


class Fingers:
    """Touches the screen the way Chromium reports fingers."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)

    def send(self, kind: str, *places: tuple[float, float]) -> None:
        points: list[dict[str, Any]] = [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)
        ]
        self._session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    def drag(self, *way: tuple[float, float]) -> None:
        self.send("touchStart", way[0])
        for place in way[1:]:
            self.send("touchMove", place)
        self.send("touchEnd")


def approx(**values: float) -> Any:
    return pytest.approx(values, abs=0.01)
