"""The one way in: what is stored, what is reused, what is refused without a trace."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.files.storage import default_storage
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import StorageError
from forensics.files import read_bytes
from forensics.models import Analysis, Door, Image, Submission
from forensics.services import Receipt, submit_image
from forensics.services.intake import clean_name
from forensics.states import AnalysisStatus
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from accounts.models import User


def picture(fmt: str = "JPEG", size: tuple[int, int] = (160, 120)) -> bytes:
    buffer = io.BytesIO()
    PillowImage.linear_gradient("L").resize(size).convert("RGB").save(buffer, fmt)
    return buffer.getvalue()


def submit(data: bytes, user: User | None = None, name: str = "a.jpg") -> Receipt:
    return submit_image(data=data, original_name=name, door=Door.WEB, submitted_by=user)


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_an_original_is_stored_unaltered_under_a_name_of_ours(moderator: User) -> None:
    data = picture()
    receipt = submit(data, moderator, "../../etc/passwd\x00.html")
    image = receipt.image
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert image.sha256 in image.original.name
    assert "passwd" not in image.original.name
    assert read_bytes(image.original.name) == data
    assert (image.format, image.width, image.height) == ("JPEG", 160, 120)
    assert receipt.submission.original_name == "passwd.html"


@pytest.mark.django_db
def test_saving_enqueues_the_analysis_when_the_transaction_commits(
    moderator: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=False):
        receipt = submit(picture(), moderator)
    assert not DBTaskResult.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        again = submit(picture(size=(150, 100)), moderator)
    task = DBTaskResult.objects.get()
    assert task.args_kwargs["args"] == [str(again.analysis.id)]
    again.analysis.refresh_from_db()
    assert again.analysis.dispatched_at is not None
    assert receipt.analysis.status == AnalysisStatus.QUEUED


@pytest.mark.django_db
def test_the_same_bytes_reuse_the_file_and_the_result(
    moderator: User, integrator: User, files_folder: Path
) -> None:
    first = submit(picture(), moderator, "one.jpg")
    second = submit(picture(), integrator, "two.jpg")
    assert (first.is_duplicate, second.is_duplicate) == (False, True)
    assert second.image == first.image
    assert second.analysis == first.analysis
    assert Submission.objects.count() == 2
    assert len(files_under(files_folder)) == 1


@pytest.mark.django_db
def test_a_result_of_an_older_pipeline_is_not_reused(moderator: User) -> None:
    first = submit(picture(), moderator)
    Analysis.objects.update(status="completed", pipeline_version="0.1")
    second = submit(picture(), moderator)
    assert second.is_duplicate
    assert second.analysis != first.analysis


@pytest.mark.django_db
def test_a_failed_analysis_is_tried_again_when_the_bytes_come_again(
    moderator: User,
) -> None:
    first = submit(picture(), moderator)
    Analysis.objects.update(status="failed")
    assert submit(picture(), moderator).analysis != first.analysis


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.jpg", picture())
    return buffer.getvalue()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty"),
    "text": (lambda: b"hello, this is no picture", "not_an_image"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "not_an_image"),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "svg"),
    "zip": (zipped, "archive"),
    "half a JPEG": (lambda: picture()[: len(picture()) // 2], "truncated"),
    "half a PNG": (lambda: picture("PNG")[:-20], "truncated"),
    "too many bytes": (lambda: picture() + bytes(50_000), "too_many_bytes"),
    "too many pixels": (lambda: picture(size=(900, 900)), "too_many_pixels"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_leaves_no_trace_and_gets_plain_words(
    kind: str, settings: Settings, files_folder: Path
) -> None:
    settings.MAX_UPLOAD_BYTES, settings.MAX_PIXELS = 50_000, 500_000
    make, code = REFUSED[kind]
    with pytest.raises(ImageRejectedError) as raised:
        submit(make())
    assert raised.value.code == code
    assert len(raised.value.detail.split()) > 4
    assert not Image.objects.exists()
    assert not files_under(files_folder)


@pytest.mark.django_db
def test_the_type_comes_from_the_bytes_and_never_from_the_name(moderator: User) -> None:
    image = submit(picture("PNG"), moderator, "really.jpg").image
    assert (image.format, image.media_type) == ("PNG", "image/png")


@pytest.mark.django_db
def test_the_leftover_of_a_crash_is_replaced(moderator: User) -> None:
    data = picture()
    first = submit(data, moderator)
    name = first.image.original.name
    Path(default_storage.path(name)).write_bytes(data[:100])
    submit(data, moderator)
    assert read_bytes(name) == data


@pytest.mark.django_db
def test_a_full_disk_is_an_error_and_leaves_no_row(
    moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.save", no_space)
    with pytest.raises(StorageError, match="No space left"):
        submit(picture(), moderator)
    assert not Image.objects.exists()


@given(st.text(max_size=400))
def test_any_file_name_becomes_one_that_can_be_stored_and_shown(name: str) -> None:
    cleaned = clean_name(name)
    assert len(cleaned) <= 255
    assert not {"/", "\\", "\x00", "\n", "\u202e"} & set(cleaned)
    cleaned.encode()
    assert clean_name(cleaned) == cleaned


@pytest.mark.django_db
def test_images_are_seen_by_reviewers_and_by_who_sent_them() -> None:
    from forensics.selectors import images_visible_to

    sender, other = make_user("integrator"), make_user("integrator")
    image = submit(picture(), sender).image
    for user, sees in [
        (sender, True),
        (other, False),
        (make_user(), False),
        (make_user("moderator"), True),
        (make_user("auditor"), True),
    ]:
        assert images_visible_to(user).filter(pk=image.pk).exists() is sees
