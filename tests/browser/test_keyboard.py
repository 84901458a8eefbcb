"""Keys: shown, changed, switched off; never while typing, on repeat or in a dialog."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check
from tests.browser.many_cases import only_cases
from tests.browser.reviewing import start_reviewing
from tests.installation import Installation

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
SETTINGS = "/settings/keyboard/"


@pytest.fixture
def installation(other_installation: Installation) -> Installation:
    return other_installation


@pytest.fixture
def page(signed_in: SignedIn) -> Page:
    """Return a page of somebody whose keys are the first ones."""
    page = signed_in("moderator")
    page.goto(SETTINGS)
    page.get_by_role("button", name="Reset all keys").click()
    page.get_by_text("Every action has its first key again.").wait_for()
    return page


def test_keys_do_nothing_while_typing_on_repeat_with_alt_or_in_a_dialog(
    page: Page, installation: Installation
) -> None:
    only_cases(installation, 1, slug="typing")
    start_reviewing(page)
    fake = page.get_by_role("radio", name="Fake")
    note = page.get_by_role("textbox", name="Note")
    page.keyboard.press("n")
    page.keyboard.type("fact? 12")
    expect(note).to_have_value("fact? 12")
    expect(fake).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(note).not_to_be_focused()

    page.evaluate(
        "document.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'f', code: 'KeyF', repeat: true, bubbles: true}))"
    )
    page.keyboard.press("Alt+f")
    page.keyboard.press("Control+f")
    expect(fake).not_to_be_checked()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(fake).not_to_be_checked()
    page.keyboard.press("f")
    expect(fake).to_be_checked()
    expect(fake).to_be_focused()


def test_each_control_shows_its_key(page: Page, installation: Installation) -> None:
    only_cases(installation, 1, slug="shown")
    start_reviewing(page)
    page.keyboard.press("c")
    submit = page.get_by_role("button", name="Record, then the next case", exact=True)
    expect(submit.locator("kbd")).to_have_text("↵")
    expect(submit).to_have_attribute("aria-keyshortcuts", "Enter")
    shown = page.locator(".reasons-cannot_tell kbd")
    expect(shown).to_have_text(["1", "2", "3", "4"])
    page.keyboard.press("4")
    expect(page.locator(".reasons-cannot_tell [value=other]")).to_be_checked()
    for key, field in (("s", "Why you skip it"), ("e", "Why a lead should look")):
        page.keyboard.press(key)
        expect(page.get_by_label(field)).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_label(field)).to_be_hidden()
    page.keyboard.press("m")
    expect(page.locator("#comment-text")).to_be_focused()
    # Enter presses what has the focus, and nothing else.
    page.keyboard.press("Escape")
    page.get_by_text("What the verdicts mean").focus()
    before = page.url
    page.keyboard.press("Enter")
    assert page.url == before
    expect(page.locator("[data-problem]")).to_have_count(0)


def test_what_is_held_ends_with_its_key(page: Page, installation: Installation) -> None:
    only_cases(installation, 1, slug="held")
    start_reviewing(page)
    page.evaluate(
        """() => {
            const button = document.createElement('button');
            button.dataset.action = 'reveal';
            button.textContent = 'Look';
            for (const name of ['pw:hold', 'pw:release']) {
                button.addEventListener(name, () => { button.textContent += name; });
            }
            document.querySelector('main').prepend(button);
        }"""
    )
    look = page.get_by_role("button", name="Look")
    page.keyboard.down("q")
    page.keyboard.down("q")
    expect(look).to_have_text("Lookpw:hold")
    page.keyboard.up("q")
    expect(look).to_have_text("Lookpw:holdpw:release")
    page.keyboard.down("q")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect(look).to_have_text("Lookpw:holdpw:releasepw:holdpw:release")


def test_keys_are_changed_by_pressing_them_and_hold_everywhere(
    page: Page, signed_in: SignedIn, installation: Installation
) -> None:
    page.goto(SETTINGS)
    field = page.get_by_label("It is fake")
    field.focus()
    page.keyboard.press("a")
    problem = field.evaluate("field => field.validationMessage")
    assert problem == "“a” is already the key of “It is authentic”."
    page.keyboard.press("Shift+X")
    expect(field).to_have_value("Shift+x")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Your keys are stored.").wait_for()

    only_cases(installation, 1, slug="bound")
    other = signed_in("moderator")
    start_reviewing(other)
    fake = other.get_by_role("radio", name="Fake")
    other.keyboard.press("f")
    other.keyboard.press("x")
    expect(fake).not_to_be_checked()
    other.keyboard.press("Shift+X")
    expect(fake).to_be_checked()
    page.goto(SETTINGS)
    page.get_by_role("button", name="Reset It is fake").click()
    expect(field).to_have_value("f")


def test_switched_off_no_key_does_anything(
    page: Page, installation: Installation
) -> None:
    only_cases(installation, 1, slug="off")
    page.goto(SETTINGS)
    page.get_by_label("Keys are on").uncheck()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Your keys are stored.").wait_for()
    page.get_by_role("button", name="Start reviewing").first.click()
    page.locator("form[data-decision]").wait_for()
    for key in ("f", "1", "?", "s", "Enter", "Control+k"):
        page.keyboard.press(key)
    expect(page.locator("main :checked[name=outcome]")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".key-hint")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("off-000.jpg")
    # By pointing, the palette is there as before; it leads to the sheet.
    page.locator("header [data-action=palette]").click()
    page.keyboard.type("show all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Keys are switched off.")).to_be_visible()


def test_without_scripts_keys_are_written_and_refused_in_words(
    signed_in: SignedIn,
) -> None:
    page = signed_in("lead", java_script_enabled=False)
    page.goto(SETTINGS)
    page.get_by_label("Skip").fill("a")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("is already the key of")
    expect(page.get_by_label("Skip")).to_have_value("a")
    page.get_by_label("Skip").fill("ctrl + y")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your keys are stored.")).to_be_visible()
    expect(page.get_by_label("Skip")).to_have_value("Ctrl+y")
    page.get_by_role("button", name="Reset all keys").click()
    expect(page.get_by_label("Skip")).to_have_value("s")


def test_the_palette_finds_actions_pages_cases_hashes_and_addresses(
    page: Page, installation: Installation
) -> None:
    only_cases(installation, 3, slug="palette")
    start_reviewing(page)
    case = page.url
    [(sha256,)] = installation.query(
        "SELECT i.sha256 FROM forensics_image i JOIN forensics_submission s"
        " ON s.image_id = i.id WHERE s.original_name = 'palette-002.jpg'"
    )
    palette = page.locator("#palette")
    options = palette.get_by_role("option")
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("it fake")
    expect(options).to_have_text(["Action It is fake F"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Fake")).to_be_checked()

    for query, words in (
        ("palette-001", "palette-001.jpg"),
        (sha256[:9], "palette-002.jpg"),
        (case, "palette-000.jpg"),
    ):
        page.keyboard.press("Control+k")
        palette.get_by_role("combobox").fill(query)
        expect(options.first).to_contain_text(words)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill(sha256)
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/images/*/")
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing is called so")
    expect(page.locator("[data-palette-status]")).to_contain_text("Nothing is called")


def test_sheet_palette_settings_and_toast_are_accessible(
    page: Page, installation: Installation
) -> None:
    only_cases(installation, 2, slug="axe")
    page.goto(SETTINGS)
    check(page, "keyboard-settings")
    start_reviewing(page)
    page.keyboard.press("?")
    check(page, "key-sheet")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("axe-00")
    expect(page.locator("#palette [role=option]").first).to_contain_text("axe-00")
    check(page, "palette")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    page.locator("[data-problem]").wait_for()
    check(page, "problem")
    page.keyboard.press("1")
    expect(page.locator(".reasons-fake :checked")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_be_visible()
    check(page, "toast")
