"""The evidence report as JSON: whole, comparable, and only what one may see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from django.urls import reverse

from forensics import files
from forensics.models import Submission
from forensics.reporting.document import digest_of
from forensics.reporting.reading import read_report
from forensics.reporting.schema import SCHEMA
from moderation.services import decide_case
from tests.evidence_reports import analyzed, copied
from tests.factories import make_analysis, make_image, make_queued_analysis, make_user

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from forensics.models import Analysis

pytestmark = pytest.mark.django_db
ClientOf = "Callable[[User], Client]"
PUBLISHED = Path(__file__).resolve().parents[3] / "docs/evidence-report.schema.json"


def download(client: Client, analysis: Analysis, kind: str = "json") -> Any:
    return client.get(reverse(f"moderation:report-{kind}", args=[analysis.pk]))


def test_it_names_everything_that_made_the_result(
    client_of: ClientOf, lead: User
) -> None:
    analysis = analyzed(copied(), by=lead)
    answer = download(client_of(lead), analysis)
    report = answer.json()

    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert report["original"]["sha256"][:16] in answer.headers["Content-Disposition"]
    assert report["original"]["sha256"] == analysis.image.sha256
    assert report["made"]["by"] == lead.username
    assert report["made"]["software"]["version"]
    found = report["analysis"]
    assert found["pipeline_version"] == analysis.pipeline_version
    assert found["codecs"] == analysis.codecs
    assert found["parameters"]["ela_quality"] == 90
    assert {len(model["sha256"]) for model in found["models"]} == {64}
    assert found["uncertainty"]["bands"]
    assert [f["name"] for f in found["findings"]] == list(
        analysis.findings.values_list("analyzer", flat=True)
    )
    ela = next(f for f in found["findings"] if f["name"] == "ela")
    assert ela["data"]
    assert len(ela["pictures"][0]["sha256"]) == 64
    assert read_report(answer.content) == report


def test_it_is_what_the_published_schema_says(client_of: ClientOf, lead: User) -> None:
    published = json.loads(PUBLISHED.read_text())
    assert {k: v for k, v in published.items() if k not in {"$schema", "title"}} == (
        SCHEMA
    )
    analysis = analyzed(copied(), by=lead)
    case = analysis.image.cases.get()
    decide_case(case_id=case.pk, actor=lead, outcome="fake", reason="content_edited")
    report = download(client_of(lead), analysis).json()
    jsonschema.Draft202012Validator(published).validate(report)


def test_two_reports_of_one_analysis_differ_only_in_who_made_them(
    client_of: ClientOf, lead: User, administrator: User
) -> None:
    analysis = make_analysis()
    first = download(client_of(lead), analysis).json()
    second = download(client_of(administrator), analysis).json()

    assert first["made"] != second["made"]
    assert first["digest"] == second["digest"] == digest_of(first)
    assert {k for k in first if first[k] != second[k]} == {"made"}


def test_decisions_are_in_it_with_their_withdrawal(
    client_of: ClientOf, lead: User
) -> None:
    from moderation.services import reopen_case
    from tests.factories import make_case

    case = make_case()
    decide = {"case_id": case.pk, "actor": lead}
    decide_case(**decide, outcome="fake", reason="other", note="See the shadow.")
    reopen_case(case_id=case.pk, actor=lead, because="New facts.")
    decide_case(**decide, outcome="cannot_tell", reason="quality_too_low")
    assert case.analysis is not None
    (told,) = download(client_of(lead), case.analysis).json()["cases"]

    first, second = told["decisions"]
    assert (first["outcome"], first["note"]) == ("fake", "See the shadow.")
    assert first["withdrawn_at"]
    assert second["withdrawn_at"] is None
    assert second["by"] == lead.username


def test_a_sender_learns_neither_of_others_nor_of_cases(
    client_of: ClientOf, integrator: User, lead: User
) -> None:
    image = make_image(submitted_by=integrator, original_name="mine.jpg")
    analysis = make_analysis(image=image)
    Submission.objects.create(
        organization_id=1,
        image=image,
        submitted_by=lead,
        door="api",
        original_name="theirs.jpg",
    )
    answer = download(client_of(integrator), analysis)
    report = answer.json()

    assert [arrival["name"] for arrival in report["submissions"]] == ["mine.jpg"]
    assert report["cases"] is None
    assert b"theirs" not in answer.content
    assert lead.username.encode() not in answer.content


@pytest.mark.parametrize("kind", ["json", "pdf"])
def test_who_may_not_see_the_picture_gets_no_report(
    kind: str, client: Client, client_of: ClientOf
) -> None:
    analysis = make_analysis()
    assert download(client, analysis, kind).status_code == 302
    other = client_of(make_user("integrator"))
    assert download(other, analysis, kind).status_code == 404


def test_there_is_no_report_without_a_result(client_of: ClientOf, lead: User) -> None:
    waiting = make_queued_analysis()
    assert download(client_of(lead), waiting).status_code == 404
    page = client_of(lead).get(
        reverse("forensics:image-detail", args=[waiting.image_id])
    )
    assert "Report (PDF)" not in page.content.decode()


def test_a_lost_evidence_picture_is_said_to_be_lost(
    client_of: ClientOf, lead: User
) -> None:
    analysis = make_analysis()
    files.delete_quietly([str(analysis.evidence_files.get().file.name)])
    report = download(client_of(lead), analysis).json()
    assert report["analysis"]["renditions"][0]["sha256"] is None
    assert download(client_of(lead), analysis, "pdf").status_code == 200


def test_it_takes_as_many_queries_for_many_decisions_as_for_one(
    client_of: ClientOf,
    lead: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    from moderation.services import reopen_case
    from tests.factories import make_case

    case = make_case()
    assert case.analysis is not None
    client, counts = client_of(lead), []
    for _ in range(3):
        decide_case(
            case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
        )
        with django_assert_num_queries(20, exact=False) as queries:
            download(client, case.analysis)
        counts.append(len(queries))
        reopen_case(case_id=case.pk, actor=lead, because="Again.")
    assert len(set(counts)) == 1
