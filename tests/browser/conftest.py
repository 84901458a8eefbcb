"""A running installation with demo pictures, and a Chromium that watches for errors."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.installation import DEMO_PASSWORD, Installation

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
)
# Said by Chromium itself about what is meant: a refused form, a missing page, a
# connection that a test has cut.
EXPECTED = (
    "Failed to load resource: the server responded with a status of",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
)
SignedIn = Callable[..., Page]


@pytest.fixture(scope="package")
def chromium() -> str:
    """Find Chromium; with REQUIRE_CHROMIUM=1 its absence is a failure."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        remedy = "no Chromium is installed (Debian: apt-get install chromium)"
        if os.environ.get("REQUIRE_CHROMIUM") == "1":
            pytest.fail(remedy)
        pytest.skip(remedy)
    return found


@pytest.fixture(scope="package")
def installation(
    chromium: str, prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Run the real server and worker on a folder with the demo pictures."""
    with running(Installation(tmp_path_factory.mktemp("browser")), prepared) as made:
        yield made


@pytest.fixture(scope="package")
def other_installation(
    chromium: str, prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Run a second one, for tests that change which cases there are."""
    folder = tmp_path_factory.mktemp("browser-flow")
    with running(Installation(folder), prepared) as made:
        yield made


@contextmanager
def running(made: Installation, prepared: Installation) -> Iterator[Installation]:
    """Start a copy of a prepared installation and send in the demo pictures."""
    made.prepare(like=prepared)
    try:
        made.start()
        made.manage("demo")
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start Chromium; ended with the module: its event loop must bother no other."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=list(ARGUMENTS)
        )
        yield started
        started.close()


@pytest.fixture
def new_context(
    browser: Browser, installation: Installation
) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser contexts; an error in any page's console fails the test."""
    errors: list[str] = []
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        values = {
            "viewport": {"width": 1440, "height": 1000},
            "locale": "en-US",
            "base_url": installation.url,
        }
        context = browser.new_context(**values | options)
        context.set_default_timeout(20_000)
        context.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and not message.text.startswith(EXPECTED)
                else None
            ),
        )
        context.on("weberror", lambda error: errors.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def signed_in(new_context: Callable[..., BrowserContext]) -> SignedIn:
    """Return a page of somebody who signed in through the form."""

    def sign_in(username: str, **options: object) -> Page:
        page = new_context(**options).new_page()
        page.goto("/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    return sign_in


@pytest.fixture
def worker_held(
    installation: Installation,
) -> Callable[[], AbstractContextManager[None]]:
    """Return a way to hold the worker still, so that a page is seen waiting."""

    @contextmanager
    def held() -> Iterator[None]:
        workers = installation.processes("manage.py\0worker")
        assert workers
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)

    return held
