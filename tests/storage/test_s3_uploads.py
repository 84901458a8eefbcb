"""Files that senders put straight into a bucket (moto's server), without ours."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from forensics.models import Upload
from forensics.services.uploads import prune_uploads
from tests.storage.test_s3 import BUCKET, PICTURE, bucket, keys_in, s3_address

if TYPE_CHECKING:
    from accounts.models import User

__all__ = ["bucket", "s3_address"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def client(integrator: User) -> APIClient:
    made = APIClient()
    made.force_authenticate(integrator)
    return made


def begin(client: APIClient) -> dict[str, Any]:
    digest = hashlib.sha256(PICTURE).hexdigest()
    answer = client.post(
        "/api/v1/uploads/",
        {"byte_size": len(PICTURE), "sha256": digest, "filename": "a.jpg"},
        format="json",
    )
    assert answer.status_code == 201, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


def test_the_file_goes_into_the_bucket_and_becomes_an_original(
    bucket: Any, s3_address: str, client: APIClient
) -> None:
    begun = begin(client)
    ticket = begun["put"]
    assert ticket["url"].startswith(f"{s3_address}/{BUCKET}/uploads/")
    # Size and hash are under the signature: S3 itself refuses another file.
    signed = httpx.URL(ticket["url"]).params["X-Amz-SignedHeaders"].split(";")
    assert {"content-length", "x-amz-checksum-sha256"} <= set(signed)

    sent = httpx.request(
        ticket["method"], ticket["url"], headers=ticket["headers"], content=PICTURE
    )
    assert sent.status_code == 200, sent.text
    assert keys_in(bucket) == [Upload.objects.get().stored_name]
    done = client.post(begun["complete_url"])

    assert done.status_code == 202, done.content
    digest = begun["sha256"]
    original = f"originals/{digest[:2]}/{digest[2:4]}/{digest}.jpg"
    assert keys_in(bucket) == [original]


def test_a_bucket_without_the_file_or_with_another_is_told(
    bucket: Any, client: APIClient
) -> None:
    begun = begin(client)
    missing = client.post(begun["complete_url"])
    assert (missing.status_code, missing.json()["code"]) == (409, "upload_missing")

    name = Upload.objects.get().stored_name
    for other in (PICTURE[:100], bytes(len(PICTURE))):
        bucket.put_object(Key=name, Body=other)
        answer = client.post(begun["complete_url"])
        assert (answer.status_code, answer.json()["code"]) == (422, "upload_mismatch")

    Upload.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    assert prune_uploads(now=timezone.now()) == 1
    assert keys_in(bucket) == []
