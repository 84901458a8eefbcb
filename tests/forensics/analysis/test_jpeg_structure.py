"""JPEG structure: tables, coding, trailing data and pictures inside, all known here."""

from __future__ import annotations

import json
import struct
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.analysis.image import load_evidence
from forensics.analysis.jpeg_scale import (
    CHROMINANCE,
    LUMINANCE,
    nearest,
    scaled_tables,
)
from forensics.analysis.jpeg_structure import JpegStructureAnalyzer
from forensics.analysis.jpeg_structure import families as table_families
from forensics.analysis.jpeg_structure.trailing import read_trailing
from forensics.analysis.quantization import row_by_row
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    ImageRejectedError,
    Limits,
    NotApplicableError,
)
from tests.forensics.analysis.metadata_files import CAMERA_TABLES
from tests.images import (
    camera_exif,
    encode,
    jpeg,
    photo_like,
    png,
    with_segment,
    with_xmp,
)

PICTURE = photo_like(3, (200, 152))
SMALL = jpeg(photo_like(4, (64, 48)), quality=80)


def analyze(data: bytes) -> Finding:
    return JpegStructureAnalyzer().analyze(load_evidence(data, Limits()))


def data_of(data: bytes) -> dict[str, Any]:
    return json.loads(json.dumps(analyze(data).data))  # type: ignore[no-any-return]


def kinds(data: bytes, key: str) -> list[str]:
    return [one["kind"] for one in data_of(data)[key]]


def section(data: bytes, title: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        s for s in data_of(data)["sections"] if s["title"] == title
    )
    return found


def with_tables(*tables: list[int]) -> bytes:
    """Encode with tables in zig-zag order."""
    natural = {number: list(table) for number, table in enumerate(tables)}
    return encode(PICTURE, "JPEG", qtables=natural)


def archive() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("note.txt", "hidden")
    return buffer.getvalue()


def video() -> bytes:
    ftyp = b"ftypmp42" + bytes(4) + b"mp42isom"
    media = b"mdat" + bytes(200)
    return b"".join(struct.pack(">I", len(box) + 4) + box for box in (ftyp, media))


@pytest.mark.parametrize("quality", [10, 50, 75, 90, 95])
def test_quality_of_both_tables_is_exact_on_libjpegs_scale(quality: int) -> None:
    found = data_of(jpeg(PICTURE, quality=quality))
    assert found["family"] == "ijg"
    for role in ("luma", "chroma"):
        assert found["quality"][role]["ijg"] == quality
        assert found["quality"][role]["exact"]


def test_luma_and_chroma_are_told_apart() -> None:
    luma, chroma = scaled_tables(LUMINANCE)[89], scaled_tables(CHROMINANCE)[69]
    natural = [list(row_by_row(tuple(t.tolist()))) for t in (luma, chroma)]
    found = data_of(encode(PICTURE, "JPEG", qtables=natural))
    assert found["quality"]["luma"]["ijg"] == 90
    assert found["quality"]["chroma"]["ijg"] == 70
    assert found["family"] == "ijg_luma"


def test_tables_off_the_scale_are_their_own_and_say_how_far() -> None:
    finding = analyze(encode(PICTURE, "JPEG", qtables=CAMERA_TABLES))
    assert finding.data["family"] == "own"
    assert "nearest to" in finding.summary
    found = data_of(encode(PICTURE, "JPEG", qtables=CAMERA_TABLES))
    assert not found["quality"]["luma"]["exact"]
    assert found["quality"]["luma"]["largest_difference"] > 0


def test_rounded_otherwise_is_near_the_scale() -> None:
    table = scaled_tables(LUMINANCE)[69].copy()
    table[5] += 1
    natural = list(row_by_row(tuple(table.tolist())))
    found = data_of(encode(PICTURE, "JPEG", qtables=[natural, natural]))
    assert found["family"] == "near_ijg"


def test_mozjpegs_and_flat_tables_are_known() -> None:
    scaled = scaled_tables(table_families._ROBIDOUX)[74]
    table = list(row_by_row(tuple(scaled.tolist())))
    finding = analyze(encode(PICTURE, "JPEG", qtables=[table, table]))
    assert finding.data["family"] == "mozjpeg"
    assert "mozjpeg's default tables, quality 75" in finding.summary
    flat = analyze(encode(PICTURE, "JPEG", qtables=[[8] * 64, [8] * 64]))
    assert flat.data["family"] == "flat"
    assert "flat, every step 8" in flat.summary


def test_a_known_programs_tables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    luma = tuple(range(5, 69))
    data = with_tables(list(row_by_row(luma)), list(row_by_row(luma)))
    known = {table_families.digest(luma, luma): ("photoshop", "Photoshop, quality 8")}
    monkeypatch.setattr(table_families, "_KNOWN", known)
    assert data_of(data)["family"] == "photoshop"


