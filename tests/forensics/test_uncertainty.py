"""What a score is worth: stored with the analysis, said on its page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.template.loader import render_to_string
from django.urls import reverse

from forensics.models import Analysis
from forensics.presentation import evidence_page
from forensics.wording import measured_words
from tests.factories import make_analysis
from tests.forensics.pages import ClientOf

if TYPE_CHECKING:
    from accounts.models import User

BANDS = {"inconclusive": 0.1, "suspicious": 0.8, "fake": 0.95}


def uncertainty(**changes: Any) -> dict[str, Any]:
    untouched = {"score": 0.8, "share": 0.03, "upper": 0.049, "pictures": 412}
    return {"bands": BANDS, "untouched": untouched, "stability": None} | changes


@pytest.mark.parametrize(
    ("untouched", "said"),
    [
        (
            {"share": 0.03, "upper": 0.041, "pictures": 412},
            "Of 100 untouched photographs, about 3 score this high or higher by them "
            "(412 were measured; at most 5 with 95 % confidence).",
        ),
        (
            {"share": 0.0025, "upper": 0.0134, "pictures": 1200},
            "Of 100 untouched photographs, about 0.2 score this high or higher by them "
            "(1,200 were measured; at most 2 with 95 % confidence).",
        ),
        (
            {"share": 0.0, "upper": 0.0081, "pictures": 412},
            "Of 412 untouched photographs that were measured, none scored this high "
            "or higher by them (of 100, at most 0.9 with 95 % confidence).",
        ),
    ],
)
def test_the_share_is_said_of_a_hundred_and_bounds_never_rounded_down(
    untouched: Any, said: str
) -> None:
    stored = uncertainty(untouched=untouched | {"score": 0.34})
    assert measured_words(stored) == [
        f"The checks of the pixels alone come to 34 %. {said}"
    ]


def test_the_spread_is_said_in_words() -> None:
    spread = {"low": 0.612, "high": 0.84, "variants": {"quality_85": 0.612}}
    words = measured_words(uncertainty(untouched=None, stability=spread))
    assert len(words) == 1
    assert "one copy" in words[0]
    assert "between 61 % and 84 %" in words[0]


def test_without_a_measure_nothing_is_claimed() -> None:
    assert measured_words({}) == []
    assert measured_words(uncertainty(untouched=None)) == []


@pytest.mark.django_db
def test_the_page_says_it_and_draws_the_bands(
    client_of: ClientOf, moderator: User
) -> None:
    analysis = make_analysis(uncertainty=uncertainty())
    address = reverse("forensics:image-detail", args=[analysis.image_id])
    html = client_of(moderator).get(address).content.decode()
    assert "about 3 score this high or higher" in html
    assert re.search(r'band inconclusive" x="10" y="2" width="70"', html)


@pytest.mark.django_db
def test_the_admin_says_it_and_where_the_bands_begin(
    client_of: ClientOf, administrator: User
) -> None:
    analysis = make_analysis(uncertainty=uncertainty())
    address = reverse("admin:forensics_analysis_change", args=[analysis.pk])
    html = client_of(administrator).get(address).content.decode()
    assert "about 3 score this high or higher" in html
    assert "inconclusive 10.0%, suspicious 80.0%, fake 95.0%" in html


@pytest.mark.django_db
def test_processes_of_the_release_before_can_still_insert() -> None:
    analysis = make_analysis(uncertainty=uncertainty())
    state = MigrationLoader(connection).project_state(("forensics", "0001_initial"))
    older = state.apps.get_model("forensics", "Analysis")
    older.objects.create(image_id=analysis.image_id, status="completed")
    assert Analysis.objects.exclude(pk=analysis.pk).get().uncertainty == {}


@pytest.mark.django_db
def test_an_older_analysis_is_drawn_in_the_bands_of_judgment() -> None:
    page = evidence_page(make_analysis())
    assert page.measured == []
    html = render_to_string(
        "forensics/components/verdict_panel.html", {"evidence": page}
    )
    assert re.search(r'band inconclusive" x="20" y="2" width="45"', html)
