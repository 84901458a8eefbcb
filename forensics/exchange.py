"""Hash lists in the shapes that platforms exchange: JSON, CSV, and a hash a line.

Signal types are named as by Meta's hasher-matcher-actioner (``pdq``) or ThreatExchange
(``HASH_PDQ``). Lists come from strangers: whatever is wrong with a row is said by its
number, never by its content.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from forensics.analysis.pdq_index import is_hash, is_telling

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 2_000_000
MAX_PROBLEMS = 20
MAX_SOURCE, MAX_NOTE, MAX_TAG, MAX_TAGS, MAX_ID = 255, 1000, 100, 20, 200
FORMATS = ("json", "csv", "txt")
COLUMNS = (
    "content_id",
    "signal_type",
    "signal_value",
    "tags",
    "source",
    "note",
    "added_at",
)
_FIELDS = {
    "pdq": "pdq",
    "hash_pdq": "pdq",
    "sha256": "sha256",
    "hash_sha256": "sha256",
}
# A cell that begins so is run by spreadsheets; a quote in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExchangeError(Exception):
    """The list as a whole cannot be read; the words say why."""


@dataclass(frozen=True, slots=True)
class KnownImage:
    """One entry of a list: the file's hash, the picture's, or both; lower-case hex."""

    sha256: str = ""
    pdq: str = ""
    source: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class Reading:
    """What became of a list.

    ``unsupported`` counts rows of other signal types, ``refused`` malformed ones; the
    first of them are told in ``problems``.
    """

    known: list[KnownImage] = field(default_factory=list)
    unsupported: int = 0
    refused: int = 0
    problems: list[str] = field(default_factory=list)


def read_list(data: bytes, *, kind: str, signal_type: str = "") -> Reading:
    """Read a hash list.

    Parameters
    ----------
    data : bytes
        The whole file, UTF-8.
    kind : {"json", "csv", "txt"}
        Its shape.
    signal_type : {"", "pdq", "sha256"}
        Of rows that do not name theirs.

    Raises
    ------
    ExchangeError
        It is too large, or not of this shape at all.
    """
    if len(data) > MAX_BYTES:
        raise ExchangeError(f"The list has more than {MAX_BYTES:,} bytes. Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExchangeError("The list is not UTF-8 text.") from error
    rows = {"json": _json_rows, "csv": _csv_rows, "txt": _text_rows}[kind](text)
    reading, groups = Reading(), dict[str, int]()
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise ExchangeError(f"The list has more than {MAX_ROWS:,} rows. Split it.")
        _take(reading, groups, row, number, signal_type)
    return reading


def write_list(
    entries: Iterable[Any], *, kind: str, head: Mapping[str, str]
) -> Iterator[str]:
    """Yield a bank's entries as text, piece by piece.

    Parameters
    ----------
    entries : iterable of BankEntry
        Rows to write; one with both hashes gives two records with one ``content_id``.
    kind : {"json", "csv", "txt"}
        The shape.
    head : mapping of str to str
        What JSON says of the list as a whole.
    """
    records = (record for entry in entries for record in _records(entry))
    if kind == "txt":
        for record in records:
            yield f"{record['signal_type']} {record['signal_value']}\n"
    elif kind == "csv":
        yield _csv_line(COLUMNS)
        for record in records:
            yield _csv_line(_cell(record[name]) for name in COLUMNS)
    else:
        yield json.dumps(dict(head))[:-1] + ', "entries": ['
        comma = "\n"
        for record in records:
            yield comma + json.dumps(record, ensure_ascii=False)
            comma = ",\n"
        yield "\n]}\n"


def _records(entry: Any) -> Iterator[dict[str, Any]]:
    for signal_type in ("sha256", "pdq"):
        value = getattr(entry, signal_type)
        if value:
            yield {
                "content_id": str(entry.pk),
                "signal_type": signal_type,
                "signal_value": value,
                "tags": list(entry.tags),
                "source": entry.source,
                "note": entry.note,
                "added_at": entry.added_at.isoformat(),
            }


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: Any) -> str:
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_rows(text: str) -> Iterator[Mapping[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExchangeError("The list is not JSON.") from error
    if isinstance(found, Mapping):
        found = found.get("entries", found.get("data"))
    if not isinstance(found, list):
        raise ExchangeError(
            "The JSON holds no list: give an array, or an object with 'entries'."
        )
    for row in found:
        yield from _json_signals(row)


def _json_signals(row: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(row, Mapping):
        yield {}
        return
    signals = row.get("signals")
    if isinstance(signals, Mapping):  # a bank's content with all its signals
        common = {"content_id": row.get("id", row.get("content_id")), **row}
        for name, value in signals.items():
            yield {**common, "signal_type": name, "signal_value": value}
        return
    yield {
        **row,
        "signal_type": row.get("signal_type", row.get("type")),
        "signal_value": row.get("signal_value", row.get("indicator")),
        "note": row.get("note", row.get("description")),
    }


def _csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"signal_value", "indicator"} & set(names):
            raise ExchangeError("The first line names no column 'signal_value'.")
        reader.fieldnames = names
        for row in reader:
            plain = {key: _uncelled(value) for key, value in row.items() if key}
            yield from _json_signals(plain | {"tags": plain.get("tags", "").split()})
    except csv.Error as error:
        raise ExchangeError("The list is not CSV.") from error


def _uncelled(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    is_quoted = text.startswith("'") and text[1:].startswith(_FORMULA)
    return text[1:] if is_quoted else text


def _text_rows(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.split("\n"):
        words = line.split()
        if len(words) == 1:
            yield {"signal_value": words[0]}
        elif words:
            yield {"signal_type": words[0], "signal_value": words[1]}


def _take(
    reading: Reading,
    groups: dict[str, int],
    row: Mapping[str, Any],
    number: int,
    default: str,
) -> None:
    name = _FIELDS.get(str(row.get("signal_type") or default).lower())
    value = row.get("signal_value")
    if name is None:
        reading.unsupported += 1
        return
    value = value.strip().lower() if isinstance(value, str) else ""
    problem = _problem(name, value)
    if problem:
        reading.refused += 1
        if len(reading.problems) < MAX_PROBLEMS:
            reading.problems.append(f"Row {number}: {problem}")
        return
    known = KnownImage(
        source=_text(row.get("source"), MAX_SOURCE),
        note=_text(row.get("note"), MAX_NOTE),
        tags=_tags(row.get("tags")),
    )
    _place(reading, groups, _text(row.get("content_id"), MAX_ID), known, name, value)


def _place(  # noqa: PLR0913, PLR0917 - one row and where it goes
    reading: Reading,
    groups: dict[str, int],
    group: str,
    known: KnownImage,
    name: str,
    value: str,
) -> None:
    """Add a hash to the entry with the same content that lacks it, or as a new one."""
    place = groups.get(group)
    if group and place is not None and not getattr(reading.known[place], name):
        reading.known[place] = _with_hash(reading.known[place], name, value)
        return
    groups[group] = len(reading.known)
    reading.known.append(_with_hash(known, name, value))


def _with_hash(known: KnownImage, name: str, value: str) -> KnownImage:
    is_pdq = name == "pdq"
    return replace(known, pdq=value) if is_pdq else replace(known, sha256=value)


def _problem(name: str, value: str) -> str:
    if not is_hash(value):
        return f"a {name} hash has 64 hexadecimal digits."
    if name == "pdq" and not is_telling(value):
        return "this is the hash of something flat, which would match everything flat."
    return ""


def _text(value: Any, most: int) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    return "".join(char if char.isprintable() else " " for char in text[:most]).strip()


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):  # ThreatExchange: {"data": [{"text": ...}]}
        value = value.get("data")
    if not isinstance(value, list):
        return ()
    texts = [tag.get("text") if isinstance(tag, Mapping) else tag for tag in value]
    cleaned = (_text(text, MAX_TAG) for text in texts[:MAX_TAGS])
    return tuple(text for text in cleaned if text)
