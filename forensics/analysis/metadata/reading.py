"""All that is read of a file's metadata: our own facts, and ExifTool's where it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.analysis.metadata.inner_pictures import InnerPictures, show
from forensics.analysis.metadata.place import place
from forensics.analysis.metadata.table import as_table
from forensics.analysis.metadata.tag_reader import (
    TagReaderError,
    TagReaderMissingError,
)
from forensics.analysis.metadata.tag_sheet import (
    InnerPicture,
    TagSheet,
    in_order,
    read_previews,
    read_sheet,
)
from forensics.analysis.metadata.timeline import timeline

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.metadata.facts import Facts
    from forensics.analysis.metadata.tag_reader import TagReader
    from forensics.analysis.types import Json

_LESS = "maker notes, rarer tags and previews are not listed"
# ExifTool lists the same under other headings.
_COVERED = frozenset(("PNG text", "Comments"))


class ReaderState(StrEnum):
    """How far the tags were read."""

    READ = "read"
    OFF = "off"
    MISSING = "missing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeepTags:
    """ExifTool's part: its tags and the pictures it found, or why there are none."""

    state: ReaderState
    says: str
    version: str = ""
    sheet: TagSheet | None = None
    pictures: tuple[InnerPicture, ...] = ()

    @property
    def complaint(self) -> str:
        """A sentence for the summary where reading was wanted and did not succeed."""
        is_wanted = self.state in (ReaderState.MISSING, ReaderState.FAILED)
        return f" {self.says}" if is_wanted else ""

    def as_json(self) -> dict[str, Json]:
        """Return what is stored of the reading itself."""
        return {
            "name": "ExifTool",
            "state": self.state.value,
            "version": self.version,
            "tags": len(self.sheet.tags) if self.sheet is not None else 0,
            "is_cut": self.sheet is not None and self.sheet.is_cut,
            "says": self.says,
        }


def ask(reader: TagReader | None, data: bytes) -> DeepTags:
    """Let ExifTool read the file, if there is one; it can never fail the analysis."""
    if reader is None:
        return DeepTags(ReaderState.OFF, f"ExifTool is switched off: {_LESS}.")
    try:
        answer = reader.read(data)
    except TagReaderMissingError as reason:
        return DeepTags(ReaderState.MISSING, f"{reason}: {_LESS}.")
    except TagReaderError as reason:
        return DeepTags(ReaderState.FAILED, f"{reason}: {_LESS}.", reader.version)
    sheet = read_sheet(answer.tags)
    if sheet is None:
        says = f"ExifTool's answer could not be read: {_LESS}."
        return DeepTags(ReaderState.FAILED, says, answer.version)
    says = f"ExifTool {answer.version} read {len(sheet.tags):,} tags."
    if sheet.is_cut:
        says += " The file has more than are kept."
    pictures = read_previews(answer.previews)
    return DeepTags(ReaderState.READ, says, answer.version, sheet, pictures)


def inner_pictures(
    evidence: ImageEvidence, facts: Facts, deep: DeepTags
) -> InnerPictures:
    """Show the thumbnail and the previews inside the file."""
    thumbnail = InnerPicture("EXIF thumbnail", facts.exif.thumbnail)
    return show((thumbnail, *deep.pictures), evidence.orientation)


def deep_fields(facts: Facts, deep: DeepTags) -> dict[str, Json]:
    """Return the table, the place and the dates, from both ways of reading."""
    return {
        "gps": place(facts, deep.sheet),
        "timeline": timeline(facts, deep.sheet),
        "reader": deep.as_json(),
        "groups": _joined(as_table(facts), deep.sheet),
    }


def _joined(own: dict[str, Json], sheet: TagSheet | None) -> dict[str, Json]:
    if sheet is None:
        return own
    groups: dict[str, Json] = dict(sheet.groups())
    for name, rows in own.items():
        if name not in groups and name not in _COVERED:
            groups[name] = rows
    return in_order(groups)
