"""The printed report: the hash on every page, pictures, and nothing that breaks it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from moderation.services import decide_case
from tests import images
from tests.evidence_reports import analyzed, copied, pictures, text
from tests.factories import make_analysis, make_finding, make_image

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from forensics.models import Analysis

pytestmark = pytest.mark.django_db
ClientOf = "Callable[[User], Client]"


def printed(client: Client, analysis: Analysis) -> bytes:
    answer: Any = client.get(reverse("moderation:report-pdf", args=[analysis.pk]))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    content: bytes = answer.content
    return content


def test_it_shows_hash_pictures_findings_and_decisions(
    client_of: ClientOf, lead: User
) -> None:
    analysis = analyzed(copied(), by=lead)
    case = analysis.image.cases.get()
    decide_case(
        case_id=case.pk,
        actor=lead,
        outcome="fake",
        reason="other",
        note="The sun stands in two places.",
    )
    pdf = printed(client_of(lead), analysis)
    words = text(pdf)

    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert pages > 2
    assert words.count(f"Original  SHA-256 {analysis.image.sha256}") == pages
    for number in range(1, pages + 1):
        assert f"Page {number} of {pages}" in words
    assert words.count("What it cannot tell") == analysis.findings.count()
    assert "The sun stands in two places." in words
    assert "GIMP 2.10" in words
    for model in analysis.models_used:
        assert model["sha256"] in words
    kinds = analysis.evidence_files.exclude(kind="thumbnail")
    assert len(pictures(pdf)) == kinds.count()
    assert all(max(picture.size) <= 1000 for picture in pictures(pdf))


HOSTILE = {
    "one endless word": "A" * 60_000,
    "markup": "<b><para><img src='file:///etc/passwd'/></b>&amp;]]>" * 50,
    "bidi and control": "\u202ecod.exe\x07\x1b[31m \u2066x\ufeff",
    "east and astral": "写真の偽造 사진 照片 \U0001f600 \U00020000",
    "letters": "Привет Ελληνικά עברית العربية ไทย",
    "many lines": "line\n" * 5_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_do_not_break_it(
    kind: str, client_of: ClientOf, lead: User
) -> None:
    hostile = HOSTILE[kind]
    image = make_image(original_name=hostile[:255].replace("\x00", ""))
    analysis = make_analysis(
        image=image,
        reasons=[{"code": "x", "text": hostile, "weight": 1.0}],
        codecs={"codec": hostile},
    )
    tags = [{"tag": hostile, "value": [hostile, {"deep": [[[hostile]]]}]}] * 300
    make_finding(
        analysis=analysis,
        analyzer="other",
        summary=hostile,
        codes=[hostile[:100]],
        data={"groups": {hostile: tags}, hostile[:50]: hostile},
    )
    started = time.monotonic()
    pdf = printed(client_of(lead), analysis)

    assert time.monotonic() - started < 20
    assert image.sha256 in text(pdf)
    assert pictures(pdf) == []


def test_letters_are_printed_and_what_steers_is_written_by_number(
    client_of: ClientOf, lead: User
) -> None:
    analysis = make_analysis()
    make_finding(
        analysis=analysis,
        analyzer="other",
        summary="Жж Ωmega \u202eevil \U0001f600 & <i>",
    )
    words = text(printed(client_of(lead), analysis)).replace(" ", "")
    assert "ЖжΩmega[U+202E]evil[U+1F600]&<i>" in words


def test_the_same_report_is_the_same_file(client_of: ClientOf, lead: User) -> None:
    from moderation.reports.document import evidence_report, reportable_analyses
    from moderation.reports.pdf import as_pdf

    made = make_analysis()
    report = evidence_report(reportable_analyses(lead).get(pk=made.pk), made_for=lead)
    assert as_pdf(report) == as_pdf(report)


def test_at_twelve_megapixels_it_has_its_pictures(
    client_of: ClientOf, lead: User
) -> None:
    large = images.photo_like(9, (1000, 750)).resize((4000, 3000))
    analysis = analyzed(images.jpeg(large), by=lead)
    assert len(pictures(printed(client_of(lead), analysis))) > 1
