"""Blurred in every place, revealed only by what is held, covered on letting go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.looking import check

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
FILTER = "one => getComputedStyle(one).filter"
HOLD = "Hold to look"


def choose(page: Page, **choices: str) -> None:
    page.goto("/settings/")
    for name, value in choices.items():
        page.locator(f"[name={name}]").select_option(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are stored.")).to_be_visible()


@pytest.fixture
def page(signed_in: SignedIn) -> Iterator[Page]:
    """Return a lead's page who wants pictures blurred and without color."""
    opened = signed_in("lead")
    choose(opened, blur="yes", grayscale="yes")
    yield opened
    choose(opened, blur="", grayscale="", break_minutes="")


def open_case(page: Page) -> Locator:
    page.goto("/cases/")
    page.click("a:has-text('cropped.jpg')")
    page.wait_for_load_state("networkidle")
    page.get_by_label("Evidence picture").select_option("ela")
    return page.locator("[data-view=base]")


def pixels(shown: Locator) -> np.ndarray[Any, Any]:
    image = Image.open(BytesIO(shown.screenshot())).convert("L")
    return np.asarray(image, dtype=float)


def detail(shown: Locator) -> float:
    """Return the energy finer than eight waves across the picture.

    About that many are needed across a face to tell whose it is.
    """
    values = pixels(shown)
    # Faded out to its border, which is a sharp edge that no blur may be blamed for.
    window = np.outer(*(np.hanning(length) for length in values.shape))
    spectrum = np.abs(np.fft.fft2((values - values.mean()) * window)) ** 2
    rows = np.fft.fftfreq(values.shape[0]) * values.shape[0]
    columns = np.fft.fftfreq(values.shape[1]) * values.shape[1]
    waves = np.hypot(rows[:, None], columns[None, :])
    return float(spectrum[waves > 8].sum())


def test_lists_show_nothing_to_recognize(page: Page, signed_in: SignedIn) -> None:
    clear = signed_in("moderator")
    for width in (1440, 390):
        for one in (page, clear):
            one.set_viewport_size({"width": width, "height": 1000})
        for address, name in (
            ("/cases/", ".listrow-picture"),
            ("/images/", ".tile-picture"),
        ):
            for one in (page, clear):
                one.goto(address)
                one.wait_for_load_state("networkidle")
            for place in range(3):
                before = detail(clear.locator(name).nth(place))
                after = detail(page.locator(name).nth(place))
                assert after < 0.02 * before, (width, address, place, after / before)
            assert "grayscale" in page.locator(f"{name} img").first.evaluate(FILTER)
            assert clear.locator(f"{name} img").first.evaluate(FILTER) == "none"


def test_the_admin_shows_nothing_to_recognize(page: Page) -> None:
    page.goto("/admin/moderation/case/")
    assert page.locator("img.pw-thumbnail").count() > 2
    for picture in page.locator("img.pw-thumbnail").all():
        assert "blur" in picture.evaluate(FILTER)
        assert "grayscale" in picture.evaluate(FILTER)
    page.locator(".field-name a").first.click()
    for picture in page.locator("img.pw-picture").all():
        assert "blur" in picture.evaluate(FILTER)
    # The admin's own signs stay readable.
    page.goto("/admin/moderation/queue/")
    signs = page.locator("img[src*=icon-yes]")
    expect(signs.first).to_be_visible()
    assert signs.first.evaluate(FILTER) == "none"


def test_without_scripts_it_is_covered_and_one_can_choose_to_look(
    page: Page, signed_in: SignedIn
) -> None:
    plain = signed_in("lead", java_script_enabled=False)
    plain.click("a:has-text('cropped.jpg')")
    view = plain.locator(".stage-base img")
    covered = detail(view)
    expect(plain.get_by_role("button", name=HOLD)).to_have_count(0)
    plain.get_by_label("Keep clear for this picture").check()
    assert detail(view) > 20 * covered


def test_holding_reveals_in_two_stages_and_letting_go_covers(page: Page) -> None:
    view = open_case(page)
    button = page.get_by_role("button", name=HOLD)
    covered = view.evaluate(FILTER)
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.wait_for_timeout(350)
    some = view.evaluate(FILTER)
    page.wait_for_timeout(700)
    clear = view.evaluate(FILTER)
    page.mouse.up()
    page.wait_for_timeout(30)

    assert radius(covered) > 3 * radius(some) > 0
    assert "grayscale" in some
    assert clear == "none"
    assert view.evaluate(FILTER) == covered


def radius(words: str) -> float:
    return float(words.partition("blur(")[2].partition("px")[0])


