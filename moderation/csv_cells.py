"""Cells of CSV files that no spreadsheet takes for a formula. Pure.

Every table that strangers' words end up in goes through here.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Programs skip blanks and quotes before a formula, and read full-width forms as plain.
_RISKY = re.compile(
    "[\\s\"'`\u200b\u2060\ufeff]*?[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
)


def safe_cell(value: object) -> str:
    """Return a cell's text; what could be a formula gets a leading apostrophe.

    Numbers that are numbers (not text) stay as they are, negative ones too.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value).replace("\0", "")
    return f"'{text}" if _RISKY.match(text) else text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180: every cell quoted, CRLF)."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in rows:
        yield writer.writerow([safe_cell(cell) for cell in row])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text
