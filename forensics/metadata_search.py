"""What files say about themselves as one text a result, to be searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MAX_TEXT = 32_000
_MAX_LINE = 400
# The same in every file of a kind, or numbers that nobody looks for.
_LEFT_OUT = frozenset(("Worked out by ExifTool",))


def searchable_text(groups: object) -> str:
    """Return a metadata finding's table as lines ``group tag: value``, folded."""
    lines: list[str] = []
    left = MAX_TEXT
    for line in _lines(groups):
        left -= len(line) + 1
        if left < 0:
            break
        lines.append(line)
    return "\n".join(lines)


def _lines(groups: object) -> Iterator[str]:
    for name, rows in groups.items() if isinstance(groups, Mapping) else ():
        if name in _LEFT_OUT or not isinstance(rows, list):
            continue
        for row in rows:
            tag, value = row.get("tag", ""), row.get("value", "")
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield folded(f"{name} {tag}: {shown}")[:_MAX_LINE]


def folded(text: str) -> str:
    """Return text on one line, in which case and runs of blanks do not matter."""
    return " ".join(text.replace("\x00", " ").split()).casefold()
