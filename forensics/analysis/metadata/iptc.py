"""Photoshop's image resources and the IPTC records inside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analysis.containers.photoshop import resources as image_resources
from forensics.analysis.metadata.values import clean_text, decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IPTC_RESOURCE = 0x0404
_MAX_RECORDS = 500
# Written by Photoshop itself; other programs write 0404 (IPTC), 0425 (its digest)
# and 03ED (resolution) to carry captions.
TELLTALE_RESOURCES: Mapping[int, str] = {
    0x03F3: "print flags",
    0x0406: "JPEG save quality",
    0x0409: "thumbnail (old)",
    0x040C: "thumbnail",
    0x0414: "document identifier",
    0x041A: "slices",
    0x0421: "version of the program",
    0x0426: "print scale",
    0x0428: "pixel aspect",
    0x043A: "print settings",
}
_DATASETS = {
    5: "ObjectName",
    25: "Keywords",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    62: "DigitalCreationDate",
    63: "DigitalCreationTime",
    65: "OriginatingProgram",
    70: "ProgramVersion",
    80: "By-line",
    90: "City",
    101: "Country",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    120: "Caption",
    122: "Writer-Editor",
}


@dataclass(frozen=True, slots=True)
class Iptc:
    """Records by name, and the identifiers of Photoshop's resources."""

    records: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: tuple[int, ...] = ()

    @property
    def telltales(self) -> tuple[str, ...]:
        """Names of the resources that only Photoshop writes."""
        known = TELLTALE_RESOURCES
        return tuple(known[r] for r in self.resources if r in known)


def read_iptc(photoshop: bytes, iptc: bytes) -> Iptc:
    """Read resources and records; what is unreadable is left out."""
    resources = dict(image_resources(photoshop))
    records: dict[str, list[str]] = {}
    for name, text in _records(resources.get(_IPTC_RESOURCE, b"") or iptc):
        records.setdefault(name, []).append(text)
    return Iptc({k: tuple(v) for k, v in records.items()}, tuple(resources))


def _records(block: bytes) -> Iterator[tuple[str, str]]:
    position = 0
    for _ in range(_MAX_RECORDS):
        if block[position : position + 1] != b"\x1c" or position + 5 > len(block):
            return
        record, dataset = block[position + 1], block[position + 2]
        size = int.from_bytes(block[position + 3 : position + 5], "big")
        if size & 0x8000:
            return
        value = block[position + 5 : position + 5 + size]
        if record == 2 and dataset in _DATASETS:
            yield _DATASETS[dataset], clean_text(decode_text(value))
        position += 5 + size
