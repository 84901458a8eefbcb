"""The whole way with originals and evidence in a real S3 API (moto's server)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from moto.server import ThreadedMotoServer

from config.checks import check_storage
from config.env import Environment
from config.storage import file_storages
from forensics.exceptions import StorageError
from forensics.files import read_bytes
from forensics.models import Analysis, Door, EvidenceFile, Image
from forensics.services import (
    Receipt,
    build_tiles,
    request_tiles,
    run_analysis,
    submit_image,
)
from forensics.states import AnalysisStatus
from tests.factories import make_user
from tests.images import jpeg, photo_like
from tests.installation import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.http import HttpResponse
    from django.test import Client
    from pytest_django import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db
BUCKET = "pixelwarden-tests"
KEYS = {
    "PIXELWARDEN_S3_ACCESS_KEY_ID": "test-key",
    "PIXELWARDEN_S3_SECRET_ACCESS_KEY": "test-secret",
    "PIXELWARDEN_S3_REGION": "us-east-1",
}
PICTURE = jpeg(photo_like(3))


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_address: str, settings: Settings, tmp_path: Path) -> Iterator[Any]:
    """Put the file storage of this test into an empty bucket."""
    resource = boto3.resource(
        "s3",
        endpoint_url=s3_address,
        region_name="us-east-1",
        aws_access_key_id="test-key",
        aws_secret_access_key="test-secret",
    )
    made = resource.Bucket(BUCKET)
    made.create()
    settings.STORAGES = storages_at(s3_address, tmp_path)
    yield made
    made.objects.all().delete()
    made.delete()


def storages_at(address: str, folder: Path, bucket: str = BUCKET) -> dict[str, Any]:
    variables = KEYS | {
        "PIXELWARDEN_STORAGE": "s3",
        "PIXELWARDEN_S3_BUCKET": bucket,
        "PIXELWARDEN_S3_ENDPOINT_URL": address,
    }
    return file_storages(Environment.read(variables), folder)


def test_original_lies_unaltered_and_once_in_the_bucket(
    bucket: Any, moderator: User
) -> None:
    first, again = submit(moderator), submit(moderator)

    assert again.is_duplicate
    assert keys_in(bucket) == [first.image.original.name]
    assert read_bytes(str(first.image.original.name)) == PICTURE


def test_analysis_reads_and_writes_the_bucket(bucket: Any, moderator: User) -> None:
    receipt = submit(moderator)

    run_analysis(analysis_id=receipt.analysis.id, on_completed=lambda _: None)

    analysis = Analysis.objects.get()
    assert analysis.status == AnalysisStatus.COMPLETED
    evidence = EvidenceFile.objects.values_list("file", flat=True)
    assert {"preview", "thumbnail", "ela"} <= set(
        EvidenceFile.objects.values_list("kind", flat=True)
    )
    assert keys_in(bucket) == sorted([*evidence, receipt.image.original.name])


def test_a_tile_is_one_range_of_the_object(
    bucket: Any, moderator: User, client_of: Callable[[User], Client]
) -> None:
    receipt = submit(moderator)
    run_analysis(analysis_id=receipt.analysis.id, on_completed=lambda _: None)
    pyramid = request_tiles(image=receipt.image)
    assert pyramid is not None
    build_tiles(pyramid_id=pyramid.id)
    client = client_of(moderator)
    told = client.get(reverse("forensics:tiles", args=[receipt.image.id])).json()
    assert told["status"] == "ready"
    ranges: list[str | None] = []
    on_the_wire(
        "GetObject", lambda request, **_: ranges.append(request.headers.get("Range"))
    )

    for _ in range(2):
        assert client.get(told["url"] + "0/0-0/").content[:2] == b"\xff\xd8"

    # Header and index once in a process, then nothing but the tile.
    assert [str(one).split("-")[0] for one in ranges[:1]] == ["b'bytes=0"]
    assert len(ranges) == 3
    assert None not in ranges


def test_objects_are_private(bucket: Any, moderator: User, s3_address: str) -> None:
    submit(moderator)

    (summary,) = bucket.objects.all()
    grantees = [grant["Grantee"] for grant in summary.Object().Acl().grants]

    assert grantees
    assert not any("URI" in grantee for grantee in grantees)  # AllUsers is a URI
    signed = default_storage.url(summary.key)
    assert "X-Amz-Signature" in signed
    assert httpx.get(signed).content == PICTURE


def test_original_is_served_only_to_who_may_see_it(
    bucket: Any, moderator: User, client_of: Callable[[User], Client]
) -> None:
    sender, stranger = make_user("integrator"), make_user("integrator")
    receipt = submit(sender)
    address = reverse("api:image-original", args=[receipt.image.id])

    for person in (sender, moderator):
        answer = client_of(person).get(address)
        assert answer.status_code == 200
        assert body_of(answer) == PICTURE
    assert client_of(stranger).get(address).status_code == 404


def test_no_acl_is_sent_which_buckets_of_today_refuse(
    bucket: Any, moderator: User
) -> None:
    sent: list[Any] = []
    on_the_wire("PutObject", lambda request, **_: sent.append(request.headers))

    submit(moderator)

    (headers,) = sent
    assert "x-amz-acl" not in {name.lower() for name in headers}


def test_connection_lost_after_the_object_was_found_is_told(
    bucket: Any, moderator: User, client_of: Callable[[User], Client]
) -> None:
    receipt = submit(moderator)

    def lost(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://storage")

    on_the_wire("GetObject", lost)
    answer = client_of(moderator).get(
        reverse("api:image-original", args=[receipt.image.id])
    )

    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_unavailable"


def test_large_object_does_not_lie_in_memory_while_it_is_sent(bucket: Any) -> None:
    default_storage.save("large", ContentFile(bytes(6_000_000)))
    default_storage.save("small", ContentFile(bytes(600_000)))

    assert lies_on_disk("large")
    assert not lies_on_disk("small")


def test_leftover_of_a_crash_is_replaced(bucket: Any, moderator: User) -> None:
    receipt = submit(moderator)
    name = str(receipt.image.original.name)
    default_storage.delete(name)
    default_storage.save(name, ContentFile(PICTURE[:100]))

    submit(moderator)

    assert read_bytes(name) == PICTURE


def test_storage_out_of_reach_refuses_and_stores_nothing(
    settings: Settings, tmp_path: Path, moderator: User
) -> None:
    storages = storages_at(f"http://127.0.0.1:{free_port()}", tmp_path)
    storages["default"]["OPTIONS"]["client_config"] = without_retries()
    settings.STORAGES = storages

    with pytest.raises(StorageError, match="did not take originals/"):
        submit(moderator)

    assert not Image.objects.exists()


def test_check_passes_on_a_working_bucket_and_names_a_missing_one(
    bucket: Any, s3_address: str, settings: Settings, tmp_path: Path
) -> None:
    assert check_storage() == []
    assert keys_in(bucket) == []

    settings.STORAGES = storages_at(s3_address, tmp_path, bucket="not-there")

    (error,) = check_storage()
    assert error.id == "platform.E003"
    assert "NoSuchBucket" in error.msg
    assert "PIXELWARDEN_S3_" in str(error.hint)


def submit(person: User) -> Receipt:
    return submit_image(
        data=PICTURE, original_name="photo.jpg", door=Door.API, submitted_by=person
    )


def keys_in(bucket: Any) -> list[str]:
    return sorted(summary.key for summary in bucket.objects.all())


def body_of(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a download


def lies_on_disk(name: str) -> bool:
    with default_storage.open(name) as opened:
        opened.read()
        spooled: Any = opened.file
        return bool(spooled._rolled)  # it says nowhere else where it lies


def on_the_wire(operation: str, then: Callable[..., None]) -> None:
    """Do something where a request to the S3 API is about to leave."""
    events = default_storage.connection.meta.client.meta.events  # type: ignore[attr-defined] # S3's
    events.register(f"before-send.s3.{operation}", then)


def without_retries() -> Any:
    from botocore.config import Config

    return Config(
        retries={"total_max_attempts": 1},
        connect_timeout=2,
        signature_version="s3v4",
        s3={"addressing_style": "path"},
    )
