"""Metadata on the page: the table and its filter, dates, place, first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from forensics.file_head import HEX_BYTES, MOST_STRINGS, read_head
from forensics.models import Image
from forensics.tag_meanings import _meanings, group_meaning, tag_meaning
from tests.factories import make_analysis, make_finding, make_image
from tests.images import (
    photo_like,
)

if TYPE_CHECKING:
    from pytest_django import Settings

    from accounts.models import User

from tests.forensics.pages import HOSTILE, ClientOf

PICTURE = photo_like(7, (480, 320))

DATA: dict[str, Any] = {
    "groups": {
        "EXIF photo": [
            {"tag": "ISO", "value": 200},
            {"tag": "LensModel", "value": "EF 50mm"},
        ],
        "XMP": [{"tag": "xmpMM:History[2].When", "value": "2024:05:02"}],
    },
    "gps": {"latitude": 48.8582, "longitude": -2.2944, "altitude": 35.0},
    "timeline": [
        {"at": "2024-05-01T10:00:00+02:00", "has_time": True, "has_zone": True,
         "name": "EXIF DateTimeOriginal", "role": "taken", "marks": ["It is odd."]},
        {"at": "2999-01-01T00:00:00", "has_time": False, "has_zone": False,
         "name": "XMP x", "role": "saved", "marks": []},
    ],
    "reader": {"state": "missing", "says": "ExifTool is not installed."},
}  # fmt: skip


def page_of(client: Any, analysis: Any, **asked: str) -> Any:
    return client.get(
        reverse("forensics:image-detail", args=[analysis.image_id]), asked
    )


@pytest.fixture
def shown(db: None) -> Any:
    analysis = make_analysis()
    analysis.findings.all().delete()
    make_finding(analysis=analysis, data=DATA)
    return analysis


def test_tags_are_filtered_by_name_value_and_meaning_without_scripts(
    client_of: ClientOf, moderator: User, shown: Any
) -> None:
    client = client_of(moderator)
    for asked, names in {
        "": ["ISO", "LensModel", "xmpMM:History[2].When"],
        "lens": ["LensModel"],
        "50MM": ["LensModel"],
        "sensitivity light": ["ISO"],
        "xmp": ["xmpMM:History[2].When"],
        "nothing of the kind": [],
    }.items():
        page = page_of(client, shown, tags=asked)
        panel = page.context["evidence"].panel
        found = [row.tag for group in panel.groups for row in group.rows]
        assert found == names, asked
        assert (panel.matching, panel.total) == (len(names), 3)
    assert "0 of 3 tags match" in page.content.decode()
    page = page_of(client, shown, tags=HOSTILE)
    assert "<svg onload" not in page.content.decode()


def test_dates_place_and_the_lack_of_exiftool_are_told(
    client_of: ClientOf, moderator: User, shown: Any
) -> None:
    page = page_of(client_of(moderator), shown)
    html = page.content.decode()
    assert "ExifTool is not installed" in html
    assert "It lies after the arrival of the file here." in html
    assert "2 of 2 cannot be true" in html
    assert "UTC+02:00" in html
    assert "zone not recorded" in html
    assert 'rel="noopener noreferrer"' in html
    address = "https://www.openstreetmap.org/?mlat=48.858200&amp;mlon=-2.294400"
    assert address in html
    # A link that a person follows; nothing that a browser loads by itself.
    assert html.count("openstreetmap.org/") == 1


def test_the_map_can_be_switched_off(
    client_of: ClientOf, moderator: User, shown: Any, settings: Settings
) -> None:
    settings.MAP_URL = ""
    html = page_of(client_of(moderator), shown).content.decode()
    assert "48.858200° N" in html
    assert "on a map" not in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    "data",
    [
        {"timeline": [1, {"at": "x"}, {"at": None, "marks": None}], "reader": "x"},
        {"gps": {"latitude": 1, "longitude": "x"}, "embedded": [1], "groups": [1]},
        {"gps": {"lat": 1, "lon": 2}, "timeline": {"a": 1}},
    ],
)
def test_findings_of_any_shape_are_shown(
    client_of: ClientOf, moderator: User, data: dict[str, Any]
) -> None:
    analysis = make_analysis()
    analysis.findings.all().delete()
    make_finding(analysis=analysis, data=data)
    assert page_of(client_of(moderator), analysis).status_code == 200


def head_address(image: Image) -> str:
    return reverse("forensics:image-head", args=[image.pk])


@pytest.mark.django_db
def test_the_first_bytes_are_shown_to_whoever_may_see_the_image(
    client_of: ClientOf, moderator: User, integrator: User, client: Any
) -> None:
    data = b"\xff\xd8<svg onload=alert(1)>" + bytes(range(256)) * 40
    image = make_image(
        original=default_storage.save("originals/x.jpg", ContentFile(data))
    )
    page = client_of(moderator).get(head_address(image))
    html = page.content.decode()
    assert "FF D8 3C 73 76 67" in html
    assert "&lt;svg onload=alert(1)&gt;" in html
    assert "<svg onload" not in html
    assert len(page.context["head"].rows) == HEX_BYTES // 16
    assert client_of(integrator).get(head_address(image)).status_code == 404
    assert client.get(head_address(image)).status_code == 302
    assert client_of(moderator).post(head_address(image)).status_code == 405
    default_storage.delete(str(image.original.name))
    assert client_of(moderator).get(head_address(image)).status_code == 404


def test_strings_are_found_and_capped() -> None:
    head = read_head(
        b"\x00\x01Adobe Photoshop\x00%%%%%%%%\x00" + b"word_here\x00" * 999
    )
    assert (head.strings[0].offset, head.strings[0].text) == (
        "000002",
        "Adobe Photoshop",
    )
    assert len(head.strings) == MOST_STRINGS
    assert head.has_more
    assert read_head(b"").rows == []
    assert len(read_head(b"a" * 500_000).strings[0].text) < 130


def test_the_tags_that_matter_have_a_meaning() -> None:
    assert len(_meanings()["tags"]) >= 150
    for section in _meanings().values():
        assert all(words.strip().endswith(".") for words in section.values())
    assert tag_meaning("XMP", "xmpMM:History[2].When") == "When this step was done."
    assert "satellite" in group_meaning("EXIF GPS")
    assert "maker" in group_meaning("Maker notes (Canon)")
    assert tag_meaning("XMP", "x:Unheard") == ""
