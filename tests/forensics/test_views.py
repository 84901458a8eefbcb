"""The pages about images: who sees what, and what is said when something is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forensics.models import Analysis, Image, Submission
from forensics.services import record_worker
from forensics.states import AnalysisStatus
from tests import images
from tests.factories import (
    make_analysis,
    make_case,
    make_evidence,
    make_finding,
    make_image,
    make_queued_analysis,
    make_user,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
HOSTILE = '"><svg onload=alert(1)><img src=x onerror=alert(2)>.jpg'


def send(client: Client, *files: SimpleUploadedFile, accept: str = "text/html") -> Any:
    return client.post(
        reverse("forensics:upload"), {"files": list(files)}, headers={"Accept": accept}
    )


def picture(name: str = "photo.jpg", seed: int = 0) -> SimpleUploadedFile:
    data = images.jpeg(images.photo_like(seed, (64, 48)))
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


@pytest.fixture
def analysis() -> Analysis:
    made = make_analysis(image=make_image(original_name="holiday.jpg"))
    ela = made.findings.create(
        position=1,
        analyzer="ela",
        version="1",
        status="ok",
        summary="Even.",
        elapsed_ms=1.0,
    )
    make_evidence(analysis=made, kind="preview")
    make_evidence(analysis=made, kind="ela", finding=ela)
    return made


@pytest.mark.parametrize(
    "name", ["image-list", "upload", "image-status", "image-detail", "original"]
)
def test_a_visitor_is_asked_to_sign_in(
    name: str, client: Client, analysis: Analysis
) -> None:
    arguments = [analysis.image_id] if name in {"image-detail", "original"} else []
    address = reverse(f"forensics:{name}", args=arguments)

    response = client.get(address)

    assert response.status_code == 302
    assert response.url == f"{reverse('login')}?next={address}"


def test_a_visitor_gets_no_evidence(client: Client, analysis: Analysis) -> None:
    file = analysis.evidence_files.get(kind="ela")
    response = client.get(reverse("forensics:evidence", args=[file.pk]))
    assert response.status_code == 302


@pytest.mark.parametrize("name", ["image-detail", "original", "reanalyze"])
def test_another_integrators_image_does_not_exist(
    name: str, client_of: ClientOf, integrator: User
) -> None:
    analysis = make_analysis(image=make_image(submitted_by=make_user("integrator")))
    address = reverse(f"forensics:{name}", args=[analysis.image_id])
    client = client_of(integrator)

    response = client.post(address) if name == "reanalyze" else client.get(address)

    assert response.status_code == (403 if name == "reanalyze" else 404)


def test_another_integrators_evidence_does_not_exist(
    client_of: ClientOf, integrator: User, analysis: Analysis
) -> None:
    file = analysis.evidence_files.get(kind="ela")
    address = reverse("forensics:evidence", args=[file.pk])
    assert client_of(integrator).get(address).status_code == 404


def test_an_integrator_sees_their_own_image_but_not_who_else_sent_it(
    client_of: ClientOf, integrator: User
) -> None:
    image = make_image(submitted_by=integrator, original_name="mine.jpg")
    make_analysis(image=image)
    other = make_user("integrator", username="someone-else")
    Submission.objects.create(
        image=image, submitted_by=other, door="api", original_name="theirs.jpg"
    )
    client = client_of(integrator)

    page = client.get(reverse("forensics:image-detail", args=[image.pk]))
    listed = client.get(reverse("forensics:image-list"))

    for response in (page, listed):
        assert response.status_code == 200
        assert b"mine.jpg" in response.content
        assert b"theirs.jpg" not in response.content
        assert b"someone-else" not in response.content


def test_searching_does_not_reveal_names_one_may_not_see(
    client_of: ClientOf, integrator: User, moderator: User
) -> None:
    image = make_image(submitted_by=integrator, original_name="mine.jpg")
    Submission.objects.create(image=image, door="api", original_name="theirs.jpg")
    address = reverse("forensics:image-list") + "?q=theirs"

    assert client_of(integrator).get(address).context["rows"] == []
    assert len(client_of(moderator).get(address).context["rows"]) == 1


@pytest.mark.parametrize(
    ("group", "sees_upload", "sees_reanalyze", "sees_review"),
    [
        ("moderator", True, False, True),
        ("lead", True, True, True),
        ("administrator", True, True, True),
        ("auditor", False, False, True),
    ],
)
def test_the_image_page_offers_what_the_group_may_do(
    group: str,
    *,
    sees_upload: bool,
    sees_reanalyze: bool,
    sees_review: bool,
    client_of: ClientOf,
    analysis: Analysis,
) -> None:
    client = client_of(make_user(group))

    html = client.get(
        reverse("forensics:image-detail", args=[analysis.image_id])
    ).content.decode()

    assert ("Upload</a>" in html) is sees_upload
    assert ("Re-analyze" in html) is sees_reanalyze
    assert ("cases-heading" in html) is sees_review
    assert ("Send to review" in html) is (group != "auditor")


def test_the_image_page_links_its_case(
    client_of: ClientOf, moderator: User, analysis: Analysis
) -> None:
    case = make_case(analysis=analysis)
    html = client_of(moderator).get(
        reverse("forensics:image-detail", args=[analysis.image_id])
    )
    assert reverse("moderation:case", args=[case.pk]) in html.content.decode()
    assert b"Send to review" not in html.content


@pytest.mark.parametrize("group", ["auditor", "integrator", "moderator"])
def test_only_who_may_can_ask_for_a_new_analysis(
    group: str, client_of: ClientOf
) -> None:
    user = make_user(group)
    analysis = make_analysis(image=make_image(submitted_by=user))
    address = reverse("forensics:reanalyze", args=[analysis.image_id])

    assert client_of(user).post(address).status_code == 403
    assert analysis.image.analyses.count() == 1


def test_a_lead_asks_for_a_new_analysis_and_the_page_follows_it(
    client_of: ClientOf, lead: User, analysis: Analysis
) -> None:
    client = client_of(lead)
    address = reverse("forensics:reanalyze", args=[analysis.image_id])

    response = client.post(address, follow=True)

    assert analysis.image.analyses.filter(status=AnalysisStatus.QUEUED).count() == 1
    assert b"data-poll=" in response.content
    assert b"Called" not in response.content
    assert b"Re-analyze</button>" not in response.content


@pytest.mark.parametrize(
    ("asked", "lands"),
    [
        ("https://evil.example/", "/images/"),
        ("//evil.example/", "/images/"),
        ("/cases/", "/cases/"),
    ],
)
def test_returning_after_reanalysis_never_leaves_the_site(
    asked: str, lands: str, client_of: ClientOf, lead: User, analysis: Analysis
) -> None:
    address = reverse("forensics:reanalyze", args=[analysis.image_id])
    response = client_of(lead).post(address, {"next": asked})
    assert response.url.startswith(lands)


@pytest.mark.parametrize("name", ["reanalyze"])
def test_nothing_changes_by_get(
    name: str, client_of: ClientOf, lead: User, analysis: Analysis
) -> None:
    address = reverse(f"forensics:{name}", args=[analysis.image_id])
    assert client_of(lead).get(address).status_code == 405
    assert analysis.image.analyses.count() == 1


def test_a_post_without_a_csrf_token_is_refused(lead: User, analysis: Analysis) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead)
    for name, arguments in (("upload", []), ("reanalyze", [analysis.image_id])):
        response = client.post(reverse(f"forensics:{name}", args=arguments))
        assert response.status_code == 403
        assert "The form has expired" in response.content.decode()


# --- Upload ---------------------------------------------------------------------


@pytest.mark.parametrize("group", ["auditor"])
def test_who_may_not_add_images_gets_no_upload(group: str, client_of: ClientOf) -> None:
    client = client_of(make_user(group))
    assert client.get(reverse("forensics:upload")).status_code == 403
    assert send(client, picture()).status_code == 403
    assert not Image.objects.exists()


def test_a_refused_file_gets_its_reason_and_does_not_disturb_the_others(
    client_of: ClientOf, moderator: User
) -> None:
    text = SimpleUploadedFile("notes.jpg", b"just some text, no picture at all")
    svg = SimpleUploadedFile("logo.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>")

    response = send(client_of(moderator), picture(seed=1), text, svg, picture(seed=2))

    answers = response.context["answers"]
    assert [answer.receipt is not None for answer in answers] == [1, 0, 0, 1]
    html = response.content.decode()
    assert answers[1].detail
    assert answers[2].code == "svg"
    assert "notes.jpg" in html
    assert Image.objects.count() == 2
    assert Analysis.objects.filter(status=AnalysisStatus.QUEUED).count() == 2


def test_the_upload_script_gets_json(client_of: ClientOf, moderator: User) -> None:
    text = SimpleUploadedFile("notes.txt", b"no picture")

    response = send(client_of(moderator), picture(), text, accept="application/json")

    first, second = response.json()["results"]
    assert first["image"]["status"] == "queued"
    assert first["image"]["is_pending"] is True
    assert first["refused"] is None
    assert second["image"] is None
    assert second["refused"]["code"] == "not_an_image"
    assert second["refused"]["detail"]


def test_a_file_over_the_limit_is_refused_in_plain_words(
    client_of: ClientOf, moderator: User, settings: SettingsWrapper
) -> None:
    settings.MAX_UPLOAD_BYTES = 2_000
    large = SimpleUploadedFile("large.jpg", b"\xff\xd8" + bytes(5_000))

    response = send(client_of(moderator), large)

    (answer,) = response.context["answers"]
    assert answer.code == "too_many_bytes"
    assert "larger than the 2,000 bytes" in answer.detail
    assert answer.detail in response.content.decode()
    assert not Image.objects.exists()


def test_an_empty_form_says_what_to_do(client_of: ClientOf, moderator: User) -> None:
    response = client_of(moderator).post(reverse("forensics:upload"))
    assert "No file was chosen" in response.content.decode()


def test_the_same_file_twice_is_one_image(client_of: ClientOf, moderator: User) -> None:
    client = client_of(moderator)
    send(client, picture())
    send(client, picture("again.jpg"))
    assert Image.objects.count() == 1
    assert Submission.objects.count() == 2


# --- Status ---------------------------------------------------------------------


def test_the_status_tells_pending_from_finished(
    client_of: ClientOf, moderator: User
) -> None:
    waiting = make_queued_analysis()
    finished = make_analysis()
    query = f"?id={waiting.image_id}&id={finished.image_id}&id=nonsense"

    answer = client_of(moderator).get(reverse("forensics:image-status") + query).json()

    found = {image["id"]: image for image in answer["images"]}
    assert found[str(waiting.image_id)]["is_pending"] is True
    assert found[str(waiting.image_id)]["verdict"] == ""
    assert found[str(finished.image_id)]["is_pending"] is False
    assert found[str(finished.image_id)]["score"] == "70 %"
    assert answer["worker_is_alive"] is False
    assert answer["waiting"] == 1


def test_the_status_is_of_the_newest_analysis(
    client_of: ClientOf, moderator: User
) -> None:
    finished = make_analysis()
    make_queued_analysis(image=finished.image)
    address = reverse("forensics:image-status") + f"?id={finished.image_id}"
    (image,) = client_of(moderator).get(address).json()["images"]
    assert image["status"] == "queued"


def test_the_status_of_others_images_is_not_told(
    client_of: ClientOf, integrator: User
) -> None:
    theirs = make_queued_analysis()
    address = reverse("forensics:image-status") + f"?id={theirs.image_id}"
    assert client_of(integrator).get(address).json()["images"] == []


# --- Files ----------------------------------------------------------------------


def test_an_original_is_an_unaltered_download_under_our_name(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    sent = picture("evil.html")
    send(client, sent)
    image = Image.objects.get()

    response = client.get(reverse("forensics:original", args=[image.pk]))

    sent.seek(0)
    assert b"".join(response.streaming_content) == sent.read()
    assert response["Content-Type"] == "image/jpeg"
    disposition = response["Content-Disposition"]
    assert disposition == f'attachment; filename="{image.sha256}.jpg"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_evidence_is_shown_in_place_and_cached_privately(
    client_of: ClientOf, moderator: User, analysis: Analysis
) -> None:
    client = client_of(moderator)
    file = analysis.evidence_files.get(kind="ela")
    address = reverse("forensics:evidence", args=[file.pk])

    response = client.get(address)

    assert "attachment" not in response.get("Content-Disposition", "")
    assert "private" in response["Cache-Control"]
    assert b"".join(response.streaming_content)
    again = client.get(address, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_a_lost_file_is_a_404_and_not_a_crash(
    client_of: ClientOf, moderator: User, analysis: Analysis
) -> None:
    file = analysis.evidence_files.get(kind="ela")
    file.file.storage.delete(file.file.name)
    address = reverse("forensics:evidence", args=[file.pk])
    assert client_of(moderator).get(address).status_code == 404


# --- Pages ----------------------------------------------------------------------


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
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
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
    for query in ("verdict=nonsense", "status=failed&verdict=x", "page=9999", "q="):
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
        with django_assert_num_queries(11, exact=False) as queries:
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
