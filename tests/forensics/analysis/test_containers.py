"""Containers made to waste time or memory, cut files, and whole files that look odd."""

from __future__ import annotations

import struct
import time
import tracemalloc
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, features

from forensics.analysis.image import inspect_header, load_evidence
from forensics.analysis.types import ImageRejectedError, Limits, RejectionCode
from tests.images import encode, exif_block, jpeg, photo_like, png

LIMITS = Limits()
SIZE = (97, 64)
# Of processor time: generous for a slow machine.
SECONDS = 2.0
MEBIBYTE = 1024 * 1024


def rejection(data: bytes) -> ImageRejectedError:
    with pytest.raises(ImageRejectedError) as caught:
        load_evidence(data, LIMITS)
    return caught.value


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", 8 + len(payload)) + kind + payload


def chunk(kind: bytes, payload: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + payload))
    return struct.pack(">I", len(payload)) + kind + payload + checksum


def with_chunks(*added: bytes) -> bytes:
    """Put chunks behind the header of a small PNG."""
    data = png(photo_like(1, SIZE))
    return data[:33] + b"".join(added) + data[33:]


def heic_of(described: bytes, *, metas: int = 1) -> bytes:
    primary = box(b"pitm", b"\x00\x00\x00\x00\x00\x01")
    meta = box(b"meta", b"\x00\x00\x00\x00" + primary + described)
    head = box(b"ftyp", b"heic\x00\x00\x00\x00mif1heic")
    return head + meta * metas + box(b"mdat", b"x" * 10)


def associations(*, boxes: int, wraps: int = 1) -> bytes:
    """Return ``iprp`` boxes with 2000 x 255 associations of the primary in each."""
    entry = struct.pack(">HB", 1, 255) + b"\x01" * 255
    one = box(b"ipma", b"\x00\x00\x00\x00" + struct.pack(">I", 2000) + entry * 2000)
    return properties(one * boxes) * wraps


def properties(owners: bytes) -> bytes:
    size = box(b"ispe", b"\x00\x00\x00\x00" + struct.pack(">II", 100, 100))
    return box(b"iprp", box(b"ipco", size) + owners)


def strangers() -> bytes:
    """Return ``ipma`` with more entries of other items than any picture has."""
    count = 3_000_000
    entries = struct.pack(">HB", 7, 0) * count
    return properties(
        box(b"ipma", b"\x00\x00\x00\x00" + struct.pack(">I", count) + entries)
    )


def many_extents() -> bytes:
    """Return ``iloc`` whose extents take no bytes, and so no end."""
    items = struct.pack(">HHH", 1, 0, 65_535) * 1000
    parts = box(b"iloc", b"\x00" * 6 + struct.pack(">H", 1000) + items)
    return parts + properties(b"")


def woven_directories() -> bytes:
    """Return a TIFF with 1000 directories of 4096 entries in the same 60 KB."""
    data = encode(photo_like(1, SIZE), "TIFF")
    first = struct.unpack("<I", data[4:8])[0]
    at = first + 2 + 12 * struct.unpack("<H", data[first : first + 2])[0]
    base = len(data)
    slots = []
    for number in range(4096 + 1000):
        following = base + 12 * (number - 4095) if number >= 4096 else 1 << 16
        slots.append(struct.pack("<HIIH", 4096, following, 1, 0))
    return data[:at] + struct.pack("<I", base) + data[at + 4 :] + b"".join(slots)


