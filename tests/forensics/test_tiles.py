"""Tiles: cut by the worker, stored in one file, sent one range at a time."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from PIL import Image as PillowImage
from PIL import ImageCms

from config.tasks import analyze_image, build_image_tiles
from forensics.analysis.pyramid import (
    ContainerError,
    Layout,
    PyramidTooSlowError,
    build_pyramid,
    read_index,
)
from forensics.analysis.rendering import upright
from forensics.analysis.types import ImageRejectedError, Limits
from forensics.models import Door, Image, TilePyramid, TilesStatus
from forensics.services import request_tiles, submit_image
from moderation.models import AuditEvent
from tests.factories import make_analysis, make_image, make_user
from tests.images import encode, exif_block, jpeg, photo_like, png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.test import Client
    from pytest_django import Settings

    from accounts.models import User

LIMITS = Limits(max_bytes=50_000_000, max_pixels=120_000_000)
ORIENTATION = 0x0112


def built(data: bytes) -> tuple[Layout, bytes]:
    file = io.BytesIO()
    layout, size = build_pyramid(data, file, limits=LIMITS, seconds=60)
    assert size == len(file.getvalue())
    return layout, file.getvalue()


def joined(layout: Layout, file: bytes, level: int) -> PillowImage.Image:
    """Put a level's tiles together the way a viewer does."""
    index = read_index(file)
    columns, _ = layout.grid(level)
    canvas = PillowImage.new("RGB", layout.size(level))
    for place, (left, upper, right, lower) in enumerate(layout.boxes(level)):
        row, column = divmod(place, columns)
        offset, length = index.find(level, column, row) or (0, 0)
        tile = PillowImage.open(io.BytesIO(file[offset : offset + length]))
        assert tile.size == (right - left, lower - upper)
        canvas.paste(tile, (left, upper))
    return canvas


def difference(one: PillowImage.Image, other: PillowImage.Image) -> float:
    a, b = (np.asarray(p.convert("RGB"), dtype=float) for p in (one, other))
    return float(np.abs(a - b).mean())


def test_full_level_is_the_picture_and_the_first_fits_a_tile() -> None:
    picture = photo_like(1, (1300, 700))
    layout, file = built(png(picture))
    assert (layout.levels, layout.grid(layout.levels - 1)) == (3, (3, 2))
    assert difference(joined(layout, file, layout.levels - 1), picture) < 2.0
    assert layout.grid(0) == (1, 1)
    small = joined(layout, file, 0)
    assert difference(small, picture.resize(small.size)) < 6.0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_are_upright(orientation: int) -> None:
    stored = photo_like(2, (700, 560))
    exif = exif_block(image={ORIENTATION: orientation})
    layout, file = built(jpeg(stored, exif=exif, quality=95))
    turned = upright(stored, orientation)
    assert (layout.width, layout.height) == turned.size
    assert difference(joined(layout, file, layout.levels - 1), turned) < 4.0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC"])
def test_every_format_is_cut(kind: str) -> None:
    picture = photo_like(3, (600, 500))
    layout, file = built(encode(picture, kind))
    assert difference(joined(layout, file, layout.levels - 1), picture) < 12.0


def test_a_color_profile_is_brought_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile whose red is blue shows whether it was followed.
    swapped = srgb.replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ")
    swapped = swapped.replace(b"____", b"bXYZ")
    picture = photo_like(4, (300, 200))
    red, green, blue = picture.split()
    exchanged = PillowImage.merge("RGB", (blue, green, red))
    for profile, expected in (
        (srgb, picture),
        (swapped, exchanged),
        (b"no profile at all" * 20, picture),
    ):
        layout, file = built(encode(picture, "PNG", icc_profile=profile))
        assert difference(joined(layout, file, 0), expected) < 3.0


@pytest.mark.parametrize(
    "size", [(1, 1), (512, 512), (513, 1), (1024, 1025), (3, 4000)]
)
def test_any_shape_is_cut_without_gaps(size: tuple[int, int]) -> None:
    layout = Layout(*size)
    numbers = [
        layout.number(level, column, row)
        for level in range(layout.levels)
        for row in range(layout.grid(level)[1])
        for column in range(layout.grid(level)[0])
    ]
    assert numbers == list(range(layout.count))
    assert layout.grid(0) == (1, 1)
    assert layout.size(layout.levels - 1) == size
    assert layout.number(layout.levels, 0, 0) is None
    assert layout.number(0, 1, 0) is None


def test_damaged_files_of_tiles_are_refused() -> None:
    _, file = built(png(photo_like(5, (40, 30))))
    for broken in (b"", b"PWTILES1", b"x" * 100, file[:30], file[:4] + file[8:]):
        with pytest.raises(ContainerError):
            read_index(broken)
    with pytest.raises(ContainerError, match="another number"):
        read_index(file[:8] + (4000).to_bytes(4, "big") + file[12:])


def test_building_stops_at_its_time_and_at_the_pixel_cap() -> None:
    data = png(photo_like(6, (600, 600)))
    with pytest.raises(PyramidTooSlowError):
        build_pyramid(data, io.BytesIO(), limits=LIMITS, seconds=-1)
    few = Limits(max_bytes=50_000_000, max_pixels=1000)
    with pytest.raises(ImageRejectedError):
        build_pyramid(data, io.BytesIO(), limits=few, seconds=60)


