"""Metadata rules on time: which clocks contradict each other, and which may differ."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.forensics.analysis.metadata_files import PICTURE, codes
from tests.images import exif_block, jpeg, photo_like, with_xmp

SMALL = photo_like(3, (48, 32))


def times(modified: str, taken: str) -> tuple[str, ...]:
    exif = exif_block(image={271: "Canon", 306: modified}, photo={0x9003: taken})
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


def with_zones(
    taken: tuple[str, str], modified: tuple[str, str], xmp: str = ""
) -> tuple[str, ...]:
    exif = exif_block(
        image={271: "Canon", 306: f"2024:05:01 {modified[0]}:00"},
        photo={
            0x9003: f"2024:05:01 {taken[0]}:00",
            0x9010: modified[1],
            0x9011: taken[1],
        },
    )
    data = jpeg(PICTURE, exif=exif)
    return codes(with_xmp(data, f'xmp:ModifyDate="2024-05-01T{xmp}"') if xmp else data)


@pytest.mark.parametrize(
    ("taken", "modified", "xmp", "contradicts"),
    [
        # Offsets that the XMP confirms: hours count.
        (("12:00", "+00:00"), ("10:00", "+00:00"), "10:00:00+00:00", True),
        (("12:00", "+02:00"), ("10:00", "+00:00"), "10:00:00+00:00", False),
        # Without that, OffsetTime may be the camera's, left beside another clock.
        (("12:00", "+00:00"), ("10:00", "+00:00"), "", False),
        (("20:00", "+09:00"), ("13:30", "+09:00"), "", False),
        (("20:00", "+09:00"), ("13:30", "+09:00"), "13:30:00+02:00", False),
        # The same local time, whatever zones stand beside it.
        (("10:00", "+01:00"), ("10:00", "+02:00"), "", False),
        (("10:00", "+01:00"), ("10:00", "+02:00"), "10:00:00+02:00", False),
    ],
)
def test_offsets_count_only_where_the_xmp_confirms_them(
    taken: tuple[str, str], modified: tuple[str, str], xmp: str, *, contradicts: bool
) -> None:
    found = with_zones(taken, modified, xmp)
    assert ("time_contradiction" in found) is contradicts


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


@given(
    st.text("0123456789:-", max_size=12)
    | st.builds(
        "{:04}:{:02}:{:02}".format,
        st.sampled_from([0, 1, 2024, 9999]),
        st.sampled_from([0, 1, 12]),
        st.sampled_from([1, 30, 31]),
    ),
    st.tuples(*[st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 100))] * 3),
)
@example("9999:12:31", ((2399, 100), (59, 1), (59, 1)))
@settings(max_examples=60, deadline=None)
def test_no_gps_time_hides_what_the_file_says(
    date: str, clock: tuple[tuple[int, int], ...]
) -> None:
    exif = exif_block(
        image={305: "Adobe Firefly"},
        photo={0x9003: "2024:05:01 10:00:00"},
        gps={7: clock, 0x1D: date},
    )
    assert codes(jpeg(SMALL, exif=exif))[0] == "ai_generated"


def test_an_editing_history_in_the_xmp_is_found() -> None:
    history = (
        '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" '
        'stEvt:softwareAgent="Adobe Photoshop 22.0"/></rdf:Seq></xmpMM:History>'
    )
    assert codes(with_xmp(jpeg(PICTURE), "", history))[0] == "editing_software"
