"""From a file that ExifTool tagged to the page: table, dates, place, search, bytes."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.types import Finding, Limits
from forensics.exiftool import ExifTool
from forensics.metadata_search import MAX_TEXT, searchable_text
from forensics.models import Door, Image, MetadataText
from forensics.services import run_analysis, submit_image
from tests.exiftool import require_exiftool, write_tags
from tests.factories import make_analysis, make_image, make_metadata, make_user
from tests.images import (
    camera_exif,
    encode,
    exif_block,
    jpeg,
    photo_like,
    png,
    with_segment,
)

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

from tests.forensics.pages import HOSTILE, ClientOf

PICTURE = photo_like(7, (480, 320))
HISTORY = (
    "-XMP-xmpMM:History=[{Action=created,When=2024:05:01 10:00:00+02:00,"
    "SoftwareAgent=Adobe Photoshop 25.0},{Action=saved,When=2024:05:02 11:00:00Z}]"
)


@pytest.fixture(scope="module")
def reader() -> Iterator[ExifTool]:
    opened = ExifTool(require_exiftool())
    yield opened
    opened.close()


def finding_of(data: bytes, reader: ExifTool) -> Finding:
    return MetadataAnalyzer(reader).analyze(load_evidence(data, Limits()))


def rows_of(finding: Finding, group: str) -> dict[str, Any]:
    groups: Any = finding.data["groups"]
    return {row["tag"]: row["value"] for row in groups.get(group, [])}


def test_all_blocks_are_read(reader: ExifTool, tmp_path: Path) -> None:
    data = write_tags(
        jpeg(PICTURE, exif=camera_exif(PICTURE)),
        tmp_path,
        HISTORY,
        "-IPTC:Keywords=harbor",
        "-IPTC:Keywords=night",
        "-XMP-dc:Subject=boats",
        "-XMP-xmp:CreatorTool=Adobe Photoshop 25.0",
        "-LensModel=EF 50mm",
        "-Comment=made by hand",
    )
    found = finding_of(data, reader)
    assert rows_of(found, "EXIF image")["Model"] == "EOS 5D"
    assert rows_of(found, "EXIF photo")["ExposureTime"] == "1/250"
    assert rows_of(found, "IPTC")["Keywords"] == "harbor; night"
    xmp = rows_of(found, "XMP")
    assert xmp["dc:Subject"] == "boats"
    assert xmp["xmpMM:History[1].SoftwareAgent"] == "Adobe Photoshop 25.0"
    assert rows_of(found, "File")["Comment"] == "made by hand"
    assert "/dev/fd" not in str(found.data)
    dates: Any = found.data["timeline"]
    steps = {d["name"]: d["detail"] for d in dates if d["detail"]}
    assert steps == {
        "XMP xmpMM:History[1].When": "created, Adobe Photoshop 25.0",
        "XMP xmpMM:History[2].When": "saved",
    }
    assert len({(d["name"], d["at"]) for d in dates}) == len(dates)
    assert [d["name"] for d in dates].count("EXIF DateTime") == 1


def test_maker_notes_are_read(reader: ExifTool, tmp_path: Path) -> None:
    # A Canon maker note: one directory with the owner's name.
    owner = b"A. Photographer".ljust(32, b"\x00")
    note = b"\x01\x00" + b"\x09\x00\x02\x00" + (32).to_bytes(4, "little")
    exif = exif_block(
        image={271: "Canon", 272: "Canon EOS 5D"}, photo={0x927C: b"x" * 60}
    )
    at = exif.index(b"x" * 60)
    body = note + (at + 18).to_bytes(4, "little") + bytes(4) + owner
    data = jpeg(PICTURE, exif=exif.replace(b"x" * 60, body.ljust(60, b"\x00")))
    assert rows_of(finding_of(data, reader), "Maker notes (Canon)") == {
        "OwnerName": "A. Photographer"
    }


def test_png_texts_and_profiles_are_read(reader: ExifTool, tmp_path: Path) -> None:
    data = png(PICTURE, {"parameters": "a cat, Steps: 20", "Software": "x"})
    found = finding_of(data, reader)
    assert rows_of(found, "PNG")["Parameters"] == "a cat, Steps: 20"
    tagged = write_tags(
        data, tmp_path, "-PNG:ModifyDate=2024:05:01 10:00:00", name="x.png"
    )
    dates: Any = finding_of(tagged, reader).data["timeline"]
    assert [(d["name"], d["role"]) for d in dates] == [("PNG tIME", "saved")]


def test_boxes_of_content_credentials_are_read(reader: ExifTool) -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    uuid = bytes.fromhex("0011001000800000AA00389B71")
    label = box(b"jumd", b"c2pa" + uuid[1:] + b"\x03c2pa\x00")
    inner = box(b"jumd", b"json" + uuid[1:] + b"\x03stds.schema-org\x00")
    said = box(b"json", b'{"author": "Ann", "when": "2024-05-01T10:00:00Z"}')
    boxes = box(b"jumb", label + box(b"jumb", inner + said))
    head = b"JP\x00\x01\x00\x00\x00\x01"
    found = finding_of(with_segment(jpeg(PICTURE), 0xEB, head + boxes), reader)
    groups: Any = found.data["groups"]
    assert {"tag": "JUMDLabel", "value": "c2pa"} in groups["C2PA"]
    assert {"tag": "Author", "value": "Ann"} in groups["C2PA"]
    dates: Any = found.data["timeline"]
    assert [d["at"] for d in dates] == ["2024-05-01T10:00:00+00:00"]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC", "GIF"])
def test_every_format_is_read(name: str, reader: ExifTool) -> None:
    exif = b"Exif\x00\x00" + camera_exif()
    options = {} if name == "GIF" else {"exif": exif}
    found = finding_of(encode(PICTURE, name, **options), reader)
    reading: Any = found.data["reader"]
    assert reading["state"] == "read"
    assert reading["tags"] > 5
    if name != "GIF":
        assert rows_of(found, "EXIF image")["Make"] == "Canon"


def test_a_place_in_xmp_alone_is_found(reader: ExifTool, tmp_path: Path) -> None:
    data = write_tags(
        jpeg(PICTURE), tmp_path, "-XMP:GPSLatitude=48.5", "-XMP:GPSLongitude=-2.25"
    )
    gps: Any = finding_of(data, reader).data["gps"]
    assert (gps["latitude"], gps["longitude"]) == (48.5, -2.25)


def test_thumbnail_and_second_picture_become_evidence(reader: ExifTool) -> None:
    stream = BytesIO()
    PICTURE.save(
        stream,
        "MPO",
        save_all=True,
        append_images=[photo_like(9, (200, 100))],
        exif=b"Exif\x00\x00" + camera_exif(PICTURE),
    )
    found = finding_of(stream.getvalue(), reader)
    assert [(e.kind, e.width, e.height) for e in found.evidence] == [
        ("embedded_1", 160, 107),
        ("embedded_2", 200, 100),
    ]
    assert "MPImage2" in found.evidence[1].caption


def test_hostile_tags_come_out_short_and_printable(
    reader: ExifTool, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.txt"
    huge.write_text("A" * 2_000_000)
    data = write_tags(
        jpeg(PICTURE),
        tmp_path,
        f"-XMP-dc:Description<={huge}",
        f"-XMP-dc:Title={HOSTILE}",
        "-Artist=\x1b[31mred\u202e",
        "-XMP-dc:Rights={ready1}",
    )
    found = finding_of(data, reader)
    xmp = rows_of(found, "XMP")
    assert len(xmp["dc:Description"]) < 1100
    assert xmp["dc:Title"] == HOSTILE
    assert xmp["dc:Rights"] == "{ready1}"
    assert not any(c in rows_of(found, "EXIF image")["Artist"] for c in "\x1b\u202e")
    assert len(str(found.data)) < 20_000


def stored(data: bytes, user: User) -> Image:
    receipt = submit_image(
        data=data, original_name="a.jpg", door=Door.WEB, submitted_by=user
    )
    run_analysis(analysis_id=receipt.analysis.id, on_completed=lambda _: None)
    return Image.objects.get(pk=receipt.image.pk)


@pytest.mark.django_db
def test_a_tag_is_found_in_the_list_and_in_the_api(
    client_of: ClientOf, moderator: User
) -> None:
    require_exiftool()
    image = stored(jpeg(PICTURE, exif=camera_exif(t305="Snapseed 2.0")), moderator)
    stored(jpeg(photo_like(1, (96, 80))), moderator)
    text = MetadataText.objects.get(analysis=image.current_analysis).text
    assert "exif image software: snapseed 2.0" in text
    client = client_of(moderator)
    for asked in ("snapseed", "Software: SNAPSEED", "EOS  5D"):
        page = client.get(reverse("forensics:image-list"), {"q": asked})
        assert [row["image"].pk for row in page.context["rows"]] == [image.pk], asked
        answer = client.get("/api/v1/images/", {"metadata": asked}).json()
        assert [found["id"] for found in answer["results"]] == [str(image.pk)], asked
    answer = client.get("/api/v1/images/", {"metadata": "no such tag"}).json()
    assert answer["results"] == []


@pytest.mark.django_db
def test_only_the_newest_result_and_visible_images_are_searched(
    client_of: ClientOf, integrator: User
) -> None:
    others = make_analysis(image=make_image(submitted_by=make_user("integrator")))
    make_metadata(analysis=others, text="exif make: canon")
    mine = make_analysis(image=make_image(submitted_by=integrator))
    make_metadata(analysis=mine, text="exif make: canon")
    client = client_of(integrator)
    found = client.get("/api/v1/images/", {"metadata": "canon"}).json()["results"]
    assert [image["id"] for image in found] == [str(mine.image_id)]
    make_analysis(image=mine.image)
    assert client.get("/api/v1/images/", {"metadata": "canon"}).json()["results"] == []


@pytest.mark.django_db
def test_searching_metadata_needs_no_more_queries(
    client_of: ClientOf,
    moderator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_of(moderator)
    counts = []
    for more in (3, 20):
        for _ in range(more):
            make_metadata(analysis=make_analysis(), text="make: canon")
        with django_assert_num_queries(14, exact=False) as queries:
            client.get(reverse("forensics:image-list"), {"q": "canon"})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_searched_text_is_folded_and_bounded() -> None:
    rows = [{"tag": "Make", "value": "Straße\nX"}, {"tag": "ISO", "value": [100, 200]}]
    assert searchable_text({"EXIF": rows}) == "exif make: strasse x\nexif iso: 100, 200"
    many = [{"tag": f"T{n}", "value": "x" * 5000} for n in range(1000)]
    assert len(searchable_text({"XMP": many})) <= MAX_TEXT
    assert searchable_text(None) == searchable_text({"XMP": "no rows"}) == ""
