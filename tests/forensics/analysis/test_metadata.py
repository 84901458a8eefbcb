"""Metadata: blocks of real files to tables, and rules to stable codes."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from forensics.analysis.types import FindingStatus
from tests.forensics.analysis.metadata_files import (
    PICTURE,
    analyzed,
    camera_file,
    codes,
    data_of,
    group,
)
from tests.images import (
    camera_exif,
    encode,
    exif_block,
    jpeg,
    photo_like,
    png,
    with_segment,
)


def test_camera_data_are_read() -> None:
    gps: dict[int, Any] = {
        1: "N",
        2: ((48, 1), (51, 1), (2952, 100)),
        3: "W",
        4: ((2, 1), (17, 1), (40, 1)),
    }
    exif = exif_block(
        image={271: "Canon", 272: "EOS 5D", 274: 6, 306: "2024:05:01 10:00:00"},
        photo={
            0x829A: ((1, 250),),
            0x9003: "2024:05:01 10:00:00",
            0x9011: "+02:00",
            0xA434: "EF 50mm f/1.8",
        },
        gps=gps,
    )
    found = data_of(jpeg(PICTURE, exif=exif))
    assert found["camera"] == {
        "make": "Canon",
        "model": "EOS 5D",
        "lens": "EF 50mm f/1.8",
    }
    assert found["gps"] == {
        "latitude": 48.8582,
        "longitude": -2.2944444,
        "source": "EXIF",
    }
    assert {
        "name": "EXIF DateTimeOriginal",
        "at": "2024-05-01T10:00:00+02:00",
    } in found["times"]
    assert found["orientation"] == 6
    assert group(jpeg(PICTURE, exif=exif), "EXIF photo")["ExposureTime"] == 0.004


def test_the_jpeg_coding_is_read() -> None:
    found = data_of(encode(PICTURE, "JPEG", quality=83, subsampling=2))["jpeg"]
    assert (found["quality"], found["is_standard"]) == (83, True)
    assert found["subsampling"] == "4:2:0"
    assert found["is_progressive"] is False
    assert [len(table) for table in found["tables"]] == [64, 64]


@pytest.mark.parametrize("quality", [1, 25, 50, 75, 95, 100])
def test_quality_is_that_of_the_encoder(quality: int) -> None:
    found = data_of(jpeg(PICTURE, quality=quality))["jpeg"]
    assert (found["quality"], found["is_standard"]) == (quality, True)


@pytest.mark.parametrize(
    ("subsampling", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")]
)
def test_subsampling_is_named(subsampling: int, name: str) -> None:
    data = encode(PICTURE, "JPEG", subsampling=subsampling, progressive=True)
    found = data_of(data)["jpeg"]
    assert (found["subsampling"], found["is_progressive"]) == (name, True)


def test_foreign_tables_are_told_from_the_standard_ones() -> None:
    assert data_of(camera_file(camera_exif(PICTURE)))["jpeg"]["is_standard"] is False


def test_the_thumbnail_of_another_picture_is_a_mismatch() -> None:
    finding = analyzed(camera_file(camera_exif(photo_like(8, (480, 320)))))
    assert finding.codes == ("thumbnail_mismatch",)
    assert "thumbnail" in finding.summary


def letterboxed(picture: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", (480, 360))
    canvas.paste(picture, (0, 20))
    return canvas


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.point([min(255, 40 + v // 2) for v in range(256)] * 3),
        lambda p: p.point([int(255 * (v / 255) ** 2.2) for v in range(256)] * 3),
        lambda p: p.convert("L").convert("RGB"),
        lambda p: p.rotate(90, expand=True),
        lambda p: p.crop((27, 0, 453, 320)),
        letterboxed,
    ],
    ids=["contrast", "gamma", "gray", "turned", "cropped", "letterboxed"],
)
def test_a_thumbnail_of_other_tone_or_framing_is_no_mismatch(change: Any) -> None:
    found = data_of(jpeg(PICTURE, exif=camera_exif(change(PICTURE))))
    assert found["thumbnail"]["correlation"] > 0.9


@pytest.mark.parametrize("seed", range(12))
def test_thumbnails_of_different_pictures_never_agree(seed: int) -> None:
    exif = camera_exif(photo_like(100 + seed, (480, 320)))
    found = data_of(jpeg(photo_like(seed, (480, 320)), exif=exif))
    assert found["thumbnail"]["correlation"] < 0.7


def test_a_flat_picture_has_no_thumbnail_verdict() -> None:
    flat = Image.new("RGB", (320, 240), (90, 90, 90))
    found = analyzed(jpeg(flat, exif=camera_exif(PICTURE)))
    assert "thumbnail_mismatch" not in found.codes


def test_a_broken_thumbnail_is_no_mismatch() -> None:
    exif = exif_block(image={271: "Canon"}, thumbnail=b"\xff\xd8\xff broken")
    finding = analyzed(jpeg(PICTURE, exif=exif))
    assert "thumbnail_mismatch" not in finding.codes
    assert finding.data["thumbnail"] is None


def resource(identifier: int, body: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">H", identifier) + b"\x00\x00"
    return head + struct.pack(">I", len(body)) + body + b"\x00" * (len(body) & 1)


def test_photoshops_working_data_are_told_from_a_caption() -> None:
    caption = b"\x1c\x02\x78\x00\x05hello\x1c\x02\x50\x00\x03Ann"
    carried = with_segment(
        jpeg(PICTURE), 0xED, b"Photoshop 3.0\x00" + resource(0x0404, caption)
    )
    assert "photoshop_resources" not in codes(carried)
    assert group(carried, "IPTC") == {"Caption": "hello", "By-line": "Ann"}
    saved = with_segment(
        jpeg(PICTURE), 0xED, b"Photoshop 3.0\x00" + resource(0x0406, b"\x00\x08")
    )
    assert "photoshop_resources" in codes(saved)


def test_adobes_marker_alone_is_no_editor() -> None:
    marker = b"Adobe\x00\x64\x00\x00\x00\x00\x01"
    found = codes(with_segment(jpeg(PICTURE), 0xEE, marker))
    assert found == ("metadata_stripped",)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_exif_is_read_in_every_format_that_carries_it(name: str) -> None:
    exif = Image.Exif()
    exif[305] = "GIMP 2.10"
    data = encode(PICTURE, name, exif=exif.tobytes())
    assert "editing_software" in codes(data)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_the_color_profile_is_read_in_every_format(name: str) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encode(PICTURE, name, icc_profile=profile)
    assert "sRGB" in group(data, "ICC profile")["ProfileDescription"]


def test_xmp_with_a_document_type_is_not_parsed() -> None:
    bomb = (
        b'http://ns.adobe.com/xap/1.0/\x00<!DOCTYPE x [<!ENTITY a "aaaa">]>'
        b"<x>&a;&a;</x>"
    )
    data = with_segment(jpeg(PICTURE), 0xE1, bomb)
    assert group(data, "File")["XMP"] == "(present, not readable)"


def with_compressed_text(length: int) -> bytes:
    body = b"Comment\x00\x00" + zlib.compress(b"A" * length)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body
    chunk += struct.pack(">I", zlib.crc32(b"zTXt" + body))
    plain = png(PICTURE)
    return plain[:33] + chunk + plain[33:]


def test_a_compressed_text_that_unfolds_without_end_is_read_in_part() -> None:
    finding = analyzed(with_compressed_text(60_000_000))
    assert finding.status is FindingStatus.OK
    assert len(json.dumps(finding.data)) < 20_000


def test_a_packet_of_endless_elements_is_read_in_part() -> None:
    packet = b"<a>" * 200_000 + b"</a>" * 200_000
    found = analyzed(encode(PICTURE, "WEBP", xmp=packet))
    assert found.status is FindingStatus.OK


def test_a_long_compressed_text_is_shown_cut() -> None:
    found = data_of(with_compressed_text(900_000))
    shown = found["groups"]["PNG text"][0]["value"]
    assert shown.startswith("AAA")
    assert len(shown) < 600


def test_values_from_strangers_are_made_safe() -> None:
    nasty = "<script>\x1b[31m\u202eevil\ud800" + "x" * 9000
    raw = nasty.encode("utf-8", "surrogatepass")
    exif = exif_block(image={270: raw.decode("latin-1"), 271: "Make\x00hidden"})
    found = data_of(with_segment(jpeg(PICTURE, exif=exif), 0xFE, raw))
    text = json.dumps(found, allow_nan=False)
    for unsafe in ("\\u001b", "\\u202e", "\\ud800"):
        assert unsafe not in text
    assert "<script>" in text  # Escaping for HTML is the page's work.
    shown = found["groups"]["EXIF image"][0]["value"]
    assert len(shown) < 600
    assert "more characters" in shown


def test_ratios_without_a_value_become_zero() -> None:
    exif = exif_block(photo={0x829A: ((1, 0),), 0x920A: ((0, 0),)})
    found = group(jpeg(PICTURE, exif=exif), "EXIF photo")
    assert found["ExposureTime"] == 0.0
    assert found["FocalLength"] == 0.0
