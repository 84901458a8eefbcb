"""The page of figures with real decisions: accessible in both themes and sizes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import check
from tests.installation import Installation

pytestmark = pytest.mark.browser
SignedIn = Callable[..., Page]
DECIDE = """
import random
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from moderation.models import Case, Decision
from moderation.services import decide_case
rng = random.Random(1)
lead = User.objects.get(username="lead")
for case in Case.objects.filter(status="open")[:4]:
    outcome = rng.choice(["fake", "authentic"])
    reason = {"fake": "content_edited", "authentic": "no_trace_found"}[outcome]
    decide_case(case_id=case.pk, actor=lead, outcome=outcome, reason=reason)
for number, decision in enumerate(Decision.objects.all()):
    at = timezone.now() - timedelta(days=number, minutes=1)
    Decision.objects.filter(pk=decision.pk).update(final_at=at, created_at=at)
    opened = at - timedelta(hours=number + 1)
    Case.objects.filter(pk=decision.case_id).update(decided_at=at, opened_at=opened)
"""


@pytest.mark.parametrize("has_decisions", [False, True])
def test_the_page_is_accessible_empty_and_full(
    *, has_decisions: bool, signed_in: SignedIn, installation: Installation
) -> None:
    if has_decisions:
        installation.manage("shell", "-c", DECIDE)
    page = signed_in("lead")
    page.get_by_role("link", name="Insight").click()
    expect(page.get_by_role("heading", name="Insight")).to_be_visible()
    shown = page.get_by_role("img", name="What a score is worth")
    expect(shown).to_have_count(1 if has_decisions else 0)
    check(page, "insight")
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    check(page, "insight-tables")
    page.get_by_label("Period", exact=True).select_option("7")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**days=7**")
