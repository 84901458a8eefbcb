"""The metadata as a grouped table and a summary, for people and for JSON."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from forensics.analysis.metadata.clock import stamps
from forensics.analysis.metadata.values import Value, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forensics.analysis.metadata.facts import Facts
    from forensics.analysis.types import Json

_MAX_ROWS = 200


def as_table(facts: Facts) -> dict[str, Json]:
    """Return groups of ``{"tag", "value"}`` rows; empty groups are left out."""
    exif = facts.exif
    groups = {
        "File": _file(facts),
        "EXIF image": exif.image,
        "EXIF photo": {**exif.photo, **_maker_note(facts)},
        "EXIF GPS": exif.gps,
        "EXIF interoperability": exif.interop,
        "EXIF thumbnail": {**exif.thumbnail_tags, **_thumbnail(facts)},
        "XMP": _joined(facts.xmp.properties),
        "IPTC": _joined(facts.iptc.records),
        "Photoshop": {"Resources": ", ".join(f"{r:04X}" for r in facts.iptc.resources)}
        if facts.iptc.resources
        else {},
        "ICC profile": facts.icc,
        "C2PA": {"Manifest": f"({len(facts.c2pa):,} bytes, see Provenance)"}
        if facts.c2pa
        else {},
    }
    table: dict[str, Json] = {
        name: _rows(values.items()) for name, values in groups.items() if values
    }
    if facts.texts:
        table["PNG text"] = _rows((key, clean_text(text)) for key, text in facts.texts)
    if facts.comments:
        table["Comments"] = _rows(("Comment", clean_text(c)) for c in facts.comments)
    return table


def summary_fields(facts: Facts) -> dict[str, Json]:
    """Return the fields that pages and filters ask for by name."""
    exif, match = facts.exif, facts.thumbnail
    return {
        "camera": {
            "make": exif.text("Make"),
            "model": exif.text("Model"),
            "lens": exif.text("LensModel"),
        },
        "software": [{"place": n.place, "name": clean_text(n.text, 120)}
                     for n in facts.software()[:20]],
        "times": [{"name": s.name, "at": s.at.isoformat()} for s in stamps(facts)],
        "dimensions": {"width": facts.width, "height": facts.height},
        "thumbnail": None
        if match is None
        else {
            "width": match.width,
            "height": match.height,
            "correlation": None
            if match.correlation is None
            else round(match.correlation, 4),
        },
        "jpeg": _jpeg(facts),
    }  # fmt: skip


def _rows(pairs: Iterable[tuple[str, Value]]) -> list[Json]:
    return [
        {"tag": clean_text(tag, 80), "value": _plain(value)}
        for tag, value in list(pairs)[:_MAX_ROWS]
    ]


def _plain(value: Value) -> Json:
    if isinstance(value, tuple):
        return list(value)
    # A long description (UserComment) is kept whole for the rules only.
    return clean_text(value) if isinstance(value, str) else value


def _joined(found: Mapping[str, tuple[str, ...]]) -> dict[str, Value]:
    return {name: "; ".join(values) for name, values in found.items()}


def _file(facts: Facts) -> dict[str, Value]:
    found: dict[str, Value] = {
        "Format": facts.format,
        "Width": facts.width,
        "Height": facts.height,
    }
    if facts.applications:
        found["Segments"] = ", ".join(facts.applications)
    if facts.xmp.is_unreadable:
        found["XMP"] = "(present, not readable)"
    return found


def _maker_note(facts: Facts) -> dict[str, Value]:
    size = facts.exif.maker_note_bytes
    return {"MakerNote": f"({size:,} bytes)"} if size else {}


def _thumbnail(facts: Facts) -> dict[str, Value]:
    size = len(facts.exif.thumbnail)
    return {"Thumbnail": f"({size:,} bytes)"} if size else {}


def _jpeg(facts: Facts) -> Json:
    jpeg = facts.jpeg
    if jpeg is None:
        return None
    digest = hashlib.sha256(repr(jpeg.tables).encode()).hexdigest()[:16]
    return {
        "quality": jpeg.quality,
        "is_standard": jpeg.is_standard,
        "tables": [list(table) for table in jpeg.tables],
        "tables_digest": digest,
        "subsampling": jpeg.subsampling,
        "is_progressive": jpeg.is_progressive,
        "components": jpeg.components,
        "comments": [clean_text(comment) for comment in facts.comments],
    }
