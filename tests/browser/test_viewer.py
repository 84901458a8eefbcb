"""The evidence viewer in a browser: one zoom for all pictures, by every means."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.viewer import (
    Fingers,
    approx,
    base,
    drag,
    layer,
    mode,
    open_case,
    point,
    state,
    views,
)

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
# What would lie over the page, beside what every page has.
OUTSIDE = "[popover], dialog:not(#key-sheet, #palette)"


@pytest.fixture
def page(signed_in: SignedIn) -> Page:
    opened = signed_in("lead")
    open_case(opened)
    return opened


def test_the_wheel_zooms_where_the_pointer_is(page: Page) -> None:
    assert state(page) == approx(scale=1, x=0.5, y=0.5, rotation=0)
    page.mouse.click(*point(layer(page), 0.25, 0.5))
    page.mouse.wheel(0, -300)
    expect(views(page)).not_to_have_attribute("data-zoom", "1")
    now = state(page)
    assert now["scale"] == pytest.approx(2.117, abs=0.01)
    # What was under the pointer still is.
    assert now["x"] + (0.25 - 0.5) / now["scale"] == pytest.approx(0.25, abs=0.01)


def test_the_wheel_scrolls_the_page_until_the_pictures_were_clicked(page: Page) -> None:
    page.mouse.move(*point(base(page), 0.5, 0.5))
    before = page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    for _ in range(100):
        if page.evaluate("scrollY") > before:
            break
        page.wait_for_timeout(50)
    assert page.evaluate("scrollY") > before
    assert state(page)["scale"] == 1


def test_dragging_moves_the_pictures(page: Page) -> None:
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    before = state(page)
    drag(page, point(base(page), 0.5, 0.5), point(base(page), 0.25, 0.4))
    after = state(page)
    assert after["x"] - before["x"] == pytest.approx(0.25 / after["scale"], abs=0.01)
    assert after["y"] - before["y"] == pytest.approx(0.1 / after["scale"], abs=0.01)
    page.mouse.move(*point(base(page), 0.9, 0.9))
    assert state(page) == after


def test_the_keyboard_zooms_and_moves(page: Page) -> None:
    views(page).focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    before = state(page)
    assert before["scale"] == pytest.approx(2.25)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = state(page)
    assert moved["x"] > before["x"]
    assert moved["y"] > before["y"]
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    # The picture's border stops at the view's.
    assert state(page)["x"] == pytest.approx(1 - 0.5 / 2.25, abs=0.01)
    page.keyboard.press("-")
    assert state(page)["scale"] == pytest.approx(1.5)
    page.keyboard.press("0")
    assert state(page) == approx(scale=1, x=0.5, y=0.5, rotation=0)


def test_actual_size_shows_a_pixel_as_a_pixel(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("[data-zoom-output]")).to_have_text("81 %")
    page.get_by_role("button", name="Actual size").click()
    expect(page.locator("[data-zoom-output]")).to_have_text("100 %")


def test_two_fingers_zoom_and_one_moves(signed_in: SignedIn) -> None:
    page = signed_in("lead", viewport={"width": 390, "height": 844}, has_touch=True)
    open_case(page)
    fingers, view = Fingers(page), base(page)
    fingers.send("touchStart", point(view, 0.4, 0.5), point(view, 0.6, 0.5))
    for spread in (0.15, 0.2, 0.25, 0.3):
        two = (point(view, 0.5 - spread, 0.5), point(view, 0.5 + spread, 0.5))
        fingers.send("touchMove", *two)
    fingers.send("touchEnd")
    zoomed = state(page)
    assert zoomed["scale"] == pytest.approx(3, abs=0.3)
    fingers.drag(*(point(view, x, 0.5) for x in (0.5, 0.45, 0.4, 0.35, 0.3)))
    assert state(page)["x"] > zoomed["x"] + 0.03


def test_the_swipe_handle_is_dragged_and_snaps(page: Page) -> None:
    page.get_by_role("radio", name="Swipe").check()
    handle = page.get_by_role("slider", name="Border between")
    room = views(page)
    width = (room.bounding_box() or {})["width"]

    def drag_to(x: float) -> float:
        where = handle.bounding_box()
        assert where is not None
        start = where["x"] + where["width"] / 2, point(room, 0, 0.5)[1]
        drag(page, start, (point(room, 0, 0)[0] + x, start[1]))
        left = handle.evaluate("element => parseFloat(element.style.left)")
        clip = page.locator("[data-picture=layer]").first.evaluate(
            "element => element.style.clipPath"
        )
        assert clip.startswith(f"inset(0px 0px 0px {left:g}"[:22])
        return float(left)

    assert drag_to(width * 0.3) == pytest.approx(30, abs=0.5)
    assert drag_to(width * 0.5 + 14) == 50
    assert drag_to(width * 0.5 + 17) == pytest.approx(50 + 1700 / width, abs=0.2)
    assert drag_to(12) == 0
    assert drag_to(width - 10) == 100
    assert drag_to(width + 200) == 100
    assert state(page)["scale"] == 1


def test_the_swipe_handle_obeys_the_keyboard(page: Page) -> None:
    page.get_by_role("radio", name="Swipe").check()
    handle = page.get_by_role("slider", name="Border between")
    handle.focus()
    for key, value in {
        "ArrowRight": "51", "Shift+ArrowLeft": "41", "PageUp": "51", "Home": "0",
        "ArrowLeft": "0", "End": "100", "ArrowDown": "99",
    }.items():  # fmt: skip
        page.keyboard.press(key)
        expect(handle).to_have_attribute("aria-valuenow", value)
    expect(handle).to_have_attribute(
        "aria-valuetext", "99 percent original, 1 percent evidence"
    )


def test_the_swipe_handle_follows_a_finger(signed_in: SignedIn) -> None:
    page = signed_in("lead", viewport={"width": 390, "height": 844}, has_touch=True)
    open_case(page)
    page.get_by_role("radio", name="Swipe").check()
    handle = page.get_by_role("slider", name="Border between")
    page.evaluate("document.querySelector('[data-stage]').scrollIntoView()")
    before = page.evaluate("scrollY")
    shares = (0.5, 0.45, 0.4, 0.3)
    Fingers(page).drag(*(point(views(page), x, 0.5) for x in shares))
    expect(handle).to_have_attribute("aria-valuenow", "30")
    assert page.evaluate("scrollY") == before


def test_an_overlay_is_as_opaque_as_its_slider_says(page: Page) -> None:
    page.get_by_role("radio", name="Overlay").check()
    slider = page.get_by_role("slider", name="Overlay")
    picture = page.locator("[data-picture=layer]").first
    expect(picture).to_have_css("opacity", "0.5")
    slider.focus()
    page.keyboard.press("End")
    expect(picture).to_have_css("opacity", "1")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(picture).to_have_css("opacity", "0.05")
    assert base(page).bounding_box() == layer(page).bounding_box()


@pytest.mark.parametrize("way", ["mouse", "keyboard", "event"])
def test_the_original_shows_as_long_as_it_is_held(page: Page, way: str) -> None:
    page.get_by_role("radio", name="Evidence").check()
    picture = page.locator("[data-picture=layer]").first
    original = page.locator("[data-picture=base]").first
    button = page.get_by_role("button", name="Hold for original")
    expect(picture).to_have_css("opacity", "1")
    expect(original).to_have_css("visibility", "hidden")
    if way == "mouse":
        button.hover()
        page.mouse.down()
    elif way == "keyboard":
        button.focus()
        page.keyboard.down("Space")
    else:
        button.dispatch_event("pw:hold")
    expect(picture).to_have_css("opacity", "0")
    expect(original).to_have_css("visibility", "visible")
    if way == "mouse":
        page.mouse.up()
    elif way == "keyboard":
        page.keyboard.up("Space")
    else:
        button.dispatch_event("pw:release")
    expect(picture).to_have_css("opacity", "1")
    expect(original).to_have_css("visibility", "hidden")


def test_modes_and_evidence_follow_one_another_by_button(page: Page) -> None:
    seen = []
    for _ in range(5):
        seen.append(mode(page))
        page.get_by_role("button", name="Next way to compare").click()
    assert seen == ["beside", "swipe", "overlay", "single", "beside"]
    choice = page.locator("[data-stage-choice]")
    kinds = choice.locator("option").evaluate_all("all => all.map((one) => one.value)")
    page.get_by_role("button", name="Zoom in").click()
    before = state(page)
    for _ in kinds:
        page.get_by_role("button", name="Next evidence").click()
        kind = choice.input_value()
        expect(page.locator(f"[data-stage-views][data-layer={kind}]")).to_be_visible()
        assert state(page) == before
    page.get_by_role("button", name="Previous evidence").click()
    assert choice.input_value() == kinds[kinds.index("ela") - 1]


def test_evidence_of_another_shape_stands_beside_only(page: Page) -> None:
    page.get_by_role("radio", name="Swipe").check()
    choice = page.locator("[data-stage-choice]")
    kinds = choice.locator("option").evaluate_all("all => all.map((one) => one.value)")
    spectrum = next(kind for kind in kinds if kind.startswith(("spectrum", "inner")))
    choice.select_option(spectrum)
    expect(page.get_by_role("radio", name="Swipe")).to_be_disabled()
    assert mode(page) == "beside"
    choice.select_option("ela")
    assert mode(page) == "swipe"


def test_a_finding_leads_to_its_picture(page: Page) -> None:
    button = page.locator("[data-compare]:visible").last
    kind = button.get_attribute("data-compare")
    button.click()
    expect(page.locator(f"[data-stage-views][data-layer={kind}]")).to_be_visible()
    expect(views(page)).to_be_focused()


def test_a_filter_on_the_stage_covers_all_of_it(page: Page) -> None:
    """As the veil of those who blur pictures does."""
    page.get_by_role("button", name="Loupe").click()
    page.get_by_role("radio", name="Swipe").check()
    inside = page.evaluate(
        """() => [...document.querySelectorAll(
            'canvas, .stage-loupe, .stage-poster, .stage-marks, .stage-handle')]
            .every((one) => one.closest('.stage'))"""
    )
    assert inside
    assert page.evaluate("document.querySelectorAll('.stage canvas').length") >= 4
    assert page.locator(OUTSIDE).count() == 0


def test_swapped_content_gets_a_viewer_and_frees_the_old(page: Page) -> None:
    page.evaluate(
        """async () => {
            const text = await (await fetch(location.pathname)).text();
            const fresh = new DOMParser().parseFromString(text, 'text/html');
            const main = document.querySelector('main');
            main.replaceChildren(...fresh.querySelector('main').childNodes);
            const shown = new CustomEvent('pw:shown', { detail: { root: main } });
            document.dispatchEvent(shown);
            document.dispatchEvent(shown);
        }"""
    )
    expect(page.locator("[data-stage][data-drawn]")).to_have_count(1)
    page.get_by_role("button", name="Zoom in").click()
    assert state(page)["scale"] == pytest.approx(1.5)
    assert page.locator(".stage-filters").count() == 1


def test_without_scripts_every_picture_is_there(signed_in: SignedIn) -> None:
    page = signed_in("lead", java_script_enabled=False)
    page.click("a:has-text('cropped.jpg')")
    for picture in page.locator(".stage-canvas img").all():
        expect(picture).to_be_visible()
    assert page.locator(".stage-overlay img").count() > 1
    expect(page.get_by_role("button", name="Zoom in")).to_have_count(0)
    expect(page.get_by_role("button", name="Compare with the original")).to_have_count(
        0
    )
