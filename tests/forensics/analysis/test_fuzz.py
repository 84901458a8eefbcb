"""Hostile bytes: whatever they are, a report or a refusal comes out, nothing else."""

from __future__ import annotations

import time
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.analysis.containers.tiff import TiffError, TiffStructure
from forensics.analysis.image import inspect_header
from forensics.analysis.metadata.exif import read_exif
from forensics.analysis.metadata.icc import read_icc
from forensics.analysis.metadata.iptc import read_iptc
from forensics.analysis.metadata.values import MAX_TEXT, clean_text, parse_time
from forensics.analysis.metadata.xmp import read_xmp
from forensics.analysis.pipeline import AnalysisOptions, build_pipeline
from forensics.analysis.types import FindingStatus, ImageRejectedError, Limits
from tests.images import (
    FORMATS,
    camera_exif,
    encode,
    exif_block,
    jpeg,
    photo_like,
    png,
    with_xmp,
)

PIPELINE = build_pipeline(AnalysisOptions(limits=Limits(max_pixels=500_000)))
# Of processor time, for one small file: a slow machine stays far below.
SECONDS = 5.0
# Deterministic: the same examples in every run, on every machine.
FUZZ = settings(
    derandomize=True,
    deadline=None,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow],
)


@cache
def seeds() -> tuple[bytes, ...]:
    picture = photo_like(1, (96, 80))
    exif = camera_exif(picture)
    return (
        *(encode(picture, name) for name in FORMATS),
        with_xmp(jpeg(picture, exif=exif), 'xmp:CreatorTool="GIMP"'),
        encode(picture, "JPEG", progressive=True),
        png(picture, {"parameters": "x", "Software": "GIMP"}),
        encode(picture, "TIFF", compression="tiff_lzw"),
        encode(picture, "WEBP", lossless=True, exif=exif),
        encode(picture, "AVIF", exif=exif),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(0, 6))):
        # Headers are short: most damage should hit them.
        reach = draw(st.sampled_from((64, 400, len(data))))
        at = draw(st.integers(0, min(reach, len(data)) - 1))
        data[at] = draw(st.sampled_from((0, 1, 127, 128, 255)) | st.integers(0, 255))
    keep = draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))
    return bytes(data[:keep])


@st.composite
def swollen(draw: st.DrawFn) -> bytes:
    """Repeat a piece of a file, as a whole chunk or box or across their borders."""
    data = draw(st.sampled_from(seeds()))
    start = draw(st.integers(0, min(len(data) - 1, 600)))
    piece = data[start : start + draw(st.integers(1, 300))]
    return data[:start] + piece * (200_000 // len(piece)) + data[start:]


def check(data: bytes) -> None:
    start = time.process_time()
    try:
        analyze_or_refuse(data)
    finally:
        assert time.process_time() - start < SECONDS


def analyze_or_refuse(data: bytes) -> None:
    try:
        inspect_header(data, PIPELINE.limits)
        report = PIPELINE.analyze(data)
    except ImageRejectedError:
        return
    assert report.width * report.height <= PIPELINE.limits.max_pixels
    failed = [f.summary for f in report.findings if f.status is FindingStatus.FAILED]
    assert not failed


@FUZZ
@given(damaged())
def test_damaged_files_are_analyzed_or_refused(data: bytes) -> None:
    check(data)


@FUZZ
@given(swollen())
def test_files_with_repeated_pieces_are_analyzed_or_refused_in_time(
    data: bytes,
) -> None:
    check(data)


@FUZZ
@given(
    st.sampled_from([seed[:16] for seed in seeds()] + [b"", b"<", b"BM"]),
    st.binary(max_size=400),
)
def test_noise_behind_a_magic_number_is_analyzed_or_refused(
    magic: bytes, noise: bytes
) -> None:
    check(magic + noise)


@FUZZ
@given(st.binary(max_size=300), st.integers(0, 300))
def test_exif_of_any_bytes_is_read_or_left_out(noise: bytes, at: int) -> None:
    good = exif_block(
        image={271: "Canon", 306: "2024:05:01 10:00:00"},
        photo={0x829A: ((1, 250),), 0x9286: b"ASCII\x00\x00\x00hi"},
        gps={1: "N", 2: ((48, 1), (51, 1), (29, 1))},
        thumbnail=b"\xff\xd8\xff\xd9",
    )
    for block in (noise, good[:at] + noise, good[:at] + noise + good[at:]):
        read_exif(block)
        read_exif(b"II*\x00" + block)


@FUZZ
@given(st.binary(max_size=300))
def test_other_blocks_of_any_bytes_are_read_or_left_out(noise: bytes) -> None:
    read_iptc(noise, noise)
    read_iptc(b"8BIM\x04\x04\x00\x00" + noise, b"\x1c\x02" + noise)
    read_icc(noise.rjust(200, b"\x00"))
    read_icc(b"\x00" * 36 + b"acsp" + b"\x00" * 88 + noise)
    read_xmp((noise, b"<x:xmpmeta>" + noise + b"</x:xmpmeta>"))


@FUZZ
@given(st.text(max_size=2000))
def test_cleaned_text_is_short_printable_and_encodable(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) < MAX_TEXT + 40
    assert not any(ord(c) < 32 or 0x7F <= ord(c) <= 0x9F for c in cleaned)
    cleaned.encode("utf-8")


@FUZZ
@given(st.text(max_size=40), st.text(max_size=8))
def test_any_time_is_read_or_none(text: str, offset: str) -> None:
    parse_time(text, offset)
    parse_time("2024:05:01 10:00:00", offset)


@FUZZ
@given(st.binary(max_size=64), st.integers(0, 2**64))
def test_a_tiff_structure_never_reads_outside_itself(noise: bytes, at: int) -> None:
    for head in (b"II*\x00", b"MM\x00*", b"II+\x00\x08\x00\x00\x00"):
        try:
            structure = TiffStructure.parse(head + noise)
            entries, _ = structure.directory(at)
            for entry in entries.values():
                assert len(structure.raw(entry)) <= len(head + noise)
        except TiffError:
            continue
