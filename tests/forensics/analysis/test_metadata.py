"""Metadata: blocks of real files to tables, and rules to stable codes."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.metadata.programs import ProgramKind, identify
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    ImageRejectedError,
    Limits,
)
from tests.images import (
    camera_exif,
    encode,
    exif_block,
    jpeg,
    photo_like,
    png,
    with_segment,
    with_xmp,
)

PICTURE = photo_like(7, (480, 320))
# No table of the libjpeg scale: as cameras with tables of their own write.
CAMERA_TABLES = {0: [3 + n // 5 for n in range(64)], 1: [4 + n // 4 for n in range(64)]}
IPTC_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def analyzed(data: bytes) -> Finding:
    return MetadataAnalyzer().analyze(load_evidence(data, Limits()))


def codes(data: bytes) -> tuple[str, ...]:
    return analyzed(data).codes


def data_of(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = dict(analyzed(data).data)
    return found


def group(data: bytes, name: str) -> dict[str, Any]:
    return {row["tag"]: row["value"] for row in data_of(data)["groups"].get(name, [])}


def camera_file(exif: bytes, picture: Image.Image = PICTURE) -> bytes:
    return encode(picture, "JPEG", qtables=CAMERA_TABLES, exif=b"Exif\x00\x00" + exif)


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
    assert found["gps"] == {"latitude": 48.8582, "longitude": -2.2944444}
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


def test_a_camera_original_is_recognized() -> None:
    finding = analyzed(camera_file(camera_exif(PICTURE)))
    assert finding.codes == ("camera_original",)
    assert finding.score == 0.1
    assert "Canon EOS 5D" in finding.summary


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("exif", "Adobe Photoshop CS6 (Windows)", "editing_software"),
        ("exif", "GIMP 2.10.30", "editing_software"),
        ("exif", "Snapseed 2.0", "editing_software"),
        ("exif", "Adobe Photoshop Lightroom Classic 11.0", "raw_developer"),
        ("exif", "darktable 4.0", "raw_developer"),
        ("exif", "Midjourney v6", "ai_generated"),
        ("xmp", "Adobe Firefly 1.0", "ai_generated"),
        ("xmp", "Canva (Renderer)", "editing_software"),
        ("comment", "Created with GIMP", "editing_software"),
        ("comment", "CREATOR: gd-jpeg v1.0, quality = 82", "resaved_by_tool"),
    ],
)
def test_a_program_that_signs_is_named(place: str, text: str, expected: str) -> None:
    data = jpeg(
        PICTURE, exif=camera_exif(PICTURE, t305=text if place == "exif" else "v1")
    )
    if place == "xmp":
        data = with_xmp(data, f'xmp:CreatorTool="{text}"')
    elif place == "comment":
        data = with_segment(data, 0xFE, text.encode())
    assert codes(data) == (expected,)


@pytest.mark.parametrize(
    "firmware",
    ["Ver.1.00", "Firmware Version 1.1.1", "16.5.1", "HDR+ 1.0.540104767zd",
     "COOLPIX S9100V1.1", "KODAK EASYSHARE C613", "N8-00", "E5823_32.1.A.1.185"],
)  # fmt: skip
def test_camera_firmware_is_no_editor(firmware: str) -> None:
    assert identify(firmware) is None
    assert codes(camera_file(camera_exif(PICTURE, t305=firmware))) == (
        "camera_original",
    )


def test_every_program_is_recognized_as_what_it_is() -> None:
    assert identify("Adobe Photoshop 24.1") == (ProgramKind.EDITOR, "Photoshop")
    assert identify("DALL·E 3") == (ProgramKind.GENERATOR, "DALL E")
    assert identify("Lavc58.54.100") == (ProgramKind.RESAVER, "Lavc")
    assert identify("Photoshopped by nobody") is None


def test_an_editing_history_in_the_xmp_is_found() -> None:
    history = (
        '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" '
        'stEvt:softwareAgent="Adobe Photoshop 22.0"/></rdf:Seq></xmpMM:History>'
    )
    assert codes(with_xmp(jpeg(PICTURE), "", history))[0] == "editing_software"


@pytest.mark.parametrize(
    "texts",
    [
        {"parameters": "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"},
        {"prompt": '{"3": {"class_type": "KSampler", "inputs": {}}}'},
        {"workflow": '{"last_node_id": 9, "nodes": []}'},
        {"invokeai_metadata": "{}"},
        {"Software": "NovelAI", "Comment": "{}"},
        {"Description": "a cat --v 5 Job ID: 0a1b2c3d-1111-2222-3333-444455556666"},
    ],
)
def test_a_generators_recipe_in_a_png_is_found(texts: dict[str, str]) -> None:
    finding = analyzed(png(PICTURE, texts))
    assert finding.codes[0] == "ai_generated"
    assert finding.score == 0.98


def test_a_generators_recipe_in_the_user_comment_is_found() -> None:
    recipe = "a cat\nSteps: 20, Sampler: DPM++, CFG scale: 7"
    for comment in (
        b"ASCII\x00\x00\x00" + recipe.encode(),
        b"UNICODE\x00" + recipe.encode("utf-16-le"),
        b"UNICODE\x00" + recipe.encode("utf-16-be"),
    ):
        exif = exif_block(photo={0x9286: comment})
        assert codes(jpeg(PICTURE, exif=exif))[0] == "ai_generated"


def test_a_caption_that_speaks_of_generators_accuses_nobody() -> None:
    caption = "My steps: 20 photographs that Midjourney could not have made"
    data = png(PICTURE, {"Description": caption, "prompt": "a contest prompt"})
    assert "ai_generated" not in codes(data)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("trainedAlgorithmicMedia", ("ai_generated",)),
        ("compositeWithTrainedAlgorithmicMedia", ("ai_composite",)),
        ("digitalCapture", ()),
    ],
)
def test_the_iptc_source_type_is_believed(term: str, expected: tuple[str, ...]) -> None:
    data = jpeg(PICTURE, exif=camera_exif(PICTURE))
    declared = with_xmp(data, f'Iptc4xmpExt:DigitalSourceType="{IPTC_SOURCE}{term}"')
    assert codes(declared) == expected
    manifest = b"JP\x00\x01jumb c2pa " + (IPTC_SOURCE + term).encode()
    assert codes(with_segment(data, 0xEB, manifest)) == expected


def test_the_thumbnail_of_another_picture_is_a_mismatch() -> None:
    finding = analyzed(jpeg(PICTURE, exif=camera_exif(photo_like(8, (480, 320)))))
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


def times(modified: str, taken: str, **offsets: str) -> tuple[str, ...]:
    photo: dict[int, Any] = {0x9003: taken}
    photo |= {int(tag[1:], 16): value for tag, value in offsets.items()}
    exif = exif_block(image={271: "Canon", 306: modified}, photo=photo)
    return codes(jpeg(PICTURE, exif=exif))


@pytest.mark.parametrize(
    ("modified", "taken", "contradicts"),
    [
        ("2024:05:01 10:00:00", "2024:05:01 10:00:00", False),
        ("2024:05:09 10:00:00", "2024:05:01 10:00:00", False),
        ("2024:05:01 10:00:00", "2024:05:02 11:00:00", False),
        ("2024:05:01 10:00:00", "2024:05:02 13:00:00", True),
        ("2019:05:01 10:00:00", "2024:05:01 10:00:00", True),
        ("0000:00:00 00:00:00", "2024:05:01 10:00:00", False),
        ("2024:13:41 99:00:00", "2024:05:01 10:00:00", False),
    ],
)
def test_taken_after_modified_is_a_contradiction_beyond_all_zones(
    modified: str, taken: str, *, contradicts: bool
) -> None:
    assert ("time_contradiction" in times(modified, taken)) is contradicts


def test_known_zones_make_hours_count() -> None:
    zones = {"x9010": "+00:00", "x9011": "+00:00"}
    taken, modified = "2024:05:01 12:00:00", "2024:05:01 10:00:00"
    assert "time_contradiction" in times(modified, taken, **zones)
    zones["x9011"] = "+02:00"
    assert "time_contradiction" not in times(modified, taken, **zones)


@pytest.mark.parametrize(
    ("date", "clock", "contradicts"),
    [
        ("2024:05:01", ((8, 1), (0, 1), (0, 1)), False),
        ("2024:05:20", ((8, 1), (0, 1), (0, 1)), True),
        ("2017:01:01", ((0, 1), (0, 1), (0, 1)), False),
    ],
)
def test_gps_time_far_from_the_cameras_is_a_contradiction(
    date: str, clock: tuple[tuple[int, int], ...], *, contradicts: bool
) -> None:
    exif = exif_block(
        image={271: "Canon"},
        photo={0x9003: "2024:05:01 10:00:00"},
        gps={7: clock, 0x1D: date},
    )
    found = codes(jpeg(PICTURE, exif=exif))
    assert ("time_contradiction" in found) is contradicts


@pytest.mark.parametrize(
    ("size", "expected"), [((480, 320), False), ((320, 480), False), ((960, 640), True)]
)
def test_another_recorded_size_is_a_mismatch(
    size: tuple[int, int], *, expected: bool
) -> None:
    exif = exif_block(photo={0xA002: size[0], 0xA003: size[1]})
    found = codes(jpeg(PICTURE, exif=exif))
    assert ("dimension_mismatch" in found) is expected


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


def test_a_bare_file_is_called_stripped_without_a_claim() -> None:
    finding = analyzed(jpeg(PICTURE))
    assert finding.codes == ("metadata_stripped",)
    assert finding.score is None


def test_a_screenshot_that_says_so_is_named() -> None:
    exif = exif_block(photo={0x9286: b"ASCII\x00\x00\x00Screenshot"})
    assert "screenshot" in codes(png(PICTURE, {"Comment": "Screenshot"}))
    assert "screenshot" in codes(jpeg(PICTURE, exif=exif))


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


def test_a_compressed_text_that_unfolds_without_end_is_refused() -> None:
    with pytest.raises(ImageRejectedError):
        analyzed(with_compressed_text(60_000_000))


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


def test_the_shipped_photographs_of_scikit_image_accuse_nobody() -> None:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    pictures = [folder / name for name in ("astronaut.png", "coffee.png", "rocket.jpg")]
    present = [path for path in pictures if path.exists()]
    assert present
    for path in present:
        finding = analyzed(path.read_bytes())
        accusing = {"editing_software", "ai_generated", "thumbnail_mismatch"}
        assert accusing.isdisjoint(finding.codes), path.name
