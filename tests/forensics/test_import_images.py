"""``manage.py import_images``: a folder in, one bad file never ends the run."""

from __future__ import annotations

import os
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from forensics.management.commands import import_images
from forensics.models import Door, Image, Submission
from forensics.services import submit_image
from tests.images import jpeg, photo_like, png

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them below; their folder holds nothing else yet."""
    below = tmp_path / "pictures" / "below"
    below.mkdir(parents=True)
    (below.parent / "one.jpg").write_bytes(jpeg(photo_like(1)))
    (below / "two.png").write_bytes(png(photo_like(2)))
    return below.parent


def run(folder: Path, **options: object) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("import_images", folder, stdout=out, stderr=err, **options)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_every_picture_comes_in_through_the_one_service(
    folder: Path, moderator: User
) -> None:
    status, out, err = run(folder, user=moderator.username)

    assert (status, err) == (0, "")
    assert "2 new, 0 already known, 0 refused." in out
    submissions = Submission.objects.order_by("original_name")
    assert [s.original_name for s in submissions] == ["one.jpg", "two.png"]
    assert {s.door for s in submissions} == {Door.COMMAND}
    assert {s.submitted_by for s in submissions} == {moderator}


def test_folders_below_can_be_left_out(folder: Path) -> None:
    assert "1 new" in run(folder, recursive=False)[1]


def test_again_is_known(folder: Path) -> None:
    run(folder)

    assert "0 new, 2 already known, 0 refused." in run(folder)[1]
    assert Image.objects.count() == 2


def test_refusals_are_named_with_the_reason_and_the_rest_goes_on(folder: Path) -> None:
    (folder / "a-note.jpg").write_text("not a picture")
    (folder / "cut.jpg").write_bytes(jpeg(photo_like(3))[:-200])

    status, out, err = run(folder)

    assert status == 2
    assert "2 new, 0 already known, 2 refused." in out
    assert "a-note.jpg: This is not a picture" in err
    assert "cut.jpg: " in err


def test_links_pipes_and_devices_are_never_followed(
    folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(jpeg(photo_like(4)))
    (folder / "link.jpg").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.jpg")

    status, out, _ = run(folder)

    assert status == 0
    assert "2 new" in out


def test_too_large_a_file_is_refused_in_the_words_of_an_upload(
    folder: Path, settings: pytest.FixtureRequest
) -> None:
    settings.MAX_UPLOAD_BYTES = 1024  # type: ignore[attr-defined] # pytest-django's

    status, out, err = run(folder)

    assert status == 2
    assert "2 refused" in out
    assert "larger than the 1,024 bytes that are accepted" in err


def test_hostile_name_is_shown_without_its_control_characters(folder: Path) -> None:
    name = b"\x1b[2J\xff.jpg".decode(errors="surrogateescape")
    (folder / name).write_text("not a picture")

    status, _, err = run(folder)

    assert status == 2
    assert "\x1b" not in err
    assert "[2J" in err


def test_missing_folder_or_user_is_told(folder: Path) -> None:
    with pytest.raises(CommandError, match="not a readable folder"):
        call_command("import_images", folder / "nowhere")
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("import_images", folder, user="nobody")


def test_waiting_without_a_worker_ends_and_says_what_to_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_images, "PATIENCE_SECONDS", 0.0)

    status, out, err = run(folder, wait=True)

    assert status == 3
    assert "2 new" in out
    assert "Start one: manage.py worker" in err
    assert "No worker runs: 2 analyses are queued" in err


def test_unexpected_error_at_one_file_does_not_end_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def submit_all_but_one(*, original_name: str, **rest: Any) -> Any:
        if original_name == "two.png":
            raise RuntimeError("surprise")
        return submit_image(original_name=original_name, **rest)

    submit_all_but_one.__module__ = submit_image.__module__
    monkeypatch.setattr(import_images, "submit_image", submit_all_but_one)

    status, out, err = run(folder)

    assert status == 2
    assert "1 new, 0 already known, 1 refused." in out
    assert "two.png: An unexpected error: RuntimeError('surprise')" in err
    assert "surprise" in caplog.text