@pytest.fixture
def large(moderator: User) -> Image:
    """Submit a picture that is analyzed and not cut yet."""
    data = jpeg(photo_like(7, (2000, 1400)))
    receipt = submit_image(
        data=data, original_name="large.jpg", submitted_by=moderator, door=Door.WEB
    )
    analyze_image.func(str(receipt.analysis.id))
    return receipt.image


def waiting_jobs() -> list[DBTaskResult]:
    path = "config.tasks.build_image_tiles"
    return list(DBTaskResult.objects.filter(task_path=path))


def work_off() -> None:
    for job in waiting_jobs():
        build_image_tiles.func(*job.args_kwargs["args"])


def address(image: Image) -> str:
    return reverse("forensics:tiles", args=[image.pk])


@pytest.mark.django_db(transaction=True)
def test_a_page_asks_once_and_the_worker_builds(
    large: Image, moderator: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(moderator)
    assert client.get(address(large)).json() == {"status": "none"}
    assert waiting_jobs() == []
    for _ in range(3):
        assert client.post(address(large)).json() == {"status": "waiting"}
    (job,) = waiting_jobs()
    assert job.priority < 0

    work_off()

    told = client.get(address(large)).json()
    assert told["status"] == "ready"
    assert (told["width"], told["height"], told["levels"]) == (2000, 1400, 3)
    events = AuditEvent.objects.count()
    answer = client.get(told["url"] + "2/3-2/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=2592000, immutable"
    assert PillowImage.open(io.BytesIO(answer.content)).size == (465, 377)
    known = {"If-None-Match": answer["ETag"]}
    again = client.get(told["url"] + "2/3-2/", headers=known)
    assert again.status_code == 304
    assert client.get(told["url"] + "2/4-2/").status_code == 404
    assert client.get(told["url"] + "9/0-0/").status_code == 404
    assert AuditEvent.objects.count() == events


@pytest.mark.django_db(transaction=True)
def test_tiles_are_for_whoever_may_see_the_image(
    large: Image, moderator: User, client_of: Callable[[User], Client], client: Client
) -> None:
    request_tiles(image=large)
    work_off()
    told = client_of(moderator).get(address(large)).json()
    stranger = client_of(make_user("integrator"))
    assert stranger.get(address(large)).status_code == 404
    assert stranger.post(address(large)).status_code == 404
    assert stranger.get(told["url"] + "0/0-0/").status_code == 404
    assert client.get(told["url"] + "0/0-0/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_large_pictures_get_tiles_right_after_their_analysis(
    settings: Settings, moderator: User
) -> None:
    settings.TILES_FROM_PIXELS = 200_000
    for number, size in enumerate([(300, 200), (600, 400)]):
        receipt = submit_image(
            data=jpeg(photo_like(number, size)),
            original_name="one.jpg",
            submitted_by=moderator,
            door=Door.WEB,
        )
        analyze_image.func(str(receipt.analysis.id))
    assert len(waiting_jobs()) == 1


@pytest.mark.django_db(transaction=True)
def test_what_no_analysis_could_read_gets_no_tiles(
    moderator: User, client_of: Callable[[User], Client]
) -> None:
    image = make_image()
    assert client_of(moderator).post(address(image)).json() == {"status": "none"}
    assert not TilePyramid.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_damaged_or_lost_original_fails_the_tiles_only(moderator: User) -> None:
    analysis = make_analysis()  # its original is no picture
    pyramid = request_tiles(image=analysis.image)
    assert pyramid is not None
    work_off()
    pyramid.refresh_from_db()
    assert pyramid.status == TilesStatus.FAILED
    assert pyramid.error
    lost = make_analysis()
    default_storage.delete(str(lost.image.original.name))
    request_tiles(image=lost.image)
    work_off()
    assert TilePyramid.objects.get(image=lost.image).status == TilesStatus.FAILED
    analysis.refresh_from_db()
    assert analysis.status == "completed"


@pytest.mark.django_db(transaction=True)
def test_a_lost_job_is_offered_again_but_not_for_ever(large: Image) -> None:
    request_tiles(image=large)
    rows = TilePyramid.objects.filter(image=large)
    long_ago = timezone.now() - timedelta(hours=1)
    rows.update(requested_at=long_ago)
    request_tiles(image=large)
    assert len(waiting_jobs()) == 2
    rows.update(status=TilesStatus.BUILDING, started_at=long_ago, attempts=1)
    request_tiles(image=large)
    assert len(waiting_jobs()) == 3
    rows.update(status=TilesStatus.BUILDING, started_at=long_ago, attempts=2)
    request_tiles(image=large)
    assert len(waiting_jobs()) == 3
    assert rows.get().status == TilesStatus.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_lost_file_of_tiles_is_told(
    large: Image, moderator: User, client_of: Callable[[User], Client]
) -> None:
    request_tiles(image=large)
    work_off()
    pyramid = TilePyramid.objects.get()
    default_storage.delete(str(pyramid.file.name))
    told = client_of(moderator).get(address(large)).json()
    assert client_of(moderator).get(told["url"] + "0/0-0/").status_code == 404


@pytest.mark.slow
def test_a_hundred_megapixels_are_cut_within_bounds(roomy: Path) -> None:
    """In a process of its own, as a peak of memory never goes down."""
    from benchmarks.bench_tiles import make, measured_apart

    path = roomy / "hundred.jpg"
    path.write_bytes(make(100))
    alone, tiles = (measured_apart(path, kind) for kind in ("decode", "tiles"))
    assert tiles["seconds"] < 60
    # The picture once and half of it again, beside what a process needs anyway.
    assert tiles["peak_mb"] < alone["peak_mb"] + 150
