"""The upload page: each file gets an answer of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from forensics.models import Analysis, Image, Submission
from forensics.states import AnalysisStatus
from tests.factories import (
    make_user,
)

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User

from tests.forensics.pages import ClientOf, picture, send

pytestmark = pytest.mark.django_db


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
