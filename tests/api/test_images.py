"""Sending images, polling analyses, fetching files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.tasks import analyze_image
from forensics.analysis.types import RejectionCode
from forensics.models import Analysis, Image, Submission
from tests import images
from tests.analyzers import ANALYZERS
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.factories import make_analysis, make_image, make_queued_analysis, make_user

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
HOSTILE = '"><svg onload=alert(1)>\u202egpj.exe'


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_upload_is_accepted_and_polled_to_its_result(
    api_of: ApiOf, integrator: User
) -> None:
    client, data = api_of(integrator), picture()

    accepted = upload(client, data, "holiday.jpg")

    assert accepted.status_code == 202
    assert accepted.headers["Retry-After"] == "1"
    received = accepted.json()
    assert received["sha256"] == hashlib.sha256(data).hexdigest()
    assert (received["width"], received["height"]) == (64, 48)
    assert received["duplicate"] is False
    assert received["analysis"]["status"] == "queued"
    assert received["analysis"]["verdict"] is None
    assert received["submissions"][0]["original_name"] == "holiday.jpg"
    location = accepted.headers["Location"]
    assert location == received["analysis"]["url"]
    assert client.get(location).headers["Retry-After"] == "1"

    analyze_image.call(received["analysis"]["id"])

    polled = client.get(location)
    result = polled.json()
    assert "Retry-After" not in polled.headers
    assert result["status"] == "completed"
    assert result["verdict"] in {"authentic", "inconclusive", "suspicious", "fake"}
    assert 0.01 <= result["score"] <= 0.99
    assert result["error"] is None
    names = [signal["name"] for signal in result["signals"]]
    assert names == ANALYZERS
    bands = result["uncertainty"]["bands"]
    assert 0 < bands["inconclusive"] < bands["suspicious"] < bands["fake"] < 1
    assert {rendition["kind"] for rendition in result["renditions"]} == {
        "preview",
        "thumbnail",
    }
    assert all(reason["code"] and reason["text"] for reason in result["reasons"])


def test_original_comes_back_unaltered_as_a_harmless_download(
    api_of: ApiOf, integrator: User
) -> None:
    client, data = api_of(integrator), picture()
    received = upload(client, data, "evil.html").json()

    answer = client.get(received["original_url"], HTTP_ACCEPT="image/*")

    assert body_of(answer) == data
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    disposition = answer.headers["Content-Disposition"]
    assert disposition == f'attachment; filename="{received["sha256"]}.jpg"'
    assert answer.headers["Content-Length"] == str(len(data))
    known = client.get(received["original_url"], HTTP_IF_NONE_MATCH=answer["ETag"])
    assert known.status_code == 304


def test_evidence_is_shown_in_place(api_of: ApiOf, moderator: User) -> None:
    analysis = make_analysis()
    file = analysis.evidence_files.get(kind="thumbnail")
    client = api_of(moderator)

    described = client.get(f"/api/v1/evidence/{file.pk}/").json()
    content = client.get(described["content_url"])

    assert described["kind"] == "thumbnail"
    assert body_of(content).startswith(b"thumbnail")
    assert content.headers["Content-Disposition"].startswith("inline")
    assert content.headers["Cache-Control"].startswith("private")


def test_a_lost_file_is_our_problem_and_says_nothing_of_the_storage(
    api_of: ApiOf, moderator: User, files_folder: Path
) -> None:
    image = make_image()
    (files_folder / image.original.name).unlink()

    answer = api_of(moderator).get(f"{IMAGES}{image.pk}/original/")

    body = assert_problem(answer, 503, "storage_unavailable")
    assert str(files_folder) not in str(body)
    assert "originals/" not in str(body)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, RejectionCode.EMPTY),
        (b"hello, this is no picture", 415, RejectionCode.NOT_AN_IMAGE),
        (b"PK\x03\x04" + b"\0" * 60, 415, RejectionCode.ARCHIVE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, RejectionCode.SVG),
        (b"8BPS\0\1" + b"\0" * 40, 415, RejectionCode.UNSUPPORTED_FORMAT),
        (picture()[:-400], 422, RejectionCode.TRUNCATED),
    ],
)
def test_refused_bytes_get_their_own_problem_and_leave_nothing(
    api_of: ApiOf,
    integrator: User,
    files_folder: Path,
    *,
    data: bytes,
    status: int,
    code: RejectionCode,
) -> None:
    answer = upload(api_of(integrator), data)

    assert_problem(answer, status, code.value)
    assert not Image.objects.exists()
    assert not [path for path in files_folder.rglob("*") if path.is_file()]


def test_too_many_pixels_are_refused_from_the_header(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.MAX_PIXELS = 64 * 48 - 1

    assert_problem(upload(api_of(integrator), picture()), 422, "too_many_pixels")


def test_too_many_bytes_are_refused(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.MAX_UPLOAD_BYTES = 1024

    answer = upload(api_of(integrator), picture() + b"\0" * 5000)

    problem = assert_problem(answer, 413, "too_many_bytes")
    assert "larger than the 1,024 bytes" in problem["detail"]
    assert "1,025" not in problem["detail"]  # where it was cut off is not its size
    assert not Image.objects.exists()


def test_upload_without_a_file_or_with_two_is_invalid(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    two = [SimpleUploadedFile(f"{n}.jpg", picture(n)) for n in range(2)]

    missing = assert_problem(client.post(IMAGES, {}), 400, "invalid")
    twice = assert_problem(client.post(IMAGES, {"file": two}), 400, "invalid")
    text = assert_problem(client.post(IMAGES, {"file": "text"}), 400, "invalid")

    for problem in (missing, twice, text):
        assert problem["errors"][0]["pointer"] == "#/file"


def test_text_is_no_way_to_send_a_picture(api_of: ApiOf, integrator: User) -> None:
    answer = api_of(integrator).post(IMAGES, "x", content_type="text/plain")

    assert_problem(answer, 415, "unsupported_media_type")


def test_hostile_names_are_data(api_of: ApiOf, integrator: User) -> None:
    answer = upload(api_of(integrator), picture(), HOSTILE)

    stored = Submission.objects.get().original_name
    assert answer.json()["submissions"][0]["original_name"] == stored
    assert "\u202e" not in stored
    page = api_of(integrator).get(IMAGES, HTTP_ACCEPT="text/html").content.decode()
    assert "<svg onload" not in page
    assert "&lt;svg onload" in page


def test_hostile_metadata_comes_through_as_json(
    api_of: ApiOf, integrator: User
) -> None:
    data = images.png(texts={"Software": "<script>alert(1)</script>"})
    client = api_of(integrator)
    analysis = upload(client, data, "a.png").json()["analysis"]
    analyze_image.call(analysis["id"])

    answer = client.get(analysis["url"])
    page = client.get(analysis["url"], HTTP_ACCEPT="text/html").content.decode()

    assert answer.headers["Content-Type"] == "application/json"
    assert "<script>alert(1)</script>" in str(answer.json()["signals"])
    assert "<script>alert(1)" not in page


def test_the_same_bytes_again_are_a_duplicate_only_to_who_sent_them(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    data, stranger = picture(), make_user("integrator", username="rival")
    first = upload(api_of(stranger), data, "secret-project.jpg").json()

    theirs = upload(api_of(integrator), data, "mine.jpg").json()
    again = upload(api_of(integrator), data, "again.jpg").json()
    reviewers = upload(api_of(moderator), data).json()

    assert {first["id"], theirs["id"], again["id"], reviewers["id"]} == {first["id"]}
    assert theirs["duplicate"] is False
    assert again["duplicate"] is True
    assert reviewers["duplicate"] is True
    assert "rival" not in str(again)
    assert "secret-project" not in str(again)
    assert len(again["submissions"]) == 2
    assert len(reviewers["submissions"]) == 4
    assert Analysis.objects.count() == 1


def test_names_of_others_cannot_be_searched_for(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    data, stranger = picture(), make_user("integrator")
    upload(api_of(stranger), data, "secret-project.jpg")
    upload(api_of(integrator), data, "mine.jpg")

    def found(user: User, name: str) -> int:
        answer = api_of(user).get(IMAGES, {"original_name": name})
        return len(answer.json()["results"])

    assert found(integrator, "secret") == 0
    assert found(integrator, "MINE") == 1
    assert found(moderator, "secret") == 1


def test_a_failed_analysis_says_why(api_of: ApiOf, moderator: User) -> None:
    analysis = make_queued_analysis(
        status="failed", error_code="gave_up", error_detail="Given up."
    )

    body = api_of(moderator).get(f"/api/v1/analyses/{analysis.pk}/").json()

    assert body["error"] == {"code": "gave_up", "detail": "Given up."}
    assert body["verdict"] is None
    assert body["score"] is None


def test_reanalysis_is_queued_once(api_of: ApiOf, lead: User) -> None:
    image = make_analysis().image
    client = api_of(lead)

    first = client.post(f"{IMAGES}{image.pk}/reanalyze/")
    second = client.post(f"{IMAGES}{image.pk}/reanalyze/")

    assert first.status_code == second.status_code == 202
    assert first.json()["trigger"] == "reanalysis"
    assert first.headers["Location"] == second.headers["Location"]
    assert Analysis.objects.filter(image=image).count() == 2
