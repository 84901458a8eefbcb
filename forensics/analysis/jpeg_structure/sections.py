"""The facts as tables for the page: titles, headings and rows of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forensics.analysis.quantization import row_by_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.analysis.jpeg_structure.analyzer import Structure
    from forensics.analysis.jpeg_structure.families import TableFacts
    from forensics.analysis.jpeg_structure.layout import Part, Scan
    from forensics.analysis.types import Json

_MOST_ROWS: Final = 120
_ROLES: Final = {"luma": "brightness", "chroma": "color", "other": "other"}
_COMPONENTS: Final = ("Y", "Cb", "Cr", "4th")


def sections_of(found: Structure) -> list[Json]:
    """Return the tables: each with ``title``, ``columns`` and ``rows`` of text.

    The first cell of a row is its heading.
    """
    sections = [_overview(found), _qualities(found)]
    sections += [_matrix(facts) for facts in found.tables.tables[:4]]
    if len(found.layout.scans) > 1:
        sections.append(_scans(found.layout.scans))
    sections += [_inside(found)] if found.inside else []
    sections += [_trailing(found)] if found.trailing else []
    return [*sections, _segments(found.layout.parts)]


def _section(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Json:
    shown: list[Json] = [list(row) for row in rows[:_MOST_ROWS]]
    return {
        "title": title,
        "columns": list(columns),
        "rows": shown,
        "left_out": max(0, len(rows) - _MOST_ROWS),
    }


def _overview(found: Structure) -> Json:
    layout, frame, declared = found.layout, found.layout.frame, found.tables.declared
    rows = [
        ("Coding", layout.coding),
        ("Color sampling", found.subsampling or "unknown"),
        ("Huffman tables", layout.codes),
        ("Scans", _scan_words(found)),
        ("Restart markers", _restart_words(found)),
        ("Tables", found.tables.family.name),
    ]
    if frame is not None:
        size = f"{frame.width} x {frame.height} px, {frame.precision} bits"
        rows.insert(0, ("Coded size", f"{size}, {len(frame.components)} components"))
    if declared is not None:
        noted = f"{declared.program}: {declared.quality} of {declared.highest}"
        rows.append(("Quality noted in the file", noted))
    return _section("Overview", ("What", "Value"), rows)


def _scan_words(found: Structure) -> str:
    count = len(found.layout.scans)
    if "progressive" not in found.layout.coding:
        return str(count)
    return f"{count}, {found.layout.script}"


def _restart_words(found: Structure) -> str:
    restarts = found.layout.restarts
    if not restarts.interval:
        return "none"
    words = f"every {restarts.interval} blocks: {restarts.markers:,} found"
    if restarts.expected is not None and restarts.expected != restarts.markers:
        words += f", {restarts.expected:,} expected"
    return words


def _qualities(found: Structure) -> Json:
    rows = [
        (
            f"{facts.index}: {_ROLES[facts.role]}",
            str(facts.fit.quality),
            "exact" if facts.fit.is_exact else f"off by {facts.fit.mean:.2f} a step",
            str(facts.fit.largest),
        )
        for facts in found.tables.tables
    ]
    columns = ("Table", "Nearest quality", "Fit", "Largest difference")
    return _section("Quality on libjpeg's scale (1 to 100)", columns, rows)


def _matrix(facts: TableFacts) -> Json:
    steps = row_by_row(facts.table)
    rows = [
        (str(row), *(str(step) for step in steps[8 * row : 8 * row + 8]))
        for row in range(8)
    ]
    title = f"Quantization table {facts.index} ({_ROLES[facts.role]})"
    return _section(title, ("Row", *(str(column) for column in range(8))), rows)


def _scans(scans: Sequence[Scan]) -> Json:
    rows = [
        (
            str(number),
            " ".join(_component(at) for at in scan.components),
            f"{scan.band[0]}-{scan.band[1]}",
            f"{scan.bits[0]} to {scan.bits[1]}",
            f"{scan.coded:,}",
        )
        for number, scan in enumerate(scans, start=1)
    ]
    columns = ("Scan", "Components", "Frequencies", "Bits", "Coded bytes")
    return _section("Scans", columns, rows)


def _component(at: int) -> str:
    return _COMPONENTS[at] if 0 <= at < len(_COMPONENTS) else "?"


def _inside(found: Structure) -> Json:
    rows = [
        (
            one.name,
            "in its block" if one.offset is None else f"{one.offset:,}",
            f"{one.size:,}",
            f"{one.width} x {one.height}" if one.width else "",
        )
        for one in found.inside
    ]
    columns = ("Picture", "Offset", "Bytes", "Size in px")
    return _section("Further pictures in the file", columns, rows)


def _trailing(found: Structure) -> Json:
    rows = [
        (
            piece.name + (f": {', '.join(piece.notes)}" if piece.notes else ""),
            f"{piece.offset:,}",
            f"{piece.size:,}",
        )
        for piece in found.trailing
    ]
    title = "Data behind the picture's end"
    return _section(title, ("What it looks like", "Offset", "Bytes"), rows)


def _segments(parts: Sequence[Part]) -> Json:
    rows = [(part.name, f"{part.offset:,}", f"{part.size:,}") for part in parts]
    return _section("Segments", ("Segment", "Offset", "Bytes"), rows)
