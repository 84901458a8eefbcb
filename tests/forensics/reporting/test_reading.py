"""Report files that strangers wrote: refused in words, whatever is in them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.reporting.document import FORMAT, digest_of
from forensics.reporting.reading import (
    MAX_BYTES,
    ReportUnreadableError,
    read_report,
)

TIME = "2026-05-01T10:00:00+00:00"
ID = "01a2178b-8d2e-7da3-bbdd-34b53d4dde2e"


def whole() -> dict[str, Any]:
    """Return a small report that is as the format says."""
    report: dict[str, Any] = {
        "format": FORMAT,
        "format_version": 1,
        "original": {
            "sha256": "a" * 64,
            "byte_size": 10,
            "format": "JPEG",
            "media_type": "image/jpeg",
            "width": 4,
            "height": 3,
            "received_at": TIME,
        },
        "submissions": [],
        "analysis": {
            "id": ID,
            "status": "completed",
            "trigger": "submission",
            "attempts": 1,
            "queued_at": TIME,
            "started_at": TIME,
            "finished_at": TIME,
            "elapsed_ms": 1.5,
            "pipeline_version": "2.0.0+aaaaaaaa",
            "codecs": {"pillow": "12"},
            "parameters": {},
            "models": [],
            "verdict": "inconclusive",
            "score": 0.5,
            "uncertainty": None,
            "reasons": [],
            "findings": [],
            "renditions": [],
        },
        "cases": None,
    }
    report["digest"] = digest_of(report)
    report["made"] = {
        "at": TIME,
        "by": "lead",
        "software": {"name": "Pixelwarden", "version": "1", "python": "3"},
    }
    return report


def refused(data: bytes) -> str:
    with pytest.raises(ReportUnreadableError) as error:
        read_report(data)
    return str(error.value)


def test_a_whole_report_is_read() -> None:
    assert read_report(json.dumps(whole()).encode()) == whole()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no JSON"),
        (b"%PDF-1.4 \xe2\xe3", "no text"),
        (b"[]", "no evidence report"),
        (b'{"format": "something-else"}', "no evidence report"),
        (b"{" * 10, "no JSON"),
        (b"[" * 500_000, "deeply"),
        (b"[" * 100 + b"]" * 100, "deeply"),
        (b'{"a":' * 200_000, "deeply"),
        (b"NaN", "no JSON"),
        (b"1" * 5_000, "no JSON"),
        (b" " * (MAX_BYTES + 1), "larger"),
        (b"[" + b"0," * 2_000_001 + b"0]", "more values"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, says: str) -> None:
    assert says in refused(data)


def test_another_version_of_the_format_says_so() -> None:
    said = refused(json.dumps(whole() | {"format_version": 2}).encode())
    assert "another version" in said


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, one in inner:
        found.append((*place, key))
        if isinstance(one, dict | list):
            found += places(one, (*place, key))
    return found


# Anything at all is allowed inside these, and the format has words of its own.
FREE = {
    ("analysis", "parameters"),
    ("analysis", "codecs", "pillow"),
    ("format",),
    ("format_version",),
}


@pytest.mark.parametrize(
    "place", [p for p in places(whole()) if p not in FREE], ids=str
)
def test_a_missing_or_wrong_value_is_named(place: tuple[Any, ...]) -> None:
    for wrong in (None, [[]]):
        report: Any = whole()
        inside = report
        for key in place[:-1]:
            inside = inside[key]
        if wrong is None:
            del inside[place[-1]]
        else:
            inside[place[-1]] = wrong
        said = refused(json.dumps(report).encode())
        assert f"at: {'/'.join(map(str, place))}" in said


def test_the_message_never_repeats_the_files_own_words() -> None:
    report = whole()
    report["analysis"]["verdict"] = "\x1b[31m secret"
    report["original"]["\x1b]0;title"] = 1
    said = refused(json.dumps(report).encode())
    assert "secret" not in said
    assert "\x1b" not in said


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(place=st.sampled_from(places(whole())), value=JSON_VALUES)
def test_any_value_anywhere_is_read_or_refused(
    place: tuple[Any, ...], value: Any
) -> None:
    report: Any = deepcopy(whole())
    inside = report
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    try:
        read = read_report(json.dumps(report).encode())
    except ReportUnreadableError:
        return
    assert len(digest_of(read)) == 64


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    refused(data)
