"""One zoom for original and evidence: wheel, drag, touch, keyboard, buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
# Scale, and the point of the picture in the middle of its view, of each shown picture.
SHOWN = """() => [...document.querySelectorAll('.stage-view')]
    .filter((view) => view.clientWidth > 0)
    .map((view) => {
        const image = view.querySelector('img').getBoundingClientRect();
        const box = view.getBoundingClientRect();
        return {
            scale: image.width / box.width,
            x: (box.x + box.width / 2 - image.x) / image.width,
            y: (box.y + box.height / 2 - image.y) / image.height,
        };
    })"""


@pytest.fixture
def page(signed_in: SignedIn) -> Page:
    opened = signed_in("lead")
    show(opened)
    return opened


def show(page: Page) -> None:
    page.click("a:has-text('cropped.jpg')")
    page.wait_for_load_state("networkidle")
    # The heaviest finding's picture comes first; it need not have the same shape.
    page.get_by_label("Evidence picture").select_option("ela")
    page.evaluate("document.querySelector('[data-stage]').scrollIntoView()")


def shown(page: Page) -> dict[str, float]:
    """Return the one zoom of both pictures."""
    first, second = page.evaluate(SHOWN)
    assert first == pytest.approx(second, abs=0.005)
    state: dict[str, float] = first
    return state


def original(page: Page) -> Locator:
    return page.locator(".stage-base .stage-view")


def evidence(page: Page) -> Locator:
    return page.locator(".stage-overlay:not([hidden]) .stage-view")


def point(view: Locator, x: float, y: float) -> tuple[float, float]:
    box = view.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def test_the_wheel_zooms_both_where_the_pointer_is(page: Page) -> None:
    assert shown(page) == pytest.approx({"scale": 1, "x": 0.5, "y": 0.5}, abs=0.01)
    page.mouse.click(*point(evidence(page), 0.25, 0.5))
    page.mouse.wheel(0, -300)
    page.wait_for_function("document.querySelector('[data-zoom]').dataset.zoom > 2")
    state = shown(page)
    assert state["scale"] == pytest.approx(2.117, abs=0.01)
    # What was under the pointer still is.
    assert state["x"] + (0.25 - 0.5) / state["scale"] == pytest.approx(0.25, abs=0.01)
    expect(page.locator("[data-zoom-output]")).to_have_text("212 %")


def test_the_wheel_scrolls_the_page_until_the_pictures_were_clicked(page: Page) -> None:
    page.mouse.move(*point(original(page), 0.5, 0.5))
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    # The page's policy forbids what wait_for_function evaluates.
    for _ in range(100):
        if page.evaluate("scrollY") > before:
            break
        page.wait_for_timeout(50)
    assert page.evaluate("scrollY") > before
    assert shown(page)["scale"] == pytest.approx(1, abs=0.01)


def test_dragging_moves_both(page: Page) -> None:
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    before = shown(page)
    page.mouse.move(*point(original(page), 0.5, 0.5))
    page.mouse.down()
    page.mouse.move(*point(original(page), 0.25, 0.4), steps=4)
    page.mouse.up()
    after = shown(page)
    assert after["x"] - before["x"] == pytest.approx(0.25 / after["scale"], abs=0.01)
    assert after["y"] - before["y"] == pytest.approx(0.1 / after["scale"], abs=0.01)
    page.mouse.move(*point(original(page), 0.9, 0.9))
    assert shown(page) == after


def test_the_keyboard_does_it_all(page: Page) -> None:
    page.get_by_role("group", name="Pictures to zoom and move").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    state = shown(page)
    assert state["scale"] == pytest.approx(2.25, abs=0.01)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = shown(page)
    assert moved["x"] > state["x"]
    assert moved["y"] > state["y"]
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    # The picture's border stops at the view's.
    assert shown(page)["x"] == pytest.approx(1 - 0.5 / 2.25, abs=0.01)
    page.keyboard.press("-")
    assert shown(page)["scale"] == pytest.approx(1.5, abs=0.01)
    page.keyboard.press("0")
    assert shown(page) == pytest.approx({"scale": 1, "x": 0.5, "y": 0.5}, abs=0.01)


def test_two_fingers_zoom_and_one_moves(signed_in: SignedIn) -> None:
    size = {"width": 390, "height": 844}
    page = signed_in("lead", viewport=size, has_touch=True)
    show(page)
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points: list[dict[str, Any]] = [
            {"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    view = original(page)
    fingers("touchStart", point(view, 0.4, 0.5), point(view, 0.6, 0.5))
    for spread in (0.15, 0.2, 0.25, 0.3):
        fingers(
            "touchMove", point(view, 0.5 - spread, 0.5), point(view, 0.5 + spread, 0.5)
        )
    fingers("touchEnd")
    zoomed = shown(page)
    assert zoomed["scale"] == pytest.approx(3, abs=0.3)

    fingers("touchStart", point(view, 0.5, 0.5))
    for x in (0.45, 0.4, 0.35, 0.3):
        fingers("touchMove", point(view, x, 0.5))
    fingers("touchEnd")
    assert shown(page)["x"] > zoomed["x"] + 0.03


def test_the_zoom_stays_while_another_evidence_picture_is_chosen(page: Page) -> None:
    choice = page.get_by_label("Evidence picture")
    kinds = choice.locator("option").evaluate_all("all => all.map((one) => one.value)")
    assert len(kinds) > 1
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Move left").click()
    before = shown(page)
    for kind in kinds:
        choice.select_option(kind)
        expect(page.locator(f"[data-stage-overlay={kind}]")).to_be_visible()
        of_original, _ = page.evaluate(SHOWN)  # a thumbnail's shape is not quite it
        assert of_original == pytest.approx(before, abs=0.005)


def test_pictures_of_another_size_show_the_same_place(page: Page) -> None:
    """As from an analyzer whose picture is small and of another shape."""
    page.evaluate(
        """() => {
            const image = document.querySelector('.stage-overlay:not([hidden]) img');
            image.setAttribute('width', 100);
            image.setAttribute('height', 400);
        }"""
    )
    page.get_by_role("button", name="Whole picture").click()
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    for _ in range(3):
        page.get_by_role("button", name="Move down").click()
    first, second = page.evaluate(SHOWN)
    assert first["x"] == pytest.approx(second["x"], abs=0.005)
    assert first["y"] == pytest.approx(second["y"], abs=0.005)


def test_a_finding_leads_to_its_picture(page: Page) -> None:
    button = page.locator("[data-compare]:visible").last
    kind = button.get_attribute("data-compare")
    button.click()
    expect(page.locator(f"[data-stage-overlay={kind}]")).to_be_visible()
    expect(page.get_by_role("group", name="Pictures to zoom and move")).to_be_focused()


def test_without_scripts_every_picture_is_there(signed_in: SignedIn) -> None:
    page = signed_in("lead", java_script_enabled=False)
    page.click("a:has-text('cropped.jpg')")
    for picture in page.locator(".stage-view img").all():
        expect(picture).to_be_visible()
    assert page.locator(".stage-overlay img").count() > 1
    expect(page.get_by_role("button", name="Zoom in")).to_have_count(0)
    expect(page.get_by_role("button", name="Compare with the original")).to_have_count(
        0
    )
