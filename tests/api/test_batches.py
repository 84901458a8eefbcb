"""Many pictures in one request, each answered as if it had come alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from forensics.exceptions import StorageError
from forensics.models import Image, Submission
from forensics.services import intake
from tests.api.helpers import IMAGES, assert_problem, file

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
BATCH = f"{IMAGES}batch/"


def test_a_batch_of_files_is_answered_one_by_one(
    api_of: ApiOf, integrator: User
) -> None:
    bad = SimpleUploadedFile("bad.jpg", b"no picture")
    answer = api_of(integrator).post(
        BATCH, {"file": [file(0), bad, file(1)]}, format="multipart"
    )

    assert answer.status_code == 207, answer.content
    body = answer.json()
    assert (body["accepted"], body["refused"]) == (2, 1)
    first, second, third = body["items"]
    assert [item["index"] for item in body["items"]] == [0, 1, 2]
    assert (first["status"], second["status"], third["status"]) == (202, 415, 202)
    assert first["location"] == first["image"]["analysis"]["url"]
    assert second["image"] is None
    assert second["problem"]["code"] == "not_an_image"
    assert third["problem"] is None
    assert Image.objects.count() == 2


def test_a_batch_says_something_of_each_file(api_of: ApiOf, integrator: User) -> None:
    items = [
        {"file": 1, "external_id": "b", "context": {"n": 2}, "filename": "two.jpg"},
        {"file": 0, "external_id": "a"},
        {"external_id": "c"},
        "nonsense",
        {"upload": "01a20a65-448c-7125-b0f4-1a14d21015a2", "external_id": "d"},
        {"url": "https://example.org/a.jpg", "external_id": "e"},
    ]
    answer = api_of(integrator).post(
        BATCH,
        {"file": [file(0), file(1)], "items": json.dumps(items)},
        format="multipart",
    )

    rows = answer.json()["items"]
    assert [row["status"] for row in rows] == [202, 202, 400, 400, 404, 403]
    assert [row["external_id"] for row in rows] == ["b", "a", "", "", "d", "e"]
    assert rows[0]["image"]["submissions"][0]["original_name"] == "two.jpg"
    assert rows[5]["problem"]["code"] == "fetching_is_off"


@pytest.mark.parametrize(
    "items",
    ["{", "{}", "[]", '[{"file": 0}, {"file": 0}]', '[{"url": "https://e.org"}]'],
)
def test_a_batch_that_does_not_fit_together_stores_nothing(
    api_of: ApiOf, integrator: User, items: str
) -> None:
    answer = api_of(integrator).post(
        BATCH, {"file": [file()], "items": items}, format="multipart"
    )
    assert_problem(answer, 422, "wrong_batch")
    assert not Image.objects.exists()


def test_a_batch_has_at_most_a_hundred(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    items = [{"upload": "x"}] * 101
    many = client.post(BATCH, {"items": items}, format="json")
    assert_problem(many, 422, "wrong_batch")
    hundred = client.post(BATCH, {"items": items[:100]}, format="json")
    assert hundred.json()["refused"] == 100
    files = [SimpleUploadedFile(f"{n}", b"x") for n in range(101)]
    assert_problem(client.post(BATCH, {"file": files}), 400, "bad_request")


def test_a_repeated_batch_stores_nothing_twice(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    first, again = (
        client.post(BATCH, {"file": [file(0), file(1)]}, HTTP_IDEMPOTENCY_KEY="batch-1")
        for _ in range(2)
    )
    assert again.content == first.content
    assert Submission.objects.count() == 2


def test_a_batch_of_which_a_part_was_refused_for_now_goes_on_under_its_key(
    api_of: ApiOf, integrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api_of(integrator)
    plain, count = intake.store_once, iter(range(100))

    def full_for_a_moment(name: str, data: bytes) -> None:
        if next(count) == 1:
            raise StorageError("The disk is full.")
        plain(name, data)

    monkeypatch.setattr(intake, "store_once", full_for_a_moment)
    first, second, third = (
        client.post(
            BATCH,
            {"file": [file(0), file(1), SimpleUploadedFile("x", b"no"), file(2)]},
            HTTP_IDEMPOTENCY_KEY="batch-1",
        ).json()
        for _ in range(3)
    )
    statuses = [item["status"] for item in first["items"]]
    assert statuses == [202, 503, 415, 202]
    assert [item["status"] for item in second["items"]] == [202, 202, 415, 202]
    assert Submission.objects.count() == Image.objects.count() == 3
    for before, after in zip(first["items"], second["items"], strict=True):
        if before["image"]:
            assert before["image"]["id"] == after["image"]["id"]
    assert third == second


def test_a_form_that_is_too_large_as_a_whole_is_not_read(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    files = [SimpleUploadedFile(f"{n}", bytes(100)) for n in range(9)]
    for extra in ({}, {"HTTP_IDEMPOTENCY_KEY": "k"}):
        answer = api_of(integrator).post(BATCH, {"file": files}, **extra)
        assert_problem(answer, 413, "too_many_bytes")
        for one in files:
            one.seek(0)