def photoshop_note(quality: int) -> bytes:
    value = struct.pack(">hhh", quality - 4, 0, 1) + b"\x00"
    resource = b"8BIM\x04\x06\x00\x00" + struct.pack(">I", 7) + value + b"\x00"
    return b"Photoshop 3.0\x00" + resource


def test_photoshops_note_beside_other_tables_tells_of_a_later_saving() -> None:
    finding = analyze(with_segment(jpeg(PICTURE, quality=90), 0xED, photoshop_note(8)))
    assert finding.data["declared_quality"] == ["Photoshop", 8, 12]
    assert "saved_after_photoshop" in finding.codes
    assert "another program saved it afterwards" in finding.summary
    assert finding.score is None


def test_a_note_of_saving_for_the_web_is_read() -> None:
    ducky = b"Ducky\x00\x01\x00\x04" + struct.pack(">I", 60) + b"\x00\x00"
    data = with_segment(encode(PICTURE, "JPEG", qtables=CAMERA_TABLES), 0xEC, ducky)
    finding = analyze(data)
    assert finding.data["declared_quality"] == ["Photoshop, Save for web", 60, 100]
    assert "saved_after_photoshop" not in finding.codes


@pytest.mark.parametrize(
    ("sampling", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")]
)
def test_subsampling(sampling: int, name: str) -> None:
    data = encode(PICTURE, "JPEG", quality=80, subsampling=sampling)
    assert data_of(data)["subsampling"] == name
    gray = encode(PICTURE.convert("L"), "JPEG")
    assert data_of(gray)["subsampling"] == "grayscale"


def test_standard_and_optimized_huffman_tables() -> None:
    assert data_of(jpeg(PICTURE))["huffman"] == "standard"
    optimized = encode(PICTURE, "JPEG", optimize=True)
    assert data_of(optimized)["huffman"] == "own (optimized)"


@pytest.mark.parametrize(("mode", "scans"), [("RGB", 10), ("L", 6)])
def test_progressive_scans_are_counted_and_the_script_known(
    mode: str, scans: int
) -> None:
    data = encode(PICTURE.convert(mode), "JPEG", progressive=True)
    finding = analyze(data)
    assert finding.data["scans"] == scans
    assert finding.data["coding"] == "progressive"
    assert "progressive" in finding.codes
    assert f"{scans} scans (libjpeg's usual script)" in finding.summary
    assert len(section(data, "Scans")["rows"]) == scans


def test_restart_markers_are_counted_and_missing_ones_noticed() -> None:
    data = encode(PICTURE, "JPEG", quality=90, restart_marker_blocks=3)
    found = data_of(data)
    # 200 x 152 px in MCUs of 16 x 16: 13 x 10.
    assert found["restart_interval"] == 3
    assert found["restart_markers"] == -(-130 // 3) - 1
    assert analyze(data).codes == ()
    at = data.index(b"\xff\xd0", data.index(b"\xff\xda"))
    cut = data[:at] + data[at + 2 :]
    assert "restart_mismatch" in analyze(cut).codes


def test_progressive_restarts_are_expected_per_scan() -> None:
    data = encode(PICTURE, "JPEG", progressive=True, restart_marker_rows=1)
    finding = analyze(data)
    assert "restart_mismatch" not in finding.codes
    assert finding.data["restart_markers"] != 0


def test_segments_are_listed_with_offsets_and_sizes() -> None:
    data = with_segment(jpeg(PICTURE), 0xFE, b"hello")
    rows = section(data, "Segments")["rows"]
    assert rows[0] == ["SOI", "0", "2"]
    assert rows[1] == ["COM", "2", "9"]
    assert rows[2][0] == "APP0 JFIF"
    assert rows[-1] == ["EOI", f"{len(data) - 2:,}", "2"]


def test_hostile_segment_names_hold_no_controls() -> None:
    data = with_segment(jpeg(PICTURE), 0xEB, b"<b>\x07\x1b[31mname")
    names = [row[0] for row in section(data, "Segments")["rows"]]
    assert "APP11 <b>..[31mname" in names
    page = render_to_string(
        "forensics/components/jpeg_structure.html",
        {"sections": data_of(data)["sections"]},
    )
    assert "<b>" not in page
    assert '<th scope="col">Offset</th>' in page


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (archive(), "zip"),
        (SMALL, "jpeg"),
        (SMALL[:-20], "jpeg_part"),
        (video(), "video"),
        (b"A note that somebody left.\n" * 3, "text"),
        (bytes(300), "padding"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(1, 60)), "png"),
        (b"CANON OPTIONAL DATA\x00" + bytes(range(1, 99)), "canon_trailer"),
        (bytes(range(128, 250)), "unknown"),
    ],
)
def test_trailing_data_are_named(extra: bytes, kind: str) -> None:
    data = jpeg(PICTURE)
    found = data_of(data + extra)
    assert found["trailing_bytes"] == len(extra)
    assert found["trailing"] == [
        {"kind": kind, "offset": len(data), "size": len(extra)}
    ]
    usual = ("jpeg", "video", "padding", "canon_trailer")
    assert ("trailing_data" in analyze(data + extra).codes) == (kind not in usual)


