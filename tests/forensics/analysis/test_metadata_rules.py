"""Metadata rules: what accuses, what acquits, and what must do neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forensics.analysis.metadata import rules
from forensics.analysis.metadata.facts import Facts
from forensics.analysis.metadata.programs import ProgramKind, identify
from forensics.analysis.metadata.rules import Rule
from tests.forensics.analysis.metadata_files import (
    PICTURE,
    analyzed,
    camera_file,
    codes,
)
from tests.images import (
    camera_exif,
    encode,
    exif_block,
    jpeg,
    png,
    with_segment,
    with_xmp,
)

IPTC_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


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
    ("firmware", "model"),
    [
        ("", "EOS 5D"),
        ("Ver.1.00", "EOS 5D"),
        ("Firmware Version 1.1.1", "EOS 5D"),
        ("16.5.1", "iPhone 12"),
        ("HDR+ 1.0.540104767zd", "Pixel 7"),
        ("HD9.01.01.72.00", "HERO9 Black"),
        ("081916 V6IR-Bld1.18", "HF2"),
        ("COOLPIX S9100V1.1", "COOLPIX S9100"),
        ("KODAK EASYSHARE C613", "KODAK EASYSHARE C613 ZOOM DIGITAL CAMERA"),
        ("Digital Camera FinePix S304   Ver1.00", "FinePix S304"),
        ("N8-00", "N8-00"),
        ("E5823_32.1.A.1.185", "E5823"),
        ("N900AUCUCNC2", "SM-N900A"),
    ],
)
def test_camera_firmware_is_no_program(firmware: str, model: str) -> None:
    assert identify(firmware) is None
    exif = camera_exif(PICTURE, t272=model, t305=firmware)
    assert codes(camera_file(exif)) == ("camera_original",)


@pytest.mark.parametrize(
    "program",
    ["Photos 7.0", "Aperture 3.4.3", "Polarr Photo Editor", "Movavi Photo Editor",
     "PhotoDirector", "ON1 Photo RAW 2023", "ON1 2023", "InPaint", "Remini", "B612",
     "Microsoft Designer", "Adobe Express", "Gemini", "Recraft", "Instagram",
     "CAMERA360", "Camera 360", "Windows 10", "EOS 5D edited with PhotoLab",
     "ACD Systems Digital Imaging"],
)  # fmt: skip
def test_what_any_program_has_signed_is_no_camera_original(program: str) -> None:
    exif = camera_exif(PICTURE, t305=program)
    assert "camera_original" not in codes(camera_file(exif))
    signed = with_xmp(camera_file(camera_exif(PICTURE)), f'xmp:CreatorTool="{program}"')
    assert "camera_original" not in codes(signed)


@pytest.mark.parametrize(
    ("changed", "is_original"),
    [
        ("2024:05:01 10:00:00", True),
        ("2024:05:01 10:00:59", True),
        ("2024:05:01 10:05:00", False),
        ("2024:08:01 10:00:00", False),
        ("", False),
        ("0000:00:00 00:00:00", False),
    ],
)
def test_a_file_changed_after_the_shot_is_no_camera_original(
    changed: str, *, is_original: bool
) -> None:
    found = codes(camera_file(camera_exif(PICTURE, t306=changed)))
    assert found == (("camera_original",) if is_original else ())


@pytest.mark.parametrize(
    ("attributes", "is_original"),
    [
        ('xmp:CreatorTool="16.5.1" xmp:ModifyDate="2024-05-01T10:00:00"', True),
        ('xmp:ModifyDate="2024-05-01T10:00:00+02:00" xmp:Rating="0"', True),
        ('xmp:ModifyDate="2024-08-01T10:00:00"', False),
        ('xmp:MetadataDate="2024-08-01T10:00:00+02:00"', False),
        ('xmp:ModifyDate="soon"', False),
        ('xmpMM:DocumentID="xmp.did:1"', False),
        ('xmp:Broken="&undefined;"', False),
    ],
)
def test_the_xmp_must_know_of_no_change_either(
    attributes: str, *, is_original: bool
) -> None:
    found = codes(with_xmp(camera_file(camera_exif(PICTURE)), attributes))
    assert found == (("camera_original",) if is_original else ())


def test_a_heic_with_a_few_copied_tags_is_no_camera_original() -> None:
    time = "2024:05:01 10:00:00"
    image = {271: "Apple", 272: "iPhone 12", 306: time}
    photo: dict[int, Any] = {0x829A: ((1, 250),), 0x9003: time}
    copied = encode(PICTURE, "HEIC", exif=exif_block(image=image, photo=photo))
    assert codes(copied) == ()
    photo[0x927C] = b"Apple iOS\x00\x00\x01MM" + bytes(200)
    whole = encode(PICTURE, "HEIC", exif=exif_block(image=image, photo=photo))
    assert codes(whole) == ("camera_original",)


def test_every_program_is_recognized_as_what_it_is() -> None:
    assert identify("Adobe Photoshop 24.1") == (ProgramKind.EDITOR, "Photoshop")
    assert identify("DALL·E 3") == (ProgramKind.GENERATOR, "DALL-E")
    assert identify("Lavc58.54.100") == (ProgramKind.RESAVER, "FFmpeg")
    assert identify("Photoshopped by nobody") is None


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("Adobe Firefly 2.0", "Adobe Firefly"),
        ("Midjourney v6", "Midjourney"),
        ("OpenAI DALL-E 3", "DALL-E"),
        ("DALL?E 3", "DALL-E"),
        ("Made with ChatGPT", "OpenAI"),
        ("stable-diffusion-webui", "Stable Diffusion"),
        ("AUTOMATIC1111", "AUTOMATIC1111"),
        ("NovelAI", "NovelAI"),
        ("InvokeAI 3.4", "InvokeAI"),
        ("ComfyUI", "ComfyUI"),
        ("Imagen 3", "Imagen"),
        ("Google imagen-3.0-generate-002", "Imagen"),
        ("FLUX.1 [dev]", "FLUX"),
    ],
)
def test_a_generator_that_signs_as_the_program_is_found(
    signature: str, name: str
) -> None:
    assert identify(signature) == (ProgramKind.GENERATOR, name)
    assert codes(png(PICTURE, {"Software": signature})) == ("ai_generated",)
    tool = with_xmp(jpeg(PICTURE), f'xmp:CreatorTool="{signature}"')
    assert codes(tool)[0] == "ai_generated"


CAPTIONS = (
    "Imagen 2 de 10",
    "Imagen 25, Madrid",
    "Imagen 3",
    "Chinese ideogram, Xian",
    "Photo: OpenAI headquarters",
    "Not Stable Diffusion",
    "Interview with Midjourney's founder",
    "Courtesy of OpenAI",
    "OpenAI",
    "Not made with Google AI",
    "Topaz gemstone ring",
    "Corel strait",
    "Luminar Studios",
    "Melanie Perkins/Canva",
    "Created with GIMPs and gowns",
    "The ImageMagick booth",
)


@pytest.mark.parametrize("caption", CAPTIONS)
def test_captions_and_credits_that_name_a_program_accuse_nobody(caption: str) -> None:
    for key in ("Author", "Source", "Creator", "Comment", "Description", "Title"):
        assert codes(png(PICTURE, {key: caption})) == ()
    credited = with_xmp(
        jpeg(PICTURE),
        f'photoshop:Credit="{caption}" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"',
    )
    record = b"\x1c\x02\x6e" + len(caption).to_bytes(2, "big") + caption.encode()
    head = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00"
    block = head + len(record).to_bytes(4, "big") + record
    for data in (
        credited,
        with_segment(jpeg(PICTURE), 0xED, block),
        with_segment(jpeg(PICTURE), 0xFE, caption.encode()),
    ):
        assert codes(data) == ("metadata_stripped",)


@pytest.mark.parametrize("caption", ["Not Stable Diffusion", "Imagen 2 de 10"])
def test_a_generators_name_has_to_open_its_signature(caption: str) -> None:
    assert identify(caption) is None


@pytest.mark.parametrize(
    ("credit", "expected"),
    [("Made with Google AI", "ai_generated"),
     ("Edited with Google AI", "editing_software")],
)  # fmt: skip
def test_googles_own_credit_line_is_believed(credit: str, expected: str) -> None:
    attributes = (
        f'photoshop:Credit="{credit}" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    )
    assert codes(with_xmp(jpeg(PICTURE), attributes))[0] == expected


def test_a_rule_that_breaks_silences_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(facts: Facts) -> str | None:
        raise OverflowError

    monkeypatch.setattr(rules, "RULES", (Rule("broken", 0.5, broken), *rules.RULES))
    finding = analyzed(jpeg(PICTURE, exif=camera_exif(PICTURE, t305="GIMP 2.10")))
    assert finding.codes == ("editing_software",)
    assert finding.data["failed_rules"] == ("broken",)
    assert "Could not be checked: broken" in finding.summary
    original = analyzed(camera_file(camera_exif(PICTURE)))
    assert original.codes == ()  # what was not checked cannot acquit


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
        ("digitalCapture", ("camera_original", "capture_declared")),
    ],
)
def test_the_iptc_source_type_is_believed_but_not_an_unchecked_manifest(
    term: str, expected: tuple[str, ...]
) -> None:
    data = camera_file(camera_exif(PICTURE))
    declared = with_xmp(data, f'Iptc4xmpExt:DigitalSourceType="{IPTC_SOURCE}{term}"')
    assert codes(declared) == expected
    manifest = b"JP\x00\x01jumb c2pa " + (IPTC_SOURCE + term).encode()
    assert codes(with_segment(data, 0xEB, manifest)) == ("camera_original",)


@pytest.mark.parametrize(
    ("size", "expected"), [((480, 320), False), ((320, 480), False), ((960, 640), True)]
)
def test_another_recorded_size_is_a_mismatch(
    size: tuple[int, int], *, expected: bool
) -> None:
    exif = exif_block(photo={0xA002: size[0], 0xA003: size[1]})
    found = codes(jpeg(PICTURE, exif=exif))
    assert ("dimension_mismatch" in found) is expected


def test_a_bare_file_is_called_stripped_without_a_claim() -> None:
    finding = analyzed(jpeg(PICTURE))
    assert finding.codes == ("metadata_stripped",)
    assert finding.score is None


def test_a_screenshot_that_says_so_is_named() -> None:
    exif = exif_block(photo={0x9286: b"ASCII\x00\x00\x00Screenshot"})
    assert "screenshot" in codes(png(PICTURE, {"Comment": "Screenshot"}))
    assert "screenshot" in codes(jpeg(PICTURE, exif=exif))


def test_the_shipped_photographs_of_scikit_image_say_no_more_than_they_do() -> None:
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    pictures = [folder / name for name in ("astronaut.png", "coffee.png", "rocket.jpg")]
    present = [path for path in pictures if path.exists()]
    assert present
    for path in present:
        finding = analyzed(path.read_bytes())
        assert {"ai_generated", "thumbnail_mismatch"}.isdisjoint(finding.codes)
        # The astronaut's comment is Photoshop's own: "File written by Adobe ...".
        is_named = path.name == "astronaut.png"
        assert ("editing_software" in finding.codes) is is_named, path.name
