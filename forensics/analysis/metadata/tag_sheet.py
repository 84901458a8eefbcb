"""ExifTool's answer as tags: flat, few, short and safe to show, whatever the file."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forensics.analysis.types import Json

MAX_TAGS = 1_000
MAX_VALUE = 1_000
MAX_CHARACTERS = 120_000
_MAX_RAW = 200
_MAX_DEPTH = 6
_MAX_ITEMS = 100
_BINARY = re.compile(r"\(Binary data (\d{1,15}) bytes.*\)")
_BASE64 = "base64:"
_TOO_DEEP = "(more inside)"

_EXIF_BLOCKS = {
    "IFD0": "EXIF image",
    "ExifIFD": "EXIF photo",
    "GPS": "EXIF GPS",
    "InteropIFD": "EXIF interoperability",
    "IFD1": "EXIF thumbnail",
}
_FAMILIES = {
    "ICC_Profile": "ICC profile",
    "JUMBF": "C2PA",
    "MPF": "Multi-picture format",
    "Composite": "Worked out by ExifTool",
    "ExifTool": "Remarks of ExifTool",
}
# What people ask for first stands first; anything else keeps its place in the file.
_ORDER = (
    "File", "EXIF image", "EXIF photo", "EXIF GPS", "Maker notes", "XMP", "IPTC",
    "Photoshop", "PNG", "C2PA", "ICC profile",
)  # fmt: skip
_LAST = ("Worked out by ExifTool", "Remarks of ExifTool")


@dataclass(frozen=True, slots=True)
class Tag:
    """One value with where it stood.

    Attributes
    ----------
    family, block, topic : str
        ExifTool's groups 0, 1 and 2: ``EXIF``, ``IFD0``, ``Time``.
    name : str
        With the way inside a structure: ``History[1].When``.
    value : str
        As people read it.
    raw : str
        As the file has it, where that differs; for computing.
    """

    family: str
    block: str
    topic: str
    name: str
    value: str
    raw: str

    @property
    def heading(self) -> str:
        """Name of the group it is shown in."""
        if self.family == "EXIF":
            return _EXIF_BLOCKS.get(self.block, f"EXIF {self.block}")
        if self.family == "MakerNotes":
            return f"Maker notes ({self.block})"
        return _FAMILIES.get(self.family, self.family)

    @property
    def label(self) -> str:
        """Name as shown: XMP's with its prefix, as in the file."""
        prefix = self.block.removeprefix("XMP-") if self.family == "XMP" else ""
        return f"{prefix}:{self.name}" if prefix else self.name

    @property
    def stored(self) -> str:
        """The value for computing."""
        return self.raw or self.value


@dataclass(frozen=True, slots=True)
class TagSheet:
    """All tags of a file, in the order of the file; ``is_cut`` where some are left."""

    tags: tuple[Tag, ...] = ()
    is_cut: bool = False

    def find(self, family: str, name: str) -> Tag | None:
        """Return the first tag of that name."""
        found = (t for t in self.tags if t.family == family and t.name == name)
        return next(found, None)

    def groups(self) -> dict[str, list[Json]]:
        """Return ``{"tag", "value"}`` rows by heading."""
        table: dict[str, list[Json]] = {}
        for tag in self.tags:
            row = {"tag": tag.label, "value": tag.value}
            table.setdefault(tag.heading, []).append(row)
        return table


def in_order(groups: Mapping[str, Json]) -> dict[str, Json]:
    """Sort groups by what people ask for first."""
    return dict(sorted(groups.items(), key=lambda group: _place(group[0])))


def _place(heading: str) -> int:
    if heading in _LAST:
        return len(_ORDER) + 1
    name = heading.partition(" (")[0]
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def read_sheet(answer: bytes) -> TagSheet | None:
    """Read ExifTool's JSON of one file; None where it is none."""
    found = _parsed(answer)
    if found is None:
        return None
    tags: list[Tag] = []
    left = MAX_CHARACTERS
    for tag in _flattened(found):
        left -= len(tag.name) + len(tag.value)
        if left < 0 or len(tags) == MAX_TAGS:
            return TagSheet(tuple(tags), is_cut=True)
        tags.append(tag)
    return TagSheet(tuple(tags))


def _parsed(answer: bytes) -> Mapping[str, Any] | None:
    try:
        # Numbers stay as they are written: exact, and of any length.
        files = json.loads(
            answer.decode("utf-8", errors="replace"), parse_int=str, parse_float=str
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(files, list) or not files or not isinstance(files[0], dict):
        return None
    return files[0]


def _flattened(found: Mapping[str, Any]) -> Iterator[Tag]:
    for key, entry in found.items():
        groups = key.split(":")
        if len(groups) != 5:
            continue  # SourceFile: the path of a scratch file
        family, block, topic, _, name = (clean_text(part, 80) for part in groups)
        value, raw = _sides(entry)
        for path, text in _leaves(value, depth=0):
            yield Tag(family, block, topic, f"{name}{path}", text, raw)


def _sides(entry: Any) -> tuple[Any, str]:
    """Return the value as printed and, of single ones, as stored."""
    if not isinstance(entry, dict) or "val" not in entry:
        return entry, ""
    raw = entry.get("num")
    return entry["val"], clean_text(raw, _MAX_RAW) if isinstance(raw, str) else ""


def _leaves(value: Any, *, depth: int) -> Iterator[tuple[str, str]]:
    """Yield the values inside a structure, each with the way to it."""
    if isinstance(value, dict):
        parts = [(f".{clean_text(key, 80)}", part) for key, part in value.items()]
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        parts = [(f"[{number}]", part) for number, part in enumerate(value, start=1)]
    else:
        yield "", _text(value)
        return
    if depth == _MAX_DEPTH:
        yield "", _TOO_DEEP
        return
    for step, part in parts[:_MAX_ITEMS]:
        for path, text in _leaves(part, depth=depth + 1):
            yield step + path, text
    if len(parts) > _MAX_ITEMS:
        yield "[...]", f"(and {len(parts) - _MAX_ITEMS:,} more)"


def _text(value: Any) -> str:
    if isinstance(value, list):
        shown = "; ".join(_text(item) for item in value[:_MAX_ITEMS])
        more = len(value) - _MAX_ITEMS
        tail = f" (and {more:,} more)" if more > 0 else ""
        return clean_text(shown + tail, MAX_VALUE)
    if not isinstance(value, str):
        return {True: "true", False: "false", None: ""}.get(value, "")
    binary = _BINARY.fullmatch(value)
    if binary is not None:
        return f"({int(binary.group(1)):,} bytes)"
    if value.startswith(_BASE64):
        return f"({len(value) * 3 // 4:,} bytes of no known text)"
    return clean_text(value, MAX_VALUE)


@dataclass(frozen=True, slots=True)
class InnerPicture:
    """A picture inside the file, as bytes that nobody has looked at."""

    name: str
    data: bytes


def read_previews(answer: bytes) -> tuple[InnerPicture, ...]:
    """Return the pictures in ExifTool's ``-binary`` answer, in the file's order."""
    found = _parsed(answer) if answer else None
    pictures = []
    for key, value in (found or {}).items():
        if not isinstance(value, str) or not value.startswith(_BASE64):
            continue
        try:
            data = base64.b64decode(value.removeprefix(_BASE64), validate=True)
        except (binascii.Error, ValueError):
            continue
        pictures.append(InnerPicture(clean_text(key.rpartition(":")[2], 40), data))
    return tuple(pictures)
