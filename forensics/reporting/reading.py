"""Reads a report file that anybody may have written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from forensics.analysis.types import ForensicsError
from forensics.reporting.document import FORMAT, FORMAT_VERSION
from forensics.reporting.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 60
MAX_VALUES = 2_000_000
_SHOWN = 60


class ReportUnreadableError(ForensicsError):
    """The file is no evidence report. The words never repeat its own."""


def read_report(data: bytes) -> dict[str, Any]:
    """Return a report that has the documented shape.

    Raises
    ------
    ReportUnreadableError
        It is too large, no JSON, nested too deeply, of another format or version, or
        a value is not what the format says.
    """
    if len(data) > MAX_BYTES:
        raise ReportUnreadableError(
            f"The file is larger than {MAX_BYTES // 2**20} MiB: no report is."
        )
    document = _parsed(data)
    _check_bulk(document)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ReportUnreadableError(
            "The file is JSON, but no evidence report: download one as JSON from the "
            "page of an image."
        )
    if document.get("format_version") != FORMAT_VERSION:
        raise ReportUnreadableError(
            "The report has another version of the format than this release reads "
            f"({FORMAT_VERSION}). Use a release that reads it."
        )
    _check_shape(document)
    return document


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise ReportUnreadableError(
            "The file is no text. The PDF cannot be checked; take the JSON report."
        ) from error
    except RecursionError as error:
        raise ReportUnreadableError(
            "Values in the file are nested too deeply."
        ) from error
    except ValueError as error:  # JSONDecodeError is one; huge whole numbers are too
        raise ReportUnreadableError("The file is no JSON, or was cut.") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _check_bulk(document: Any) -> None:
    level, depth, count = [document], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > MAX_DEPTH:
            raise ReportUnreadableError("Values in the file are nested too deeply.")
        if count > MAX_VALUES:
            raise ReportUnreadableError("The file holds more values than any report.")
        level = [inner for value in level for inner in _inside(value)]


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _check_shape(document: dict[str, Any]) -> None:
    error = best_match(Draft202012Validator(SCHEMA).iter_errors(document))
    if error is None:
        return
    place = [str(part) for part in error.absolute_path]
    if error.validator == "required":  # names of ours, not of the file
        place += [n for n in error.validator_value if n not in error.instance][:1]
    shown = "/".join(place)[:_SHOWN]
    shown = "".join(c if c.isprintable() else "?" for c in shown)
    raise ReportUnreadableError(
        f"A value in the file is not what the format says, at: {shown or 'the top'} "
        f"(rule: {error.validator}). It was altered, or another program wrote it."
    )
