"""The pages about images: who sees what, statuses, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from forensics.models import Analysis, Image, Submission
from forensics.services.search import index_image
from forensics.states import AnalysisStatus
from tests.factories import (
    make_analysis,
    make_case,
    make_image,
    make_queued_analysis,
    make_user,
)

if TYPE_CHECKING:
    from accounts.models import User

from tests.forensics.pages import ClientOf, picture, send

pytestmark = pytest.mark.django_db


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
        organization_id=1,
        image=image,
        submitted_by=other,
        door="api",
        original_name="theirs.jpg",
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
    Submission.objects.create(
        organization_id=1, image=image, door="api", original_name="theirs.jpg"
    )
    index_image(image_id=image.pk)
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
