"""Hash lists: what is read, what is refused, and that what is written is read again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.exchange import ExchangeError, KnownImage, read_list, write_list

PDQ = "f8" * 32
SHA = "ab" * 32
# What can be stored: no control characters, no space around.
plain = st.text(st.characters(exclude_categories=("C", "Z")), max_size=30)


@dataclass
class Row:
    """An entry of a bank, as far as it is written."""

    pk: int
    sha256: str
    pdq: str
    source: str = ""
    note: str = ""
    tags: list[str] = field(default_factory=list)
    added_at: datetime = datetime(2026, 5, 12, tzinfo=UTC)


def read(text: str, kind: str = "json", signal_type: str = "") -> list[KnownImage]:
    return read_list(text.encode(), kind=kind, signal_type=signal_type).known


def test_names_of_hasher_matcher_actioner_and_threatexchange() -> None:
    rows = [
        {"signal_type": "pdq", "signal_value": PDQ.upper(), "tags": ["deepfake"]},
        {
            "type": "HASH_PDQ",
            "indicator": PDQ,
            "description": "Seen in May",
            "tags": {"data": [{"text": "fake"}, {"id": "1"}]},
        },
        {"id": 12, "signals": {"pdq": PDQ, "sha256": SHA}},
    ]
    expected = [
        KnownImage(pdq=PDQ, tags=("deepfake",)),
        KnownImage(pdq=PDQ, note="Seen in May", tags=("fake",)),
        KnownImage(pdq=PDQ),
        KnownImage(sha256=SHA),
    ]
    assert read(json.dumps(rows))[:2] == expected[:2]
    assert read(json.dumps({"data": rows}))[2:] == [KnownImage(pdq=PDQ, sha256=SHA)]


def test_lines_of_the_local_file_exchange_and_bare_hashes() -> None:
    text = f"pdq {PDQ}\n\nsha256 {SHA}\nvideo_md5 {'a' * 32}\n"
    reading = read_list(text.encode(), kind="txt")
    assert reading.known == [KnownImage(pdq=PDQ), KnownImage(sha256=SHA)]
    assert reading.unsupported == 1
    assert read(f"{PDQ}\r\n", "txt", "pdq") == [KnownImage(pdq=PDQ)]
    assert read_list(PDQ.encode(), kind="txt").unsupported == 1  # which kind is it?


def test_csv_with_columns_in_any_order() -> None:
    text = f"tags,Signal_Value,signal_type\na b,{PDQ},pdq\n"
    assert read(text, "csv") == [KnownImage(pdq=PDQ, tags=("a", "b"))]


def test_malformed_rows_are_told_by_number_without_their_content() -> None:
    rows = [
        {"signal_type": "pdq", "signal_value": "<script>"},
        {"signal_type": "pdq", "signal_value": "0" * 64},
        {"signal_type": "sha256", "signal_value": 5},
        {"signal_type": "pdq", "signal_value": PDQ},
        "nothing",
    ]
    reading = read_list(json.dumps(rows).encode(), kind="json")
    assert len(reading.known) == 1
    assert reading.refused == 3
    assert reading.unsupported == 1
    assert [line.split(":")[0] for line in reading.problems] == [
        "Row 1",
        "Row 2",
        "Row 3",
    ]
    assert "script" not in "".join(reading.problems)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xfe", "txt"),
        (b"{", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a": 1}', "json"),
        (b"5", "json"),
        (b"a,b\n1,2", "csv"),
        (b"", "csv"),
    ],
)
def test_what_is_no_list_at_all_is_refused(data: bytes, kind: str) -> None:
    with pytest.raises(ExchangeError):
        read_list(data, kind=kind)


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text() -> None:
    rows = [Row(1, "", PDQ, note="=HYPERLINK(1)")]
    text = "".join(write_list(rows, kind="csv", head={}))
    assert "'=HYPERLINK(1)" in text
    assert read(text, "csv")[0].note == "=HYPERLINK(1)"


@settings(deadline=None)
@given(
    rows=st.lists(
        st.builds(
            Row,
            pk=st.integers(1, 10**6),
            sha256=st.sampled_from([SHA, ""]),
            pdq=st.just(PDQ),
            source=plain,
            note=plain.filter(lambda text: not text.startswith("'")),
            tags=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), max_size=3),
        ),
        max_size=6,
        unique_by=lambda row: row.pk,
    ),
    kind=st.sampled_from(["json", "csv"]),
)
def test_what_is_written_is_read_again(rows: list[Row], kind: str) -> None:
    text = "".join(write_list(rows, kind=kind, head={"bank": "x", "purpose": "fake"}))
    expected = [
        KnownImage(row.sha256, row.pdq, row.source, row.note, tuple(row.tags))
        for row in rows
    ]
    if kind == "csv":
        strip = {"'" + sign for sign in "=+-@"}
        expected = [e for e in expected if e.source[:2] not in strip]
        rows_kept = [r for r in rows if r.source[:2] not in strip]
        text = "".join(write_list(rows_kept, kind=kind, head={}))
    assert read(text, kind) == expected


@settings(deadline=None, max_examples=200)
@given(data=st.binary(max_size=400), kind=st.sampled_from(["json", "csv", "txt"]))
def test_any_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    try:
        reading = read_list(data, kind=kind, signal_type="pdq")
    except ExchangeError:
        return
    assert len(reading.problems) <= 20


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["signal_type", "signal_value", "tags", "data", "text", "signals", "id"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200)
@given(rows=st.lists(json_values, max_size=5))
def test_any_json_rows_are_read_or_counted(rows: list[object]) -> None:
    read_list(json.dumps(rows).encode(), kind="json", signal_type="pdq")
