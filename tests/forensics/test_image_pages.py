"""What the image pages say, and how they treat a stranger's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from forensics.models import Analysis
from forensics.services import record_worker
from forensics.states import AnalysisStatus
from tests.factories import (
    make_analysis,
    make_case,
    make_finding,
    make_image,
    make_queued_analysis,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User

from tests.forensics.pages import HOSTILE, ClientOf, send

pytestmark = pytest.mark.django_db


def test_strangers_text_is_escaped_everywhere(
    client_of: ClientOf, moderator: User
) -> None:
    image = make_image(original_name=HOSTILE)
    analysis = make_analysis(image=image)
    analysis.findings.all().delete()
    make_finding(
        analysis=analysis,
        summary=HOSTILE,
        data={
            "groups": {HOSTILE: [{"tag": HOSTILE, "value": HOSTILE}]},
            "other": HOSTILE,
        },
    )
    make_case(analysis=analysis)
    client = client_of(moderator)
    pages = [
        client.get(reverse("forensics:image-list")),
        client.get(reverse("forensics:image-detail", args=[image.pk])),
        client.get(reverse("moderation:queue")),
        client.get(reverse("moderation:case", args=[image.cases.get().pk])),
        send(client, SimpleUploadedFile(HOSTILE, b"no picture")),
    ]
    for page in pages:
        html = page.content.decode()
        assert "alert(1)" in html
        assert "<svg onload" not in html
        assert "<img src=x" not in html


def test_pages_hold_no_inline_script_or_style(
    client_of: ClientOf, administrator: User, analysis: Analysis
) -> None:
    case = make_case(analysis=analysis)
    client = client_of(administrator)
    for address in (
        reverse("login"),
        reverse("forensics:image-list"),
        reverse("forensics:upload"),
        reverse("forensics:image-detail", args=[analysis.image_id]),
        reverse("moderation:queue"),
        reverse("moderation:case", args=[case.pk]),
    ):
        response = client.get(address, follow=True)
        html = response.content.decode()
        assert not re.search(
            r"<script(?![^>]*(\bsrc=|type=\"application/json\"))", html
        )
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
        assert "unsafe" not in response["Content-Security-Policy"]


def test_a_failed_analysis_shows_its_reason_and_the_remedy(
    client_of: ClientOf, lead: User
) -> None:
    failed = make_queued_analysis(
        status=AnalysisStatus.FAILED,
        error_code="gave_up",
        error_detail="Given up after 3 attempts.",
        finished_at=timezone.now(),
    )
    html = client_of(lead).get(
        reverse("forensics:image-detail", args=[failed.image_id])
    )
    assert "Given up after 3 attempts." in html.content.decode()
    assert "Re-analyze" in html.content.decode()


def test_an_earlier_result_stays_visible_when_a_reanalysis_fails(
    client_of: ClientOf, moderator: User, analysis: Analysis
) -> None:
    make_queued_analysis(
        image=analysis.image,
        status=AnalysisStatus.FAILED,
        error_detail="The worker was lost.",
        finished_at=timezone.now(),
    )
    response = client_of(moderator).get(
        reverse("forensics:image-detail", args=[analysis.image_id])
    )
    assert response.context["evidence"].analysis == analysis
    assert "The newest analysis failed" in response.content.decode()


def test_an_earlier_analysis_can_be_looked_at(
    client_of: ClientOf, moderator: User, analysis: Analysis
) -> None:
    newer = make_analysis(image=analysis.image)
    client = client_of(moderator)
    address = reverse("forensics:image-detail", args=[analysis.image_id])

    assert client.get(address).context["evidence"].analysis == newer
    shown = client.get(f"{address}?analysis={analysis.pk}")
    assert shown.context["evidence"].analysis == analysis
    assert "earlier analysis" in shown.content.decode()
    assert client.get(f"{address}?analysis={make_analysis().pk}").status_code == 404


def test_the_list_filters_and_searches(client_of: ClientOf, moderator: User) -> None:
    fake = make_analysis(
        image=make_image(original_name="beach.png", format="PNG"),
        verdict="fake",
        score=0.95,
    )
    make_analysis(image=make_image(original_name="street.jpg"))
    client = client_of(moderator)

    for query in (
        "verdict=fake",
        "format=PNG",
        "q=BEACH",
        f"q={fake.image.sha256[:16]}",
    ):
        rows = client.get(reverse("forensics:image-list") + f"?{query}").context["rows"]
        assert [row["image"].pk for row in rows] == [fake.image_id], query
    for query in ("verdict=nonsense", "status=x&verdict=x", "page=9999", "q="):
        response = client.get(reverse("forensics:image-list") + f"?{query}")
        assert len(response.context["rows"]) == 2, query


def test_a_list_without_a_match_says_what_to_do(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    assert b"No images yet" in client.get(reverse("forensics:image-list")).content
    found = client.get(reverse("forensics:image-list") + "?q=nothing")
    assert b"Clear the filters" in found.content


def test_the_list_needs_as_many_queries_for_many_rows_as_for_few(
    client_of: ClientOf,
    moderator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
    settings: SettingsWrapper,
) -> None:
    client = client_of(moderator)
    counts = []
    for more in (5, 45):
        for _ in range(more):
            make_analysis()
        with django_assert_num_queries(12, exact=False) as queries:
            client.get(reverse("forensics:image-list"))
        counts.append(len(queries))
    # Pagination caps the rows; the second count has a full page of 24.
    assert counts[0] == counts[1]


def test_pages_warn_when_no_worker_is_alive(
    client_of: ClientOf, moderator: User
) -> None:
    make_queued_analysis()
    client = client_of(moderator)
    for name in ("image-list", "upload"):
        html = client.get(reverse(f"forensics:{name}")).content.decode()
        assert "No worker is running" in html
        assert "1 analysis waits" in html
    record_worker(name="w", started_at=timezone.now())
    html = client.get(reverse("forensics:image-list")).content.decode()
    assert "No worker is running" not in html
    assert "1 analysis is waiting or running" in html


def test_error_pages_speak_plainly(client_of: ClientOf, moderator: User) -> None:
    missing = client_of(moderator).get("/images/not-there/")
    assert missing.status_code == 404
    assert b"There is nothing here for you" in missing.content
    for code in (400, 500):  # Django gives these no context and no request
        assert "To the first page" in render_to_string(f"{code}.html")
