"""Loupe, ruler, rotation, colors, pair lines, links and tiles of the viewer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from benchmarks.bench_tiles import make
from tests.browser.viewer import (
    Fingers,
    approx,
    base,
    drag,
    layer,
    mode,
    open_case,
    point,
    red,
    state,
    views,
    wait_until_drawn,
)
from tests.images import exif_block, jpeg, photo_like

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
ORIENTATION = 0x0112
SECONDS = 1000.0


@pytest.fixture
def page(signed_in: SignedIn) -> Page:
    opened = signed_in("lead")
    open_case(opened)
    return opened


def upload(page: Page, name: str, data: bytes, *, seconds: float = 20) -> None:
    """Send a picture in, and open its page when it is analyzed."""
    page.goto("/images/upload/")
    file = {"name": name, "mimeType": "image/jpeg", "buffer": data}
    page.locator("input[type=file]").set_input_files([file])
    page.get_by_role("link", name=f"Open {name}").click(timeout=60 * SECONDS)
    # The page may open while the analysis is under way, and then loads itself anew.
    wait_until_drawn(page, seconds=seconds)


def marked(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """Return a picture with a bright red box."""
    picture = photo_like(61, size)
    ImageDraw.Draw(picture).rectangle(box, fill=(250, 20, 20))
    return picture


def test_rotation_turns_all_pictures_and_comes_back(page: Page) -> None:
    rotate = page.get_by_role("button", name="Rotate")
    upright = base(page).bounding_box()
    for degrees in (90, 180, 270, 0):
        rotate.click()
        assert state(page)["rotation"] == degrees
    assert base(page).bounding_box() == upright
    rotate.click()
    turned = base(page).bounding_box()
    assert upright is not None
    assert turned is not None
    assert turned["height"] > upright["height"]
    # What is dragged goes with the pointer, however the picture lies.
    page.get_by_role("button", name="Zoom in").click()
    before = state(page)
    drag(page, point(base(page), 0.5, 0.5), point(base(page), 0.5, 0.4))
    after = state(page)
    assert after["x"] > before["x"]
    assert after["y"] == pytest.approx(before["y"], abs=0.001)


def test_the_loupe_follows_pointer_and_keys_in_both_pictures(page: Page) -> None:
    loupe = page.get_by_role("button", name="Loupe")
    loupe.click()
    expect(loupe).to_have_attribute("aria-pressed", "true")
    glasses = page.locator(".stage-loupe")
    expect(glasses).to_have_count(2)

    def places() -> list[list[float]]:
        found: list[list[float]] = glasses.evaluate_all(
            "all => all.map((one) => ['left', 'top'].map("
            "(side) => parseFloat(one.style[side])))"
        )
        return found

    page.mouse.move(*point(base(page), 0.25, 0.6))
    box = base(page).bounding_box()
    assert box is not None
    expected = pytest.approx([box["width"] * 0.25, box["height"] * 0.6], abs=1.5)
    first, second = places()
    assert first == expected
    assert second == expected
    slider = page.get_by_role("slider", name="Magnification")
    slider.focus()
    page.keyboard.press("End")
    magnified = page.locator(".stage-context output").last
    expect(magnified).to_have_text("10 \N{MULTIPLICATION SIGN}")
    views(page).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved, _ = places()
    assert moved == pytest.approx([first[0] + 12, first[1] + 12], abs=0.5)
    assert state(page)["scale"] == 1
    page.keyboard.press("Escape")
    expect(glasses.first).to_be_hidden()


def test_the_loupe_follows_a_finger_without_scrolling(signed_in: SignedIn) -> None:
    page = signed_in("lead", viewport={"width": 390, "height": 844}, has_touch=True)
    open_case(page)
    page.get_by_role("button", name="Loupe").click()
    page.evaluate("document.querySelector('[data-stage]').scrollIntoView()")
    before = page.evaluate("scrollY")
    Fingers(page).drag(*(point(base(page), x, 0.7) for x in (0.3, 0.4, 0.5, 0.6)))
    left = page.locator(".stage-loupe").first.evaluate("one => one.offsetLeft")
    width = (base(page).bounding_box() or {})["width"]
    assert left == pytest.approx(width * 0.6, abs=3)
    assert page.evaluate("scrollY") == before
    assert state(page)["scale"] == 1


def test_the_ruler_measures_the_originals_pixels(page: Page) -> None:
    page.get_by_role("button", name="Ruler").click()
    drag(page, point(base(page), 0.25, 0.25), point(base(page), 0.75, 0.25))
    readout = page.locator("[data-stage-readout]")
    # Half of the picture, which is 440 px wide.
    expect(readout).to_contain_text(re.compile(r"2(19|20|21)\.\d px at (0\.0|360)"))
    drag(page, point(base(page), 0.5, 0.75), point(base(page), 0.5, 0.25))
    expect(readout).to_contain_text(re.compile(r"14[5-8]\.\d px at 90\.0°"))
    expect(page.locator(".stage-marks line.ruler.under")).to_have_count(2)
    assert state(page)["scale"] == 1


def test_the_ruler_measures_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="Ruler").click()
    views(page).focus()
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    readout = page.locator("[data-stage-readout]")
    expect(readout).to_contain_text(re.compile(r"px at 36\.9° \(4\d . 3\d px\)"))
    expect(page.locator("#announcer")).to_contain_text("px at 36.9°")


def test_the_readout_names_pixel_and_color(page: Page) -> None:
    upload(page, "red.jpg", jpeg(marked((400, 300), (100, 100, 299, 199)), quality=95))
    page.mouse.move(*point(base(page), 0.5, 0.5))
    readout = page.locator("[data-stage-readout]")
    expect(readout).to_contain_text(re.compile(r"x (199|200), y (149|150|151)"))
    expect(readout).to_contain_text(re.compile(r"RGB 2[45]\d \d\d? \d\d?"))


def test_both_pictures_show_the_same_place_at_every_zoom(page: Page) -> None:
    """Read from the canvases themselves, in every rotation."""
    picture = jpeg(marked((400, 300), (120, 60, 179, 119)), quality=95)
    upload(page, "same.jpg", picture)
    page.locator("[data-stage-choice]").select_option("ela")
    button = page.get_by_role("button", name="Hold for original")
    # Held, the evidence's own view draws the original.
    button.dispatch_event("pw:hold")
    for press in ("+", "+", "ArrowLeft"):
        views(page).focus()
        page.keyboard.press(press)
        for _ in range(4):
            page.get_by_role("button", name="Rotate").click()
            first, second = red(page, base(page)), red(page, layer(page))
            assert first.pop("count") > 100
            second.pop("count")
            assert first == pytest.approx(second, abs=0.003)


def test_channels_and_contrast_are_filters_of_each_picture(page: Page) -> None:
    page.get_by_role("button", name="Colors").click()
    original = page.locator("[data-picture=base]").first
    evidence = page.locator("[data-picture=layer]").first
    # Error levels are dark by nature.
    assert evidence.evaluate("one => one.style.filter") == "brightness(3)"
    channel = page.locator("#stage-base-channel")
    channel.select_option("red")
    page.locator("#stage-base-tone").select_option("equalize")
    assert original.evaluate("one => one.style.filter").startswith('url("#stage-tone')
    matrix, transfer = "feColorMatrix", "feComponentTransfer feFuncR"
    shown = page.locator(".stage-filters filter").first
    assert shown.locator(matrix).get_attribute("values").startswith("1 0 0 0 0")
    table = shown.locator(transfer).get_attribute("tableValues").split()
    assert len(table) == 64
    assert [float(one) for one in table] == sorted(float(one) for one in table)
    for tone in ("stretch", "equalize"):
        for name in ("color", "green", "blue", "luminance"):
            channel.select_option(name)
            page.locator("#stage-base-tone").select_option(tone)
            assert original.evaluate("one => one.style.filter")
    page.get_by_role("slider", name="Brightness").last.focus()
    page.keyboard.press("End")
    assert evidence.evaluate("one => one.style.filter") == "brightness(8)"
    page.get_by_role("button", name="As it is").click()
    assert original.evaluate("one => one.style.filter") == ""


def test_pair_lines_lie_on_the_copies_and_can_go(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    open_case(page, "two-rockets.jpg", "copy_move")
    toggle = page.get_by_role("button", name="Pair lines")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    outlines = base(page).locator("polygon:not(.under)")
    expect(outlines).to_have_count(2)
    expect(page.locator(".stage-pairs li")).to_have_count(1)
    room = base(page).bounding_box()
    assert room is not None
    before = [one.bounding_box() for one in outlines.all()]
    for box in before:
        assert box is not None
        assert room["x"] <= box["x"] < room["x"] + room["width"]
    page.get_by_role("button", name="Zoom in").click()
    first = outlines.first.bounding_box()
    assert first is not None
    assert before[0] is not None
    assert first["width"] == pytest.approx(1.5 * before[0]["width"], rel=0.05)
    toggle.click()
    expect(outlines).to_have_count(0)


def test_a_link_reopens_exactly_this_view(signed_in: SignedIn) -> None:
    page = signed_in("lead")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_case(page)
    page.get_by_role("radio", name="Swipe").check()
    page.get_by_role("slider", name="Border between").focus()
    page.keyboard.press("PageUp")
    page.get_by_role("button", name="Rotate").click()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Move left").click()
    page.get_by_role("button", name="Colors").click()
    page.locator("#stage-base-channel").select_option("green")
    page.locator("#stage-layer-tone").select_option("stretch")
    page.get_by_role("button", name="Ruler").click()
    drag(page, point(base(page), 0.3, 0.3), point(base(page), 0.6, 0.5))
    page.get_by_role("button", name="Loupe").click()
    page.mouse.move(*point(base(page), 0.7, 0.4))
    page.get_by_role("button", name="Copy link").dispatch_event("click")
    expect(page.locator("#announcer")).to_have_text("The link to this view is copied.")
    address = page.evaluate("navigator.clipboard.readText()")
    told = state(page)

    def seen(shown: Page) -> object:
        shown.wait_for_timeout(200)
        return shown.evaluate(
            """() => [
                ...[...document.querySelectorAll('.stage-picture')].map((one) =>
                    [one.style.filter.replace(/tone-[0-9]+/, ''), one.style.clipPath,
                     one.style.opacity]),
                document.querySelector('[data-stage-choice]').value,
                [...document.querySelectorAll('.stage-loupe')].map((one) =>
                    [one.style.left, one.style.top].map(parseFloat).map(Math.round)),
                document.querySelector('[data-stage-readout]').textContent
                    .split(' · ')[0],
            ]"""
        )

    shown_before = seen(page)
    other = page.context.new_page()
    other.goto(address)
    wait_until_drawn(other)
    expect(other.locator("[data-stage-views][data-layer=ela]")).to_be_visible()
    assert state(other) == pytest.approx(told, abs=1e-4)
    assert mode(other) == "swipe"
    assert seen(other) == shown_before
    # Opened on a page that shows another view already.
    other.get_by_role("button", name="Fit").click()
    other.evaluate("location.hash = ''")
    other.goto(address)
    expect(other.locator("[data-stage-views]")).not_to_have_attribute("data-zoom", "1")
    assert state(other) == pytest.approx(told, abs=1e-4)


@pytest.mark.parametrize(
    "fragment",
    [
        "#view=1&layer=<b>&mode=x&zoom=-9e9&at=a,b&turn=45&split=1e9&ruler=1,2",
        "#view=1&base-look=url(x),none,3&layer-look=,,&loupe=1&opacity=NaN",
        "#compare",
    ],
)
def test_a_strangers_link_breaks_nothing(page: Page, fragment: str) -> None:
    page.goto(page.url.split("#")[0] + fragment)
    page.reload()
    wait_until_drawn(page)
    assert state(page) == approx(scale=1, x=0.5, y=0.5, rotation=0)
    assert mode(page) == "beside"


def test_without_the_clipboard_the_link_can_be_copied_by_hand(page: Page) -> None:
    page.evaluate("delete Navigator.prototype.clipboard")
    page.get_by_role("button", name="Copy link").click()
    field = page.get_by_label("Copy this link:")
    expect(field).to_be_focused()
    assert "#view=1&layer=ela" in field.input_value()


def test_large_pictures_get_their_pixels_from_tiles(page: Page) -> None:
    # Stored on its side: tiles and display copy must agree on what is up.
    stored = marked((2600, 1900), (1200, 300, 1399, 499))
    upload(
        page, "large.jpg",
        jpeg(stored, exif=exif_block(image={ORIENTATION: 6}), quality=92),
    )  # fmt: skip
    before = red(page, base(page))
    expect(page.locator("[data-stage][data-tiles=ready]")).to_be_visible(
        timeout=30 * SECONDS
    )
    expect(page.locator("[data-stage-detail]")).to_have_text(
        "Every pixel of the original"
    )
    page.wait_for_load_state("networkidle")
    after = red(page, base(page))
    assert {k: v for k, v in after.items() if k != "count"} == pytest.approx(
        {k: v for k, v in before.items() if k != "count"}, abs=0.01
    )
    with page.expect_response(re.compile(r"/images/tiles/.*/3/\d+-\d+/")) as told:
        page.get_by_role("button", name="Actual size").click()
    assert told.value.status == 200
    assert "immutable" in told.value.headers["cache-control"]
    expect(page.locator("[data-zoom-output]")).to_have_text("100 %")


FRAMES = """async () => {
    const view = document.querySelector('[data-view=base]');
    const edge = view.getBoundingClientRect();
    const [x, y] = [edge.x + edge.width / 2, edge.y + edge.height / 2];
    const send = (kind, dx, dy) => view.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, pointerType: 'mouse', button: kind === 'pointermove' ? -1 : 0,
        buttons: 1, clientX: x + dx, clientY: y + dy, bubbles: true }));
    view.setPointerCapture = () => {};
    const times = [];
    let last = await new Promise(requestAnimationFrame);
    send('pointerdown', 0, 0);
    for (let step = 1; step <= 120; step += 1) {
        send('pointermove', 3 * step * (step % 40 < 20 ? 1 : -1), 2 * step);
        const now = await new Promise(requestAnimationFrame);
        times.push(now - last);
        last = now;
    }
    send('pointerup', 0, 0);
    times.sort((one, other) => one - other);
    return { median: times[60], most: times.at(-1) };
}"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_megapixels_stay_smooth(page: Page) -> None:
    upload(page, "hundred.jpg", make(100), seconds=300)
    expect(page.locator("[data-stage][data-tiles=ready]")).to_be_visible(
        timeout=90 * SECONDS
    )
    for _ in range(8):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_load_state("networkidle")
    told = page.evaluate(FRAMES)
    print(told)  # noqa: T201 - the figure for the documentation
    assert told["median"] < 50
