"""Every date of a file in order, zones and contradictions told; and the place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.forensics.analysis.metadata_files import PICTURE, data_of
from tests.images import exif_block, jpeg, png, with_xmp

TAKEN = {0x9003: "2024:05:01 10:00:00"}


def dates(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data_of(data)["timeline"]
    return found


def named(data: bytes, name: str) -> dict[str, Any]:
    return next(date for date in dates(data) if date["name"] == name)


def test_dates_stand_in_order_with_the_cameras_zone_assumed() -> None:
    gps: dict[int, Any] = {7: (8, 0, 3), 29: "2024:05:01"}
    exif = exif_block(
        image={306: "2024:05:01 10:00:01"},
        photo=TAKEN | {0x9011: "+02:00", 0x9004: "2024:05:01 10:00:00"},
        gps=gps,
    )
    found = dates(jpeg(PICTURE, exif=exif))
    assert [(d["name"], d["role"], d["has_zone"]) for d in found] == [
        ("EXIF DateTimeOriginal", "taken", True),
        ("EXIF DateTimeDigitized", "digitized", False),
        ("EXIF DateTime", "saved", False),
        ("GPS time", "gps", True),
    ]
    assert [d["marks"] for d in found] == [[]] * 4


def test_a_date_of_saving_before_the_shot_is_marked_on_both() -> None:
    exif = exif_block(image={306: "2020:01:01 00:00:00"}, photo=TAKEN)
    data = jpeg(PICTURE, exif=exif)
    assert named(data, "EXIF DateTime")["marks"] == [
        "It lies before EXIF DateTimeOriginal."
    ]
    assert named(data, "EXIF DateTimeOriginal")["marks"] == [
        "It lies after EXIF DateTime."
    ]


def test_hours_that_a_zone_could_explain_are_not_marked() -> None:
    exif = exif_block(image={306: "2024:05:01 04:00:00"}, photo=TAKEN)
    assert not any(date["marks"] for date in dates(jpeg(PICTURE, exif=exif)))


def test_a_satellite_time_of_another_day_is_marked() -> None:
    gps: dict[int, Any] = {7: (8, 0, 3), 29: "2024:05:09"}
    data = jpeg(PICTURE, exif=exif_block(photo=TAKEN, gps=gps))
    assert named(data, "GPS time")["marks"] == [
        "It lies more than a day from EXIF DateTimeOriginal."
    ]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("IMG_20240501_100000.jpg", "2024-05-01T10:00:00"),
        ("PXL_20240501_100000123.jpg", "2024-05-01T10:00:00"),
        ("IMG-20240501-WA0007.jpg", "2024-05-01T00:00:00"),
        ("Screenshot 2024-05-01 at 10.00.00.png", "2024-05-01T00:00:00"),
        ("DSC_0423.jpg", None),
        ("20249999.jpg", None),
        ("123202405011.jpg", None),
    ],
)
def test_file_names_that_the_metadata_keep_are_read(name: str, at: str | None) -> None:
    data = with_xmp(jpeg(PICTURE), f'xmpMM:PreservedFileName="{name}"')
    found = [d for d in dates(data) if d["role"] == "named"]
    assert [d["at"] for d in found] == ([at] if at else [])


def test_a_file_name_of_another_day_than_the_shot_is_marked() -> None:
    data = with_xmp(
        jpeg(PICTURE, exif=exif_block(photo=TAKEN)),
        'xmpMM:PreservedFileName="IMG_20200101_100000.jpg"',
    )
    (found,) = (d for d in dates(data) if d["role"] == "named")
    assert found["marks"] == ["It lies more than a day from EXIF DateTimeOriginal."]


def test_a_color_profile_younger_than_the_last_saving_is_marked() -> None:
    from PIL import ImageCms

    from tests.images import encode

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:24] + bytes((7, 0xEA, 0, 1, 0, 1)) + bytes(6) + profile[36:]
    exif = b"Exif\x00\x00" + exif_block(image={306: "2024:05:01 10:00:00"})
    data = encode(PICTURE, "JPEG", exif=exif, icc_profile=profile)
    found = named(data, "ICC profile ProfileDateTime")
    assert found["at"] == "2026-01-01T00:00:00+00:00"
    (mark,) = found["marks"]
    assert mark == "The color profile is younger than the file's last saving."


def test_history_and_png_times_are_dates_too() -> None:
    body = (
        '<xmpMM:History><rdf:Seq><rdf:li stEvt:when="2024-05-02T11:00:00Z"/>'
        "</rdf:Seq></xmpMM:History>"
    )
    assert named(with_xmp(jpeg(PICTURE), "", body), "XMP history")["role"] == "saved"
    made = png(PICTURE, {"Creation Time": "2024:05:01 10:00:00"})
    assert named(made, "PNG Creation Time")["role"] == "created"


def test_impossible_dates_are_no_dates() -> None:
    exif = exif_block(
        image={306: "0000:00:00 00:00:00"}, photo={0x9003: "9999:99:99 99:99:99"}
    )
    assert dates(jpeg(PICTURE, exif=exif)) == []


def test_the_place_comes_with_all_that_goes_with_it() -> None:
    gps: dict[int, Any] = {
        1: "S", 2: ((48, 1), (30, 1), (0, 1)),
        3: "E", 4: ((2, 1), (15, 1), (0, 1)),
        5: b"\x01", 6: ((355, 10),), 16: "T", 17: ((1234, 10),), 31: ((45, 10),),
        12: "K", 13: ((50, 1),),
    }  # fmt: skip
    found = data_of(jpeg(PICTURE, exif=exif_block(gps=gps)))["gps"]
    assert found == {
        "latitude": -48.5,
        "longitude": 2.25,
        "source": "EXIF",
        "altitude": -35.5,
        "accuracy": 4.5,
        "direction": 123.4,
        "direction_from": "true north",
        "speed": 50.0,
        "speed_unit": "km/h",
    }


def test_the_origin_of_the_grid_is_told_from_a_place() -> None:
    zero = ((0, 1), (0, 1), (0, 1))
    gps: dict[int, Any] = {1: "N", 2: zero, 3: "E", 4: zero}
    assert data_of(jpeg(PICTURE, exif=exif_block(gps=gps)))["gps"]["is_origin"] is True