HOSTILE = {
    "associations": heic_of(associations(boxes=4)),
    "repeated associations": heic_of(associations(boxes=40)),
    "repeated properties": heic_of(associations(boxes=1, wraps=40)),
    "repeated descriptions": heic_of(associations(boxes=1), metas=40),
    "other items": heic_of(strangers()),
    "extents": heic_of(many_extents()),
    "boxes": heic_of(box(b"free", b"") * 1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_descriptions_made_to_waste_time_are_refused_at_once(name: str) -> None:
    start = time.process_time()
    with pytest.raises(ImageRejectedError) as caught:
        inspect_header(HOSTILE[name], LIMITS)
    assert time.process_time() - start < SECONDS
    assert caught.value.code is RejectionCode.CORRUPT


def test_woven_directories_of_a_tiff_are_counted_in_no_time() -> None:
    data = woven_directories()
    start = time.process_time()
    assert inspect_header(data, LIMITS).frames > 500
    assert time.process_time() - start < SECONDS


def packed(size: int) -> bytes:
    return zlib.compress(b"a" * (size - 4) + "\N{GRINNING FACE}".encode(), 9)


BOMBS = {
    "iTXt": [chunk(b"iTXt", b"x\x00\x01\x00\x00\x00" + packed(4 * MEBIBYTE))] * 190,
    "unknown method": [chunk(b"iTXt", b"x\x00\x01\x01\x00\x00" + packed(1 << 22))]
    * 190,
    "zTXt": [chunk(b"zTXt", b"x\x00\x00" + packed(4 * MEBIBYTE))] * 190,
    "broken zTXt": [chunk(b"zTXt", b"x\x00\x00" + packed(1 << 22)[:-40] + b"\xff" * 9)]
    * 190,
    "tEXt": [chunk(b"tEXt", b"x\x00" + b"\xf0\x9f\x98\x80" * MEBIBYTE)] * 10,
    "profiles": [chunk(b"iCCP", b"x\x00\x00" + packed(4 * MEBIBYTE))] * 2000,
    "times": [chunk(b"tIME", b"\x07\xe8\x05\x01\x0a\x00\x00")] * 30_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_texts_of_a_png_stay_within_a_budget_for_all(name: str) -> None:
    data = with_chunks(*BOMBS[name])
    start = time.process_time()
    texts = load_evidence(data, LIMITS).blocks.texts
    assert time.process_time() - start < SECONDS
    assert sum(len(text.encode()) for _, text in texts) <= 8 * MEBIBYTE
    assert len(texts) <= 200


@pytest.mark.parametrize("name", ["iTXt", "zTXt", "tEXt", "profiles"])
def test_texts_of_a_png_take_little_memory(name: str) -> None:
    data = with_chunks(*BOMBS[name])
    tracemalloc.start()
    try:
        load_evidence(data, LIMITS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A character outside the basic plane makes four bytes of each in a string.
    assert peak < 4 * 8 * MEBIBYTE + 3 * len(data) + 32 * MEBIBYTE


@pytest.mark.parametrize("kind", ["zTXt", "iTXt"])
def test_a_large_workflow_in_a_png_is_read(kind: str) -> None:
    text = '{"class_type":' + "x" * 1_500_000
    head = {"zTXt": b"prompt\x00\x00", "iTXt": b"prompt\x00\x01\x00\x00\x00"}[kind]
    data = with_chunks(chunk(kind.encode(), head + zlib.compress(text.encode())))
    evidence = load_evidence(data, LIMITS)
    assert evidence.blocks.texts == (("prompt", text),)
    assert evidence.pixels.tobytes() == photo_like(1, SIZE).tobytes()


def test_a_large_profile_in_a_png_does_no_harm() -> None:
    profile = b"p" * (2 * MEBIBYTE)
    data = with_chunks(chunk(b"iCCP", b"x\x00\x00" + zlib.compress(profile)))
    assert load_evidence(data, LIMITS).blocks.icc == profile


def test_a_long_text_is_not_cut_inside_a_character() -> None:
    text = "a" + "\N{GRINNING FACE}" * (MEBIBYTE + 9)
    data = with_chunks(chunk(b"iTXt", b"x\x00\x00\x00\x00\x00" + text.encode()))
    ((_, found),) = load_evidence(data, LIMITS).blocks.texts
    assert text.startswith(found)
    assert len(found) > MEBIBYTE - 9


def test_texts_survive_that_need_no_budget() -> None:
    data = with_chunks(
        chunk(b"tEXt", b"Software\x00GIMP"),
        chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress("Größe".encode("latin-1"))),
        chunk(b"iTXt", b"Title\x00\x00\x00de\x00Titel\x00Gr\xc3\xb6\xc3\x9fe"),
        chunk(b"tIME", b"\x07\xe8\x05\x01\x0a\x00\x00"),
    )
    assert load_evidence(data, LIMITS).blocks.texts == (
        ("Software", "GIMP"),
        ("Comment", "Größe"),
        ("Title", "Größe"),
        ("tIME", "2024:05:01 10:00:00"),
    )


TYPES = [(0, 1), (0, 8), (0, 16), (2, 8), (2, 16), (3, 2), (3, 8), (4, 8), (6, 16)]
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def rows_of(size: tuple[int, int], bits: int, *, interlaced: bool) -> int:
    """Count the bytes of a PNG's rows by walking over them."""
    first = [(0, 0), (4, 0), (0, 4), (2, 0), (0, 2), (1, 0), (0, 1)]
    steps = [(8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2)]
    passes = zip(first, steps, strict=True) if interlaced else [((0, 0), (1, 1))]
    total = 0
    for (left, top), (across, down) in passes:
        columns = len(range(left, size[0], across))
        for _ in range(top, size[1], down):
            total += 1 + -(-columns * bits // 8) if columns else 0
    return total


def png_of(
    size: tuple[int, int], kind: tuple[int, int], pixels: bytes, *, interlaced: bool
) -> bytes:
    color, depth = kind
    header = struct.pack(">IIBBBBB", *size, depth, color, 0, 0, interlaced)
    middle = len(pixels) // 2
    parts = (pixels[:1], pixels[1:middle], pixels[middle:])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + (chunk(b"PLTE", b"\x00" * 12) if color == 3 else b"")
        + b"".join(chunk(b"IDAT", part) for part in parts)
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (33, 18)])
def test_a_png_is_whole_with_its_last_byte_and_not_before(
    size: tuple[int, int], kind: tuple[int, int], *, interlaced: bool
) -> None:
    total = rows_of(size, kind[1] * SAMPLES[kind[0]], interlaced=interlaced)
    for missing in (0, 1, total // 2):
        pixels = zlib.compress(b"\x00" * (total - missing))
        data = png_of(size, kind, pixels, interlaced=interlaced)
        if missing:
            assert rejection(data).code is RejectionCode.TRUNCATED
        else:
            assert load_evidence(data, LIMITS).pixels.size == size


def test_a_png_that_lost_half_its_rows_is_refused_though_it_ends_well() -> None:
    raw = photo_like(1, SIZE).tobytes()
    stride = 3 * SIZE[0]
    rows = [b"\x00" + raw[at : at + stride] for at in range(0, len(raw), stride)]
    half = zlib.compress(b"".join(rows[: len(rows) // 2]))
    error = rejection(png_of(SIZE, (2, 8), half, interlaced=False))
    assert error.code is RejectionCode.TRUNCATED
    assert "rows" in error.detail


def test_a_small_tiff_with_a_huge_tile_is_refused_before_room_is_made() -> None:
    tags = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1}
    data = exif_block(image={**tags, 322: 40_000, 323: 40_000, 324: 8, 325: 64})
    with pytest.raises(ImageRejectedError) as caught:
        inspect_header(data, LIMITS)
    assert caught.value.code is RejectionCode.TOO_MANY_PIXELS


def test_a_tile_that_overhangs_a_small_tiff_is_fine() -> None:
    def tiled(offset: int) -> bytes:
        tags = {256: 10, 257: 12, 258: 8, 259: 1, 262: 1, 277: 1}
        return exif_block(image={**tags, 322: 16, 323: 16, 324: offset, 325: 256})

    tile = np.arange(256, dtype=np.uint8)
    data = tiled(len(tiled(0))) + tile.tobytes()
    found = np.asarray(load_evidence(data, LIMITS).pixels)[..., 0]
    assert (found == tile.reshape(16, 16)[:12, :10]).all()


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "tiff_adobe_deflate"])
def test_a_compressed_tiff_cut_anywhere_is_refused(compression: str) -> None:
    assert features.check("libtiff")
    data = encode(photo_like(1, SIZE), "TIFF", compression=compression)
    inspect_header(data, LIMITS)
    for length in {*range(8, len(data), len(data) // 300), len(data) - 1}:
        with pytest.raises(ImageRejectedError) as caught:
            inspect_header(data[:length], LIMITS)
        assert caught.value.code is RejectionCode.TRUNCATED, length


@pytest.mark.parametrize("orientation", range(1, 9))
def test_intake_and_analysis_agree_on_the_size_of_a_turned_tiff(
    orientation: int,
) -> None:
    data = encode(photo_like(1, SIZE), "TIFF", tiffinfo={274: orientation})
    header, evidence = inspect_header(data, LIMITS), load_evidence(data, LIMITS)
    assert (header.width, header.height) == evidence.pixels.size
    assert evidence.pixels.size == (SIZE if orientation < 5 else SIZE[::-1])


@pytest.mark.parametrize("name", ["HEIC", "AVIF"])
def test_data_without_a_length_are_whole_only_with_every_part(name: str) -> None:
    data = encode(photo_like(1, SIZE), name)
    at = data.index(b"mdat") - 4
    endless = data[:at] + b"\x00\x00\x00\x00" + data[at + 4 :]
    assert load_evidence(endless, LIMITS).pixels.size == SIZE
    for length in {*range(at + 8, len(endless), 37), len(endless) - 1}:
        with pytest.raises(ImageRejectedError) as caught:
            inspect_header(endless[:length], LIMITS)
        assert caught.value.code is RejectionCode.TRUNCATED, length


@pytest.mark.parametrize("name", ["HEIC", "AVIF"])
@pytest.mark.parametrize(
    "tail",
    [b"appended by a tool", b"MOTION0123456789" * 40, b"\x00\x00\x10\x00free", b"xy"],
)
def test_letters_behind_a_whole_picture_do_not_make_it_cut_off(
    name: str, tail: bytes
) -> None:
    data = encode(photo_like(1, SIZE), name) + tail
    assert load_evidence(data, LIMITS).pixels.size == SIZE


@pytest.mark.parametrize("data", [png(), jpeg(), png()[:-40]], ids=["a", "b", "cut"])
def test_the_decoders_own_cap_is_as_before_after_each_picture(data: bytes) -> None:
    before = Image.MAX_IMAGE_PIXELS
    assert before is not None
    with suppress(ImageRejectedError):
        load_evidence(data, LIMITS)
    assert before == Image.MAX_IMAGE_PIXELS
    with Image.open(BytesIO(jpeg())) as other:
        other.load()


def test_the_decoders_own_cap_is_as_before_when_it_gives_up() -> None:
    before = Image.MAX_IMAGE_PIXELS
    data = bytearray(png(photo_like(1, SIZE)))
    middle = data.index(b"IDAT") + 40
    data[middle : middle + 200] = b"\xaa" * 200
    assert rejection(bytes(data)).code is RejectionCode.CORRUPT
    assert before == Image.MAX_IMAGE_PIXELS
