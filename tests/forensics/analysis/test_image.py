"""Intake of bytes: what is accepted, what is refused and why, before any decoding."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from forensics.analysis.image import inspect_header, load_evidence
from forensics.analysis.types import ImageRejectedError, Limits, RejectionCode
from tests.images import (
    FORMATS,
    camera_exif,
    encode,
    exif_block,
    jpeg,
    photo_like,
    png,
    with_segment,
)

LIMITS = Limits(max_bytes=4_000_000, max_pixels=1_000_000)
SIZE = (97, 64)


def rejection(data: bytes, limits: Limits = LIMITS) -> ImageRejectedError:
    with pytest.raises(ImageRejectedError) as caught:
        inspect_header(data, limits)
    return caught.value


@pytest.mark.parametrize(
    ("name", "media_type", "extension"),
    [
        ("JPEG", "image/jpeg", ".jpg"),
        ("PNG", "image/png", ".png"),
        ("WEBP", "image/webp", ".webp"),
        ("TIFF", "image/tiff", ".tif"),
        ("BMP", "image/bmp", ".bmp"),
        ("GIF", "image/gif", ".gif"),
        ("AVIF", "image/avif", ".avif"),
        ("HEIC", "image/heic", ".heic"),
    ],
)
def test_header_names_kind_and_size(name: str, media_type: str, extension: str) -> None:
    header = inspect_header(encode(photo_like(1, SIZE), name), LIMITS)
    assert (header.format, header.media_type, header.extension) == (
        name,
        media_type,
        extension,
    )
    assert (header.width, header.height, header.frames) == (*SIZE, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_pixels_are_those_of_the_file(name: str) -> None:
    picture = photo_like(1, SIZE)
    evidence = load_evidence(encode(picture, name), LIMITS)
    assert evidence.pixels.mode == "RGB"
    assert evidence.pixels.size == SIZE
    difference = np.asarray(evidence.pixels, float) - np.asarray(picture, float)
    lossless = name in ("PNG", "TIFF", "BMP")
    assert np.abs(difference).mean() <= (0.0 if lossless else 12.0)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_cut_anywhere_is_refused_without_decoding(name: str) -> None:
    data = encode(photo_like(1, SIZE), name)
    for length in {*range(0, len(data) - 1, max(1, len(data) // 150)), len(data) - 1}:
        assert rejection(data[:length]).code in (
            RejectionCode.TRUNCATED,
            RejectionCode.EMPTY,
            RejectionCode.NOT_AN_IMAGE,
        ), f"{name} cut to {length} of {len(data)} bytes"


@pytest.mark.parametrize("name", FORMATS)
def test_half_a_file_is_called_truncated(name: str) -> None:
    data = encode(photo_like(1, SIZE), name)
    error = rejection(data[: len(data) // 2])
    assert error.code is RejectionCode.TRUNCATED
    assert "again" in error.detail


def test_a_jpeg_is_whole_only_with_its_own_end_not_the_thumbnails() -> None:
    picture = photo_like(1, (320, 240))
    data = jpeg(picture, exif=camera_exif(picture))
    assert data.count(b"\xff\xd9") == 2
    assert inspect_header(data, LIMITS).width == 320
    assert rejection(data[:-2]).code is RejectionCode.TRUNCATED


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_behind_the_end_do_not_matter(name: str) -> None:
    data = encode(photo_like(1, SIZE), name)
    tail = b"PK\x03\x04 a second file hides here"
    assert load_evidence(data + tail, LIMITS).header.format == name


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (b"", RejectionCode.EMPTY, "empty"),
        (b"hello, this is text", RejectionCode.NOT_AN_IMAGE, "known kind"),
        (b"\x00" * 300, RejectionCode.NOT_AN_IMAGE, "known kind"),
        (b"PK\x03\x04" + b"x" * 40, RejectionCode.ARCHIVE, "ZIP"),
        (b"\x1f\x8b\x08" + b"x" * 40, RejectionCode.ARCHIVE, "gzip"),
        (b"Rar!\x1a\x07\x01\x00", RejectionCode.ARCHIVE, "RAR"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 9, RejectionCode.ARCHIVE, "7-Zip"),
        (b"\xfd7zXZ\x00" + b"x" * 9, RejectionCode.ARCHIVE, "xz"),
        (b"BZh9" + b"x" * 9, RejectionCode.ARCHIVE, "bzip2"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 9, RejectionCode.ARCHIVE, "Zstandard"),
        (b"a" * 257 + b"ustar\x0000", RejectionCode.ARCHIVE, "tar"),
        (b"<svg xmlns='x'/>", RejectionCode.SVG, "SVG"),
        (b"\xef\xbb\xbf\n <?xml version='1.0'?><svg/>", RejectionCode.SVG, "SVG"),
        (b"<!-- a\ncomment --> <svg >", RejectionCode.SVG, "SVG"),
        (b"<!DOCTYPE svg PUBLIC 'x'><s:svg xmlns:s='y'>", RejectionCode.SVG, "SVG"),
        ("\ufeff<svg/>".encode("utf-16-le"), RejectionCode.SVG, "SVG"),
        (b"<!doctype html><p>", RejectionCode.NOT_AN_IMAGE, "web page"),
        (b"%PDF-1.7", RejectionCode.NOT_AN_IMAGE, "PDF"),
        (b"\x7fELF" + b"x" * 40, RejectionCode.NOT_AN_IMAGE, "program"),
        (b"8BPS\x00\x01", RejectionCode.UNSUPPORTED_FORMAT, "Photoshop"),
        (b"\x1aE\xdf\xa3", RejectionCode.UNSUPPORTED_FORMAT, "Videos"),
        (b"RIFF\x10\x00\x00\x00AVI LIST", RejectionCode.UNSUPPORTED_FORMAT, "Videos"),
        (b"\x00\x00\x00\x18ftypmp42" + b"x" * 8, RejectionCode.UNSUPPORTED_FORMAT, "V"),
        (
            b"\x00\x00\x00\x18ftypcrx " + b"x" * 8,
            RejectionCode.UNSUPPORTED_FORMAT,
            "raw",
        ),
        (b"FUJIFILMCCD-RAW 0201", RejectionCode.UNSUPPORTED_FORMAT, "raw"),
        (b"\xff\x0a" + b"x" * 9, RejectionCode.UNSUPPORTED_FORMAT, "JPEG XL"),
        (b"\x00\x00\x01\x00\x01\x00", RejectionCode.UNSUPPORTED_FORMAT, "Icons"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(
    data: bytes, code: RejectionCode, word: str
) -> None:
    error = rejection(data)
    assert error.code is code
    assert word in error.detail


def test_more_bytes_than_allowed_are_refused() -> None:
    error = rejection(png(), Limits(max_bytes=1000))
    assert error.code is RejectionCode.TOO_MANY_BYTES
    assert "1,000" in error.detail


@pytest.mark.parametrize("name", FORMATS)
def test_more_pixels_than_allowed_are_refused_from_the_header(name: str) -> None:
    data = encode(photo_like(1, SIZE), name)
    limits = Limits(max_pixels=SIZE[0] * SIZE[1] - 1)
    assert rejection(data, limits).code is RejectionCode.TOO_MANY_PIXELS


def test_a_decompression_bomb_is_refused_before_it_unfolds() -> None:
    side = 60_000
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    compressed = zlib.compress(b"\x00" * 100_000)
    bomb = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body
        + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", compressed), (b"IEND", b""))
    )  # fmt: skip
    assert rejection(bomb).code is RejectionCode.TOO_MANY_PIXELS


def test_an_operator_may_allow_more_pixels_than_the_decoder_by_default() -> None:
    side = 9600
    data = encode(Image.new("1", (side, side)), "PNG")
    assert side * side > 1024 * 1024 * 1024 // 4 // 3
    limits = Limits(max_pixels=100_000_000)
    assert load_evidence(data, limits).pixels.size == (side, side)


def test_a_picture_without_a_size_is_corrupt() -> None:
    data = bytearray(encode(photo_like(1, SIZE), "BMP"))
    data[18:22] = b"\x00" * 4
    assert rejection(bytes(data)).code is RejectionCode.CORRUPT


def test_twelve_bits_a_sample_are_refused_by_name() -> None:
    data = jpeg(photo_like(1, SIZE))
    frame = data.index(b"\xff\xc0")
    twelve = data[: frame + 4] + b"\x0c" + data[frame + 5 :]
    error = rejection(twelve)
    assert error.code is RejectionCode.UNSUPPORTED_FORMAT
    assert "12 bits" in error.detail


def test_a_camera_raw_file_in_a_tiff_is_refused_by_name() -> None:
    raw = exif_block(image={256: 8, 257: 8, 273: 8, 279: 1, 262: 32803})
    error = rejection(raw)
    assert error.code is RejectionCode.UNSUPPORTED_FORMAT
    assert "raw" in error.detail


def test_big_tiff_is_read() -> None:
    data = encode(photo_like(1, SIZE), "TIFF", big_tiff=True)
    assert data[2:4] == b"+\x00"
    assert load_evidence(data, LIMITS).pixels.size == SIZE


def test_the_first_of_several_frames_is_taken_and_all_are_counted() -> None:
    first, second = (photo_like(s, SIZE).quantize(32) for s in (1, 2))
    data = encode(first, "GIF", save_all=True, append_images=[second])
    evidence = load_evidence(data, LIMITS)
    assert evidence.header.frames == 2
    expected = np.asarray(first.convert("RGB"), int)
    assert np.abs(np.asarray(evidence.pixels, int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("RGBA", (200, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (200, 0, 0, 255), (200, 0, 0)),
        ("LA", (10, 255), (10, 10, 10)),
        ("I;16", 0x8040, (128, 128, 128)),
    ],
)
def test_every_png_pixel_type_becomes_rgb(
    mode: str, value: int | tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    data = encode(Image.new(mode, (40, 30), value), "PNG")
    assert load_evidence(data, LIMITS).pixels.getpixel((5, 5)) == expected


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("CMYK", (255, 0, 0, 0), (0, 255, 255)),
        ("I", 200, (200, 200, 200)),
        ("F", 100.0, (100, 100, 100)),
        ("LAB", (255, 128, 128), (255, 255, 255)),
    ],
)
def test_every_tiff_pixel_type_becomes_rgb(
    mode: str, value: object, expected: tuple[int, int, int]
) -> None:
    picture = Image.new(mode, (40, 30), value)  # type: ignore[arg-type]
    found = load_evidence(encode(picture, "TIFF"), LIMITS).pixels.getpixel((5, 5))
    assert isinstance(found, tuple)
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 2


def test_floats_outside_the_range_are_stretched_and_nan_is_black() -> None:
    values = np.tile(np.linspace(-5.0, 995.0, 64, dtype=np.float32), (32, 1))
    values[0, 0] = np.nan
    data = encode(Image.fromarray(values), "TIFF")
    pixels = np.asarray(load_evidence(data, LIMITS).pixels)
    assert pixels[5, 0, 0] == 0
    assert pixels[5, 63, 0] == 255


def test_a_palette_with_transparency_lies_on_white() -> None:
    picture = Image.new("P", (20, 20), 0)
    picture.putpalette([200, 10, 10, 0, 0, 0])
    data = encode(picture, "GIF", transparency=0)
    assert load_evidence(data, LIMITS).pixels.getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_and_not_applied(orientation: int) -> None:
    data = jpeg(photo_like(1, SIZE), exif=exif_block(image={274: orientation}))
    evidence = load_evidence(data, LIMITS)
    assert evidence.orientation == orientation
    assert evidence.pixels.size == SIZE


@pytest.mark.parametrize("value", [0, 9, 40_000])
def test_an_impossible_orientation_counts_as_upright(value: int) -> None:
    data = jpeg(photo_like(1, SIZE), exif=exif_block(image={274: value}))
    assert load_evidence(data, LIMITS).orientation == 1


def test_a_decoder_that_gives_up_makes_a_corrupt_file() -> None:
    data = bytearray(png(photo_like(1, SIZE)))
    middle = data.index(b"IDAT") + 40
    data[middle : middle + 200] = b"\xaa" * 200
    inspect_header(bytes(data), LIMITS)
    with pytest.raises(ImageRejectedError) as caught:
        load_evidence(bytes(data), LIMITS)
    assert caught.value.code is RejectionCode.CORRUPT


def test_a_marker_inside_a_jpeg_segment_is_not_the_end() -> None:
    data = with_segment(jpeg(photo_like(1, SIZE)), 0xFE, b"\xff\xd9 not the end")
    assert inspect_header(data, LIMITS).width == SIZE[0]
    progressive = encode(photo_like(1, SIZE), "JPEG", progressive=True)
    assert inspect_header(progressive, LIMITS).height == SIZE[1]


def repeated_scans(count: int) -> bytes:
    data = encode(photo_like(1, SIZE), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


@pytest.mark.parametrize(
    "data",
    [
        jpeg()[:2] + b"\xff" * 100_000 + jpeg()[2:],
        jpeg()[:2] + b"\xff\xfe\x00\x02" * 30_000 + jpeg()[2:],
        repeated_scans(200),
        encode(photo_like(1, SIZE).quantize(8), "GIF")[:-1] + b"!\xfe\x00" * 250_000,
    ],
    ids=["filling", "segments", "scans", "extensions"],
)
def test_structures_made_to_waste_time_are_refused_unread(data: bytes) -> None:
    assert rejection(data).code is RejectionCode.CORRUPT


def test_the_scans_of_an_ordinary_progressive_picture_are_fine() -> None:
    assert inspect_header(repeated_scans(1), LIMITS).width == SIZE[0]


def test_error_levels_are_computed_once_a_quality() -> None:
    evidence = load_evidence(jpeg(photo_like(1, SIZE)), LIMITS)
    first = evidence.error_levels(quality=90)
    assert evidence.error_levels(quality=90) is first
    assert evidence.error_levels(quality=80) is not first


def test_refusals_never_repeat_the_input() -> None:
    assert "secret-marker" not in rejection(b"secret-marker" * 9).detail


def test_evidence_carries_the_file_as_it_came() -> None:
    data = jpeg(photo_like(1, SIZE))
    evidence = load_evidence(data, LIMITS)
    assert evidence.data is data
    assert len(evidence.sha256) == 64
    assert Image.open(BytesIO(data)).size == evidence.pixels.size
