"""Files that senders put into the storage themselves, here on a local disk."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from forensics.exceptions import StorageError
from forensics.files import store_file
from forensics.models import Image, Submission, Upload
from forensics.services import uploads
from forensics.services.uploads import prune_uploads
from tests.api.helpers import assert_problem, picture

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
UPLOADS = "/api/v1/uploads/"


def announced(data: bytes, **fields: Any) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"byte_size": len(data), "sha256": digest, **fields}


def begin(client: APIClient, data: bytes, **fields: Any) -> dict[str, Any]:
    answer = client.post(UPLOADS, announced(data, **fields), format="json")
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def put(ticket: dict[str, Any], data: bytes) -> Any:
    """Send the file as told, by somebody who is not signed in."""
    parts = urlsplit(ticket["url"])
    kind = ticket["headers"]["Content-Type"]
    return APIClient().put(f"{parts.path}?{parts.query}", data, content_type=kind)


def test_announce_put_complete(api_of: ApiOf, integrator: User) -> None:
    client, data = api_of(integrator), picture()

    begun = begin(
        client, data, filename="roof.jpg", external_id="c-1", context={"a": 1}
    )
    assert begun["status"] == "waiting"
    assert begun["put"]["method"] == "PUT"
    assert put(begun["put"], data).status_code == 200
    done = client.post(begun["complete_url"])

    assert done.status_code == 202, done.content
    (arrival,) = done.json()["submissions"]
    assert arrival["original_name"] == "roof.jpg"
    assert (arrival["external_id"], arrival["context"]) == ("c-1", {"a": 1})
    assert done.json()["sha256"] == begun["sha256"]
    assert not default_storage.exists(Upload.objects.get().stored_name)
    read = client.get(begun["url"]).json()
    assert (read["status"], read["image"]) == ("received", done.json()["id"])
    assert read["analysis_url"] == done.headers["Location"]
    assert "put" not in read
    # Said again, it is answered again, and nothing is stored twice.
    again = client.post(begun["complete_url"])
    assert again.json()["analysis"] == done.json()["analysis"]
    assert Submission.objects.count() == 1
    assert_problem(put(begun["put"], data), 409, "upload_closed")


def test_nothing_there_yet_and_another_file_are_told(
    api_of: ApiOf, integrator: User
) -> None:
    client, data = api_of(integrator), picture()
    begun = begin(client, data)

    missing = client.post(begun["complete_url"])
    assert_problem(missing, 409, "upload_missing")
    assert_problem(put(begun["put"], data + b"x"), 422, "upload_mismatch")
    other = bytes(len(data))
    assert put(begun["put"], other).status_code == 200
    assert_problem(client.post(begun["complete_url"]), 422, "upload_mismatch")
    # The announced one can still be put.
    assert put(begun["put"], data).status_code == 200
    assert client.post(begun["complete_url"]).status_code == 202


def test_no_picture_fails_for_good(api_of: ApiOf, integrator: User) -> None:
    client, data = api_of(integrator), b"no picture"
    begun = begin(client, data)
    put(begun["put"], data)

    for _ in range(2):
        assert_problem(client.post(begun["complete_url"]), 415, "not_an_image")

    read = client.get(begun["url"]).json()
    assert (read["status"], read["error"]["code"]) == ("failed", "not_an_image")
    assert not default_storage.exists(Upload.objects.get().stored_name)


def test_the_address_takes_no_other_upload(api_of: ApiOf, integrator: User) -> None:
    client, data = api_of(integrator), picture()
    first, second = begin(client, data), begin(client, data)
    swapped = first["put"] | {
        "url": first["put"]["url"].replace(first["id"], second["id"])
    }

    assert_problem(put(swapped, data), 403, "upload_address_wrong")
    gone = first["put"] | {"url": first["put"]["url"].replace(first["id"][-4:], "0000")}
    assert_problem(put(gone, data), 403, "upload_address_wrong")


def test_what_is_announced_has_limits(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    for wrong in (
        {"byte_size": 0},
        {"byte_size": "x"},
        {"sha256": "0"},
        {"sha256": "Z" * 64},
        {"context": []},
        {"external_id": 5 * "\0"},
    ):
        answer = client.post(UPLOADS, announced(b"x") | wrong, format="json")
        assert_problem(answer, 400, "invalid")
    too_large = {"byte_size": settings.MAX_UPLOAD_BYTES + 1}
    answer = client.post(UPLOADS, announced(b"x") | too_large, format="json")
    assert_problem(answer, 413, "too_many_bytes")
    assert_problem(client.post(UPLOADS, [1], format="json"), 400, "invalid")


def test_what_is_never_completed_is_given_up(api_of: ApiOf, integrator: User) -> None:
    client, data = api_of(integrator), picture()
    begun = begin(client, data)
    put(begun["put"], data)
    assert prune_uploads(now=timezone.now()) == 0

    Upload.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert_problem(put(begun["put"], data), 410, "upload_expired")
    assert prune_uploads(now=timezone.now()) == 1

    assert not default_storage.exists(Upload.objects.get().stored_name)
    assert client.get(begun["url"]).json()["status"] == "expired"
    assert_problem(client.post(begun["complete_url"]), 410, "upload_expired")
    assert prune_uploads(now=timezone.now() + timedelta(days=8)) == 1
    assert client.get(begun["url"]).status_code == 404


def no_storage(name: str) -> None:
    raise OSError("The storage is away.")


def test_what_is_put_after_the_end_goes_with_the_row(
    api_of: ApiOf, integrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, data = api_of(integrator), picture()
    begun = begin(client, data)
    put(begun["put"], data)
    client.post(begun["complete_url"])
    name = Upload.objects.get().stored_name
    store_file(name, SimpleUploadedFile("late", data))  # as S3 takes it: unasked

    later = timezone.now() + timedelta(days=8)
    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", no_storage)
        with pytest.raises(StorageError):
            prune_uploads(now=later)
    assert Upload.objects.exists()  # or nobody would know of the file any more
    prune_uploads(now=later)
    assert not Upload.objects.exists()
    assert not default_storage.exists(name)


@pytest.mark.parametrize("step", ["store_file", "read_bytes"])
def test_completing_in_the_middle_of_another_request(
    api_of: ApiOf,
    integrator: User,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    client, data = api_of(integrator), picture()
    begun = begin(client, data)
    put(begun["put"], data)
    plain, answers = getattr(uploads, step), []

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(uploads, step, plain)
        answers.append(client.post(begun["complete_url"]))
        return plain(*arguments)

    monkeypatch.setattr(uploads, step, overtaken)
    if step == "store_file":  # the same file once more, slowly
        assert_problem(put(begun["put"], data), 409, "upload_closed")
    else:
        answers.append(client.post(begun["complete_url"]))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert Submission.objects.count() == 1
    assert not default_storage.exists(Upload.objects.get().stored_name)


def test_an_upload_completes_within_a_batch(api_of: ApiOf, integrator: User) -> None:
    client, data = api_of(integrator), picture()
    begun = begin(client, data)
    put(begun["put"], data)

    answer = client.post(
        "/api/v1/images/batch/", {"items": [{"upload": begun["id"]}]}, format="json"
    )

    assert answer.json()["accepted"] == 1, answer.content


@pytest.mark.django_db(transaction=True)
def test_completed_by_many_at_once_it_arrives_once(
    api_of: ApiOf, integrator: User
) -> None:
    data = picture()
    clients = [api_of(integrator) for _ in range(4)]
    begun = begin(clients[0], data)
    put(begun["put"], data)
    barrier = Barrier(len(clients))

    def complete(client: APIClient) -> Any:
        try:
            barrier.wait()
            return client.post(begun["complete_url"])
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(complete, clients))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert Submission.objects.count() == Image.objects.count() == 1
