"""Deciding related cases together, as a person does: choose, look again, confirm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.installation import Installation

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]


def test_two_cases_are_decided_together_and_taken_back(
    signed_in: SignedIn, installation: Installation
) -> None:
    page = signed_in("lead")
    page.get_by_role("link", name="portrait.png").click()
    page.get_by_role("link", name="Decide together").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("radio", name="Fake").check()
    page.get_by_label("Content was added, removed or altered").check()
    expect(page.get_by_label("The source was confirmed")).to_be_hidden()
    page.get_by_role("button", name="See what will happen").click()
    decided = "SELECT count(*) FROM moderation_decision WHERE batch IS NOT NULL"
    assert installation.query(decided) == [(0,)]
    page.get_by_role("button", name="Record for all of them").click()
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    assert installation.query(decided) == [(2,)]
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert installation.query(f"{decided} AND withdrawn_at IS NULL") == [(0,)]
