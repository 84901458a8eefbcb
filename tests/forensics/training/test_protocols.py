"""Re-encoding both classes alike: seeded by name, blind to the class."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from forensics.training.datasets import Label, Sample
from forensics.training.header_only import (
    cross_group_scores,
    cross_scores,
    header_digest,
    table_scores,
)
from forensics.training.metrics import area_under_curve
from forensics.training.protocols import (
    ProtocolKind,
    equalized,
    quality_75,
    raw,
    reencoding,
)
from tests.images import camera_exif, jpeg, photo_like

if TYPE_CHECKING:
    from pathlib import Path


def test_raw_leaves_the_pixels_alone() -> None:
    picture = photo_like()
    assert raw().reencode(picture, "a.jpg") is picture


def test_quality_75_is_one_encoding_at_75() -> None:
    picture = photo_like(size=(64, 48))
    seen = quality_75().reencode(picture, "a.jpg")
    assert seen.size == picture.size
    assert seen != picture
    # Encoding again at the same quality changes next to nothing more.
    again = quality_75().reencode(seen, "a.jpg")
    change = np.abs(np.asarray(again, dtype=int) - np.asarray(seen, dtype=int))
    assert change.mean() < 0.5


def test_equalized_depends_on_seed_and_name_only() -> None:
    picture = photo_like()
    first = equalized(seed=1).reencode(picture, "a.jpg")
    assert first == equalized(seed=1).reencode(picture, "a.jpg")
    assert first != equalized(seed=2).reencode(picture, "a.jpg")
    assert first != equalized(seed=1).reencode(picture, "b.jpg")


def test_equalized_resizes_within_its_range() -> None:
    picture = photo_like(size=(1000, 10))
    names = [f"{number}.jpg" for number in range(200)]
    widths = [equalized(seed=1).reencode(picture, name).width for name in names]
    assert min(widths) >= 800
    assert max(widths) <= 950
    assert min(widths) < 820
    assert max(widths) > 930


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (8, 8)])
def test_equalized_bears_tiny_pictures(size: tuple[int, int]) -> None:
    seen = equalized(seed=1).reencode(Image.new("RGB", size), "a.png")
    assert min(seen.size) >= 1


def test_a_leak_in_the_tables_is_found_without_pixels(tmp_path: Path) -> None:
    samples = []
    for number in range(40):
        fake = number % 2 == 0
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(jpeg(photo_like(size=(32, 32)), quality=90 if fake else 75))
        samples.append(Sample(path, Label.FAKE if fake else Label.AUTHENTIC))
    truth = np.array([sample.label is Label.FAKE for sample in samples])
    assert area_under_curve(truth, cross_scores(samples, seed=1)) == 1.0
    unseen = tmp_path / "unseen.jpg"
    unseen.write_bytes(jpeg(photo_like(size=(32, 32)), quality=33))
    asked = [Sample(unseen, Label.FAKE)]
    assert table_scores(samples, asked).tolist() == [0.5]


def test_recompressed_and_equalized_share_one_draw_of_the_encoding() -> None:
    qualities, subsamplings = set(), set()
    for number in range(300):
        name = f"{number}.jpg"
        plain, resized = (
            reencoding(kind, name=name, size=(200, 100), seed=7)
            for kind in (ProtocolKind.RECOMPRESSED, ProtocolKind.EQUALIZED)
        )
        assert plain is not None
        assert resized is not None
        assert plain.factor == 1.0
        assert 0.80 <= resized.factor <= 0.95
        assert (plain.quality, plain.subsampling) == (
            resized.quality,
            resized.subsampling,
        )
        qualities.add(plain.quality)
        subsamplings.add(plain.subsampling)
    assert qualities == set(range(75, 96))
    assert subsamplings == {"4:4:4", "4:2:2", "4:2:0"}


@pytest.mark.parametrize(
    ("size", "shared"),
    [
        ((4000, 3000), (1280, 960)),
        ((1000, 2560), (500, 1280)),
        ((1281, 1281), (1280, 1280)),
        ((1280, 960), (960, 720)),
        ((400, 300), (300, 225)),
        ((1, 1), (1, 1)),
    ],
)
def test_sharing_online_makes_pictures_smaller(
    size: tuple[int, int], shared: tuple[int, int]
) -> None:
    found = reencoding(ProtocolKind.SHARED_ONLINE, name="a", size=size, seed=1)
    assert found is not None
    assert (found.quality, found.subsampling) == (80, "4:2:0")
    assert found.size_of(size) == shared


def test_raw_keeps_the_file() -> None:
    assert reencoding(ProtocolKind.RAW, name="a", size=(8, 8), seed=1) is None


def test_a_re_encoded_file_carries_nothing_over() -> None:
    with Image.open(BytesIO(jpeg(exif=camera_exif(photo_like())))) as picture:
        picture.info |= {"comment": b"secret", "icc_profile": b"secret", "dpi": (3, 3)}
        chosen = reencoding(
            ProtocolKind.RECOMPRESSED, name="a", size=picture.size, seed=1
        )
        assert chosen is not None
        data = chosen.encode(picture)
    with Image.open(BytesIO(data)) as again:
        assert set(again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert again.info["jfif_density"] == (1, 1)


def test_a_header_tells_the_class_only_where_headers_differ_by_class() -> None:
    fake = np.arange(400) % 4 == 0
    groups = list(range(400))
    telling = ["q95" if is_fake else "q75" for is_fake in fake]
    scores = cross_group_scores(telling, fake, groups, seed=1)
    assert area_under_curve(fake, scores) == 1.0
    same = cross_group_scores(["q80"] * 400, fake, groups, seed=1)
    assert set(same) == {0.5}
    # Nothing is learned of a file from others of its own group.
    alone = [f"table {group // 2}" for group in groups]
    paired = cross_group_scores(alone, fake, [g // 2 for g in groups], seed=1)
    assert set(paired) == {0.5}


def test_headers_are_told_apart_by_tables_alone() -> None:
    media = "image/jpeg"
    one, other = jpeg(photo_like(1)), jpeg(photo_like(2))
    assert header_digest(one, media) == header_digest(other, media)
    assert header_digest(one, media) != header_digest(jpeg(quality=91), media)
    assert header_digest(b"any", "image/png") == "image/png"
    assert header_digest(b"any", media) == "unreadable"
