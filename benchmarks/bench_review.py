"""Measure reviewing by keyboard in a real Chromium: from key press to next picture.

Starts an installation of its own with demo pictures, decides case after case with three
keys each, and measures in the page from the key press to the frame in which the next
case's picture is decoded and drawn. Between cases it waits as a person does: until the
next case is loaded ahead, and ``--look`` seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.many_cases import only_cases
from tests.browser.reviewing import (
    WATCH,
    decide,
    start_reviewing,
    times,
    wait_until_ahead,
)
from tests.installation import DEMO_PASSWORD, Installation

GOAL_MS = 300


def main() -> None:
    """Measure, print and, if asked, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--look", type=float, default=0.5, help="seconds at each case")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-review-"))
    installation = Installation(folder)
    installation.prepare()
    try:
        installation.start()
        installation.manage("demo")
        only_cases(installation, options.cases + 2, slug="bench")
        figures = measure(installation, options.cases, options.look)
    finally:
        installation.remove()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def measure(installation: Installation, count: int, look: float) -> dict[str, object]:
    """Decide so many cases; return how long the next picture took."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        page = browser.new_page(
            base_url=installation.url, viewport={"width": 1440, "height": 1000}
        )
        sign_in(page)
        start_reviewing(page)
        page.evaluate(WATCH)
        has_viewer = page.locator("[data-stage-facts]").count() > 0
        for number in range(count):
            wait_until_ahead(page)
            time.sleep(look)
            decide(page, "afc"[number % 3], str(1 + number % 3))
            times(page, number + 1)
            if has_viewer:
                times(page, number + 1, by="seenInViewer")
        figures = summary(times(page, count))
        if has_viewer:
            figures["in_the_viewer"] = summary(times(page, count, by="seenInViewer"))
        browser.close()
    return figures | where()


def sign_in(page: Page) -> None:
    """Sign in as the demo moderator."""
    page.goto("/login/")
    page.get_by_label("Username").fill("moderator")
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def summary(found: list[float]) -> dict[str, object]:
    """Return what a reader wants to know, in milliseconds."""
    ordered = sorted(found)
    return {
        "cases": len(found),
        "median_ms": round(statistics.median(found)),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))]),
        "worst_ms": round(ordered[-1]),
        "share_below_goal": sum(ms < GOAL_MS for ms in found) / len(found),
        "goal_ms": GOAL_MS,
        "each_ms": [round(ms) for ms in found],
    }


def where() -> dict[str, object]:
    """Return what the figures hold for."""
    return {
        "database": "PostgreSQL" if "DATABASE_URL" in os.environ else "SQLite",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


if __name__ == "__main__":
    main()