def test_space_on_the_button_and_the_action_key_hold_it_too(page: Page) -> None:
    view = open_case(page)
    button = page.get_by_role("button", name=HOLD)
    covered = view.evaluate(FILTER)
    button.focus()
    page.keyboard.down("Space")
    page.wait_for_timeout(1000)
    assert view.evaluate(FILTER) == "none"
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.up("Space")
    page.wait_for_timeout(30)
    assert view.evaluate(FILTER) == covered
    # What the keyboard module sends when the key of the action goes down and up.
    button.dispatch_event("pw:hold")
    page.wait_for_timeout(1000)
    assert view.evaluate(FILTER) == "none"
    button.dispatch_event("pw:release")
    page.wait_for_timeout(30)
    assert view.evaluate(FILTER) == covered


def test_a_finger_holds_it(page: Page, signed_in: SignedIn) -> None:
    size = {"width": 390, "height": 844}
    phone = signed_in("lead", viewport=size, has_touch=True)
    view = open_case(phone)
    covered = view.evaluate(FILTER)
    button = phone.get_by_role("button", name=HOLD)
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    touch = phone.context.new_cdp_session(phone)
    place = {"x": box["x"] + 10, "y": box["y"] + 10, "id": 1}
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [place]}
    )
    phone.wait_for_timeout(1000)
    assert view.evaluate(FILTER) == "none"
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_timeout(50)
    assert view.evaluate(FILTER) == covered


def test_pointing_at_it_never_reveals(page: Page) -> None:
    view = open_case(page)
    covered = view.evaluate(FILTER)
    for target in (view, page.get_by_role("button", name=HOLD)):
        target.hover()
        page.wait_for_timeout(900)
        assert view.evaluate(FILTER) == covered
    page.goto("/cases/")
    thumbnail = page.locator(".listrow-picture img").first
    before = thumbnail.evaluate(FILTER)
    thumbnail.hover(force=True)
    page.wait_for_timeout(300)
    assert thumbnail.evaluate(FILTER) == before


def test_another_window_covers_what_is_held(page: Page) -> None:
    view = open_case(page)
    covered = view.evaluate(FILTER)
    page.get_by_role("button", name=HOLD).focus()
    page.keyboard.down("Space")
    page.wait_for_timeout(1000)
    page.evaluate("dispatchEvent(new Event('blur'))")
    page.wait_for_timeout(30)
    assert view.evaluate(FILTER) == covered
    page.keyboard.up("Space")


def test_magnifying_does_not_get_behind_the_blur(page: Page) -> None:
    view = open_case(page)
    covered = view.evaluate(FILTER)
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(50)
    assert radius(view.evaluate(FILTER)) > 4 * radius(covered)


def test_kept_clear_ends_with_the_picture(page: Page) -> None:
    view = open_case(page)
    covered = view.evaluate(FILTER)
    page.get_by_label("Keep clear for this picture").check()
    page.wait_for_timeout(400)
    assert view.evaluate(FILTER) == "none"
    back = partial(page.go_back, wait_until="commit")
    for leave in (page.reload, lambda: page.goto("/cases/"), back):
        leave()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Keep clear for this picture")).not_to_be_checked()
    assert radius(page.locator("[data-view=base]").evaluate(FILTER)) > 5
    assert radius(covered) > 5


def test_a_break_is_suggested_above_the_next_picture_and_can_be_dismissed(
    page: Page,
) -> None:
    choose(page, break_minutes="20")
    open_case(page)
    expect(page.locator(".break-reminder")).to_have_count(0)
    page.evaluate(
        "localStorage.setItem('reviewing', JSON.stringify("
        "{active: 21 * 60000, at: Date.now()}))"
    )
    # Not over the picture that is there: with the next one.
    page.wait_for_timeout(300)
    expect(page.locator(".break-reminder")).to_have_count(0)
    view = open_case(page)
    notice = page.locator("main > .break-reminder")
    expect(notice).to_contain_text("20 minutes")
    above, below = notice.bounding_box(), view.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    check(page, "break-reminder")
    page.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)
    open_case(page)
    expect(page.locator(".break-reminder")).to_have_count(0)


def test_nothing_plays(page: Page) -> None:
    open_case(page)
    assert page.locator("audio, video, embed, object, iframe").count() == 0
    policy = page.request.get("/cases/").headers["content-security-policy"]
    assert "media-src 'none'" in policy


@pytest.mark.parametrize("address", ["/settings/", "/settings/organization/"])
def test_settings_are_accessible(address: str, signed_in: SignedIn) -> None:
    opened = signed_in("administrator")
    opened.goto(address)
    check(opened, address)


def test_covered_pages_are_accessible(page: Page) -> None:
    open_case(page)
    check(page, "covered case")
    page.goto("/cases/")
    check(page, "covered queue")
