"""ExifTool's answers, honest and hostile, to a flat, short and printable table."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.analysis.metadata.inner_pictures import MAX_PIXELS, show
from forensics.analysis.metadata.tag_sheet import (
    MAX_CHARACTERS,
    MAX_TAGS,
    MAX_VALUE,
    InnerPicture,
    TagSheet,
    read_previews,
    read_sheet,
)
from tests.images import encode, jpeg, photo_like

FUZZ = settings(derandomize=True, deadline=None, max_examples=250)


def answer(tags: dict[str, Any]) -> bytes:
    return json.dumps([{"SourceFile": "/dev/fd/3", **tags}]).encode()


def sheet_of(tags: dict[str, Any]) -> TagSheet:
    sheet = read_sheet(answer(tags))
    assert sheet is not None
    return sheet


def shown(tags: dict[str, Any]) -> dict[str, str]:
    return {tag.label: tag.value for tag in sheet_of(tags).tags}


def test_values_keep_the_form_they_are_written_in() -> None:
    found = sheet_of(
        {
            "EXIF:ExifIFD:Image::ExposureTime": {"val": "1/250", "num": 0.0040},
            "EXIF:IFD0:Image:Copy1:Software": {"val": 7.10},
            "XMP:XMP-dc:Image::Subject": {"val": ["a", "b"]},
            "ICC_Profile:ICC_Profile:Image::RedTRC": {
                "val": "(Binary data 32000 bytes, use -b option to extract)"
            },
        }
    )
    rows = [(t.heading, t.label, t.value, t.raw) for t in found.tags]
    assert rows == [
        ("EXIF photo", "ExposureTime", "1/250", "0.004"),
        ("EXIF image", "Software", "7.1", ""),
        ("XMP", "dc:Subject", "a; b", ""),
        ("ICC profile", "RedTRC", "(32,000 bytes)", ""),
    ]


def test_structures_become_rows_with_the_way_to_them() -> None:
    history = [{"Action": "created"}, {"Action": "saved", "When": "2024:05:01"}]
    found = shown({"XMP:XMP-xmpMM:Other::History": {"val": history}})
    assert found == {
        "xmpMM:History[1].Action": "created",
        "xmpMM:History[2].Action": "saved",
        "xmpMM:History[2].When": "2024:05:01",
    }


def test_depth_items_tags_and_characters_are_capped() -> None:
    deep: Any = "end"
    for _ in range(50):
        deep = {"x": deep}
    assert shown({"XMP:XMP-a:Other::Deep": {"val": deep}}) == {
        "a:Deep.x.x.x.x.x.x": "(more inside)"
    }
    many = sheet_of({"XMP:XMP-a:Other::Many": {"val": [{"x": 1}] * 5000}})
    assert len(many.tags) == 101
    tags = {f"XMP:XMP-a:Other::T{n}": {"val": "x"} for n in range(5000)}
    assert len(sheet_of(tags).tags) == MAX_TAGS
    assert sheet_of(tags).is_cut
    long = {f"XMP:XMP-a:Other::T{n}": {"val": "x" * 100_000} for n in range(500)}
    found = sheet_of(long)
    assert found.is_cut
    assert max(len(tag.value) for tag in found.tags) < MAX_VALUE + 40
    assert sum(len(tag.value) for tag in found.tags) <= MAX_CHARACTERS


def test_control_characters_and_turned_text_are_replaced_and_html_is_kept() -> None:
    nasty = "<script>\x1b[31m\u202eevil\x00\nnext"
    found = shown({f"EXIF:IFD0:Image::{nasty}": {"val": nasty}})
    ((name, value),) = found.items()
    for unsafe in "\x1b\u202e\x00\n":
        assert unsafe not in name + value
    assert value.startswith("<script>")  # Escaping for HTML is the page's work.


@FUZZ
@given(st.binary(max_size=300))
def test_bytes_that_are_no_answer_give_none_or_a_table(noise: bytes) -> None:
    for data in (noise, b"[{" + noise, b'[{"A:B:C::D": ' + noise + b"}]"):
        sheet = read_sheet(data)
        assert sheet is None or len(sheet.tags) <= MAX_TAGS
        read_previews(data)
    assert read_sheet(b"[" * 200_000) is None
    assert read_sheet(b'[{"a":' * 50_000) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=9), inner, max_size=5)
    ),
    max_leaves=40,
)


@FUZZ
@given(st.dictionaries(st.text(max_size=30), JSON, max_size=8), JSON)
def test_any_json_becomes_short_printable_rows(tags: Any, value: Any) -> None:
    for extra in ({"A:B:C::D": value}, {"A:B:C::D": {"val": value, "num": value}}):
        sheet = read_sheet(json.dumps([tags | extra]).encode())
        assert sheet is not None
        text = json.dumps(sheet.groups(), allow_nan=False, ensure_ascii=False)
        text.encode()
        assert text.isprintable() or not any(ord(c) < 32 for c in text)


def test_pictures_inside_are_shown_once_small_and_few() -> None:
    first, second = jpeg(photo_like(1, (1500, 900))), jpeg(photo_like(2, (160, 120)))
    names = [InnerPicture(f"Preview{n}", first) for n in range(3)]
    found = show((*names, InnerPicture("Thumbnail", second)), orientation=6)
    assert [(e.kind, e.width, e.height) for e in found.shown] == [
        ("embedded_1", 614, 1024),
        ("embedded_2", 120, 160),
    ]
    more = [InnerPicture(f"P{n}", jpeg(photo_like(n, (64, 48)))) for n in range(40)]
    found = show(more, orientation=1)
    assert (len(found.shown), len(found.rows)) == (4, 20)


def test_pictures_inside_that_are_too_large_or_broken_are_only_named() -> None:
    wide = encode(photo_like(1, (16, 16)).resize((MAX_PIXELS // 1000, 1001)), "JPEG")
    broken = jpeg(photo_like(2, (64, 48)))[:400]
    found = show(
        [
            InnerPicture("Wide", wide),
            InnerPicture("Broken", broken),
            InnerPicture("Text", b"<svg onload=alert(1)>"),
            InnerPicture("Empty", b""),
        ],
        orientation=1,
    )
    assert found.shown == ()
    says = {row["name"]: row["says"] for row in found.rows}  # type: ignore[index,call-overload]
    assert "too large" in says["Wide"]
    assert says["Broken"].startswith("not shown")
    assert "<svg" not in says["Text"]
    assert "Empty" not in says


def test_previews_are_taken_from_base64_only() -> None:
    data = base64.b64encode(b"picture").decode()
    found = read_previews(
        answer({"A:B::P": f"base64:{data}", "A:B::Q": "base64:???", "A:B::R": "no"})
    )
    assert found == (InnerPicture("P", b"picture"),)
