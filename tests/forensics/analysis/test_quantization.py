"""Which quantization tables a JPEG's pixels went through, whatever the file claims."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.quantization import coded_tables, luma_table
from forensics.analysis.types import ImageRejectedError, Limits
from tests.images import encode, jpeg, photo_like

COARSE = bytes([255] * 64)


def evidence(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def dqt(*tables: tuple[int, bytes]) -> bytes:
    return segment(0xDB, b"".join(bytes([index]) + values for index, values in tables))


def before(marker: bytes, inserted: bytes, data: bytes) -> bytes:
    at = data.index(marker)
    return data[:at] + inserted + data[at:]


def claimed(data: bytes) -> int:
    found = MetadataAnalyzer().analyze(evidence(data)).data["jpeg"]
    assert isinstance(found, dict)
    quality = found["quality"]
    assert isinstance(quality, int)
    return quality


def test_the_table_is_in_natural_order_and_of_the_luma() -> None:
    buffer = io.BytesIO()
    tables = [list(range(1, 65)), list(range(101, 165))]
    photo_like(size=(64, 64)).save(buffer, "JPEG", qtables=tables)
    table = luma_table(evidence(buffer.getvalue()))
    assert table is not None
    with Image.open(buffer) as opened:
        assert isinstance(opened, JpegImageFile)
        assert table.tolist() == [float(v) for v in opened.quantization[0]]


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_only_a_first_component_that_is_the_luma_gives_a_table(mode: str) -> None:
    data = encode(photo_like(size=(64, 64)).convert(mode), "JPEG", quality=60)
    assert (luma_table(evidence(data)) is None) is (mode == "CMYK")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_table_after_the_scan_changes_nothing(*, progressive: bool) -> None:
    """One segment that no decoder uses must not make a file look too compressed."""
    picture = photo_like(size=(160, 128))
    data = encode(picture, "JPEG", quality=92, progressive=progressive)
    late = data[:-2] + dqt((0, COARSE)) + data[-2:]
    assert evidence(late).pixels.tobytes() == evidence(data).pixels.tobytes()
    assert claimed(late) == claimed(data) == 92
    own, seen = luma_table(evidence(data)), luma_table(evidence(late))
    assert own is not None
    assert seen is not None
    assert np.array_equal(own, seen)


def test_the_last_table_before_the_scan_counts_as_it_does_for_decoders() -> None:
    data = jpeg(photo_like(size=(160, 128)), quality=92)
    decoy = before(b"\xff\xdb", dqt((0, COARSE)), data)
    assert evidence(decoy).pixels.tobytes() == evidence(data).pixels.tobytes()
    assert claimed(decoy) == 92
    coarse = before(b"\xff\xda", dqt((0, COARSE)), data)
    assert evidence(coarse).pixels.tobytes() != evidence(data).pixels.tobytes()
    assert coded_tables(coarse).luma == tuple(COARSE)


def test_the_luma_is_what_the_frame_calls_the_first_component() -> None:
    data = bytearray(jpeg(photo_like(size=(160, 128)), quality=92))
    fine = bytes(coded_tables(bytes(data)).luma or ())
    frame = data.index(b"\xff\xc0")
    data[frame + 12] = 3
    moved = before(b"\xff\xda", dqt((0, COARSE), (3, fine)), bytes(data))
    assert coded_tables(moved).luma == tuple(fine)
    assert claimed(moved) == 92


def test_a_scan_of_the_colors_alone_does_not_end_the_search() -> None:
    """The first component may be coded in a later scan, with a table of its own."""
    fine = bytes(range(1, 65))
    frame = segment(0xC0, bytes.fromhex("08 0010 0010 03 011100 021101 031101"))
    colors = segment(0xDA, bytes.fromhex("02 0211 0311 00 3f 00"))
    luma = segment(0xDA, bytes.fromhex("01 0100 00 3f 00"))
    parts = (frame, dqt((0, COARSE), (1, fine)), colors, dqt((0, fine)), luma)
    data = b"\xff\xd8" + b"".join(parts) + dqt((0, COARSE)) + b"\xff\xd9"
    assert coded_tables(data).luma == tuple(fine)


def test_a_hostile_heap_of_tables_costs_little_and_hides_nothing() -> None:
    data = jpeg(photo_like(size=(160, 128)), quality=92)
    heap = dqt(*[(0, COARSE)] * 1000) * 250  # 16 MB, 250,000 tables
    hostile = before(b"\xff\xdb", heap, data)
    started = time.process_time()
    assert coded_tables(hostile).luma == coded_tables(data).luma
    assert time.process_time() - started < 2.0


@given(
    st.lists(
        st.tuples(st.sampled_from([0xDB, 0xC0, 0xDA, 0xFE]), st.binary(max_size=200)),
        max_size=6,
    )
)
def test_any_segments_are_read_or_refused(parts: list[tuple[int, bytes]]) -> None:
    body = b"".join(segment(marker, payload) for marker, payload in parts)
    try:
        found = coded_tables(b"\xff\xd8" + body + b"\xff\xd9")
    except ImageRejectedError:
        return
    assert set(found.by_index) <= {0, 1, 2, 3}
    assert all(len(table) == 64 for table in found.by_index.values())
