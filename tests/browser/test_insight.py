"""The page of figures with real decisions: accessible in both themes and sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check
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

REOPEN = """
from accounts.models import User
from moderation.models import Case
from moderation.services import reopen_case
lead = User.objects.get(username="lead")
for case in Case.objects.filter(status="decided"):
    reopen_case(case_id=case.pk, actor=lead, because="The other tests want it open.")
"""


EMPTY = """
from moderation.models import Queue
Queue.objects.get_or_create(slug="quiet", name="Quiet")
"""
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"


@pytest.fixture
def decided(installation: Installation) -> Iterator[None]:
    """Four cases are decided, and open again afterwards."""
    installation.manage("shell", "-c", DECIDE)
    yield
    installation.manage("shell", "-c", REOPEN)


def test_the_page_is_accessible_with_figures(
    signed_in: SignedIn, decided: None
) -> None:
    page = signed_in("lead")
    page.get_by_role("link", name="Insight").click()
    expect(page.get_by_role("img", name="What a score is worth")).to_be_visible()
    check(page, "insight")
    page.evaluate(UNFOLD)
    check(page, "insight-unfolded")
    page.get_by_label("Period", exact=True).select_option("7")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**days=7**")


def test_the_page_is_accessible_when_empty(
    signed_in: SignedIn, installation: Installation
) -> None:
    installation.manage("shell", "-c", EMPTY)
    page = signed_in("lead")
    page.goto("/cases/insight/?queue=quiet")
    expect(page.get_by_text("No clear decisions in this period")).to_be_visible()
    page.evaluate(UNFOLD)
    check(page, "insight-empty")
    installation.manage(
        "shell",
        "-c",
        "from moderation.models import Queue; Queue.objects.get(slug='quiet').delete()",
    )
