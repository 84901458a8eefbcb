"""Looking at a page: wide and narrow, light and dark.

With UPDATE_SCREENSHOTS=1 the pictures in docs/screenshots are made anew; with
PAGE_SCREENSHOTS=FOLDER every page that is looked at is kept there, whole.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page

Scheme = Literal["light", "dark"]
SCREENSHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SIZES = {1440: 1000, 390: 844}
# A theme changes colors alone: each size is held to every rule in one theme, and in the
# other one to the rules about colors.
ONLY_COLORS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
LOOKS: tuple[tuple[int, Scheme, dict[str, Any]], ...] = (
    (1440, "light", {}),
    (1440, "dark", ONLY_COLORS),
    (390, "dark", {}),
    (390, "light", ONLY_COLORS),
)

# What the docs show, by the name it is checked under, and its file there.
PICTURES = {
    "admin image": "admin-case-file",
    "admin record": "record",
    "queue": "queue",
    "case": "case",
    "images": "images",
    "upload": "upload",
    "viewer-swipe": "viewer-swipe",
    "policy-form": "policy-form",
    "insight": "insight",
}


def check(page: Page, name: str, *, is_admin: bool = False) -> None:
    """Find nothing that axe knows of, and nothing that scrolls sideways.

    Parameters
    ----------
    page : Page
        As it is to be looked at.
    name : str
        What it is called where something is wrong.
    is_admin : bool
        To read style sheets that import others, as the admin's do, axe would write
        styles that the content security policy refuses.
    """
    if is_admin:
        page.wait_for_load_state("networkidle")
    always = {"resultTypes": ["violations"], "preload": not is_admin}
    problems: list[object] = []
    for width, scheme, options in LOOKS:
        page.set_viewport_size({"width": width, "height": SIZES[width]})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        where = f"{name}, {width} px, {scheme}"
        found = Axe().run(page, options={**always, **options}).response["violations"]
        problems += [
            (where, one["id"], len(one["nodes"]), one["nodes"][0]["html"][:300])
            for one in found
        ]
        room = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if room > 0:
            problems.append((where, "scrolls sideways", room))
        if name in PICTURES and os.environ.get("UPDATE_SCREENSHOTS") == "1":
            _save(page, f"{PICTURES[name]}-{width}-{scheme}.webp")
        if folder := os.environ.get("PAGE_SCREENSHOTS"):
            path = Path(folder) / f"{where.replace(', ', '-').replace(' ', '-')}.png"
            page.screenshot(path=path, full_page=True)
    assert problems == []


def _save(page: Page, name: str) -> None:
    """Save what the window shows, small: each version stays in the history."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.evaluate("scrollTo(0, 0)")
    shown = Image.open(BytesIO(page.screenshot()))
    shown.convert("RGB").save(SCREENSHOTS / name, quality=85, method=6)