def test_several_pieces_are_cut_apart() -> None:
    data = jpeg(PICTURE) + bytes(16) + SMALL + archive() + b"the end"
    assert kinds(data, "trailing") == ["padding", "jpeg", "zip", "text"]
    assert kinds(data, "inside") == ["jpeg"]


def test_nothing_behind_the_end() -> None:
    finding = analyze(jpeg(PICTURE))
    assert finding.data["trailing"] == []
    assert "Behind" not in finding.summary


def test_a_multi_picture_file_lists_its_second_picture() -> None:
    second = photo_like(5, (120, 80))
    data = encode(PICTURE, "MPO", save_all=True, append_images=[second])
    finding = analyze(data)
    assert "second_picture" in finding.codes
    (inside,) = data_of(data)["inside"]
    assert data[inside["offset"] :][:2] == b"\xff\xd8"
    rows = section(data, "Further pictures in the file")["rows"]
    assert rows[0][3] == "120 x 80"


def test_a_gain_map_is_named() -> None:
    gain = with_xmp(SMALL, 'xmlns:hdrgm="u" hdrgm:Version="1.0" hdrgm:GainMapMax="2"')
    finding = analyze(jpeg(PICTURE) + gain)
    assert "gain_map" in finding.codes
    assert "gain map (Ultra HDR)" in finding.summary
    iso = with_segment(SMALL, 0xE2, b"urn:iso:std:iso:ts:21496:-1\x00" + bytes(9))
    assert "gain map (ISO 21496-1)" in analyze(jpeg(PICTURE) + iso).summary


def test_a_motion_photo_is_named_where_the_file_says_so() -> None:
    xmp = 'xmlns:GCamera="u" GCamera:MotionPhoto="1"'
    finding = analyze(with_xmp(jpeg(PICTURE), xmp) + video())
    assert "motion_photo" in finding.codes
    assert "motion photo (MP4)" in finding.summary


def samsung_trailer(name: bytes, body: bytes) -> bytes:
    block = b"\x00\x00\x30\x0a" + struct.pack("<I", len(name)) + name + body
    entry = b"\x00\x00\x30\x0a" + struct.pack("<II", len(block), len(block))
    directory = b"SEFH" + struct.pack("<II", 106, 1) + entry
    return block + directory + struct.pack("<I", len(directory)) + b"SEFT"


def test_samsungs_trailer_is_read_with_the_names_in_it() -> None:
    trailer = samsung_trailer(b"MotionPhoto_Data", video())
    data = jpeg(PICTURE) + trailer
    assert kinds(data, "trailing") == ["samsung_trailer"]
    assert kinds(data, "inside") == ["motion_photo"]
    rows = section(data, "Data behind the picture's end")["rows"]
    assert rows[0][0] == "a Samsung trailer: MotionPhoto_Data"
    assert "trailing_data" not in analyze(data).codes


def test_the_exif_thumbnail_is_listed_with_its_size() -> None:
    data = jpeg(PICTURE, exif=camera_exif(PICTURE))
    rows = section(data, "Further pictures in the file")["rows"]
    assert rows[0][0] == "EXIF thumbnail"
    assert rows[0][3] == "160 x 122"
    assert analyze(data).codes == ()


def test_other_formats_have_no_such_structure() -> None:
    with pytest.raises(NotApplicableError, match="no JPEG structure"):
        analyze(png(PICTURE))


def test_fit_names_the_nearest_quality() -> None:
    fit = nearest(LUMINANCE, LUMINANCE)
    assert (fit.quality, fit.largest, fit.mean) == (50, 0, 0.0)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_files_are_taken_apart_or_refused(data: st.DataObject) -> None:
    whole = bytearray(
        encode(PICTURE, "JPEG", progressive=True, restart_marker_rows=1)
        if data.draw(st.booleans())
        else with_segment(jpeg(PICTURE), 0xED, photoshop_note(8)) + SMALL + archive()
    )
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(2, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        evidence = load_evidence(bytes(whole), Limits())
    except ImageRejectedError:
        return
    finding = JpegStructureAnalyzer().analyze(evidence)
    assert finding.status is FindingStatus.OK
    json.dumps(finding.data)


@settings(max_examples=300, deadline=None)
@given(
    data=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    *(SMALL, SMALL[:300], b"PK\x03\x04", b"PK\x05\x06", b"SEFH"),
                    *(b"SEFT", bytes(9), b"\xff\xd8\xff", b"\xff" * 5),
                    b"\x00\x00\x00\x18ftypmp42",
                ]
            ),
        ),
        max_size=30,
    ).map(b"".join)
)
def test_pieces_cover_the_trailing_bytes_without_a_gap(data: bytes) -> None:
    pieces = read_trailing(data, 0)
    position = 0
    for piece in pieces:
        assert piece.offset == position
        assert piece.size > 0
        position = piece.end
    assert position == len(data)
    assert len(pieces) <= 18
