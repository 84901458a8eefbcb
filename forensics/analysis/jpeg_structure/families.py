"""Whose quantization tables these are, and at what quality."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.containers import jpeg
from forensics.analysis.containers.photoshop import resources
from forensics.analysis.jpeg_scale import (
    CHROMINANCE,
    LUMINANCE,
    Fit,
    nearest,
    scaled_tables,
)
from forensics.analysis.quantization import coded_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forensics.analysis.containers.jpeg import Segment
    from forensics.analysis.quantization import Table

# Robidoux's table for libjpeg's scale, in zig-zag order: mozjpeg's default, for luma
# and chroma alike. Symmetric but for three places.
_ROBIDOUX: Final[Table] = (
    16, 16, 16, 16, 17, 16, 18, 20, 20, 18, 25, 27, 24, 27, 25, 37,
    34, 31, 31, 34, 37, 56, 40, 43, 40, 43, 40, 56, 85, 53, 62, 53,
    53, 62, 53, 85, 75, 91, 74, 69, 74, 91, 75, 135, 106, 94, 94, 106,
    135, 156, 131, 124, 131, 156, 189, 169, 169, 189, 238, 226, 238, 311, 311, 418,
)  # fmt: skip
# Digests of luma and chroma tables in files whose program is known: the program named
# itself in the file, and where it noted a quality, that is the one here.
_KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "c39c410d9ba666c1": ("photoshop", "Photoshop, quality 5 of 12"),
    "f6b2c4983ec725ed": ("photoshop", "Photoshop, quality 6 of 12"),
    "3ddda98704f76b19": ("photoshop", "Photoshop, quality 7 of 12"),
    "4a917a1a3dcf2b4c": ("photoshop", "Photoshop, quality 8 of 12"),
    "fe4f1c5ba48afe6b": ("photoshop", "Photoshop, quality 9 of 12"),
    "94301ed9151a7416": ("photoshop", "Photoshop, quality 10 of 12"),
    "d3d37f4865904a28": ("photoshop", "Photoshop, quality 12 of 12"),
    "31a484a4a8cfaee5": ("photoshop", "Photoshop, Save for web, quality 65 of 100"),
    "25fa3333bb2b9eaa": ("photoshop", "Photoshop, Save for web, quality 68 of 100"),
    "0c44042f7343219f": ("acdsee", "ACDSee, quality 90 or 91"),
    "bddc94cb927c526a": ("acdsee", "ACDSee, quality 85 or 86"),
    "8395704980b4397d": ("acdsee", "ACDSee, quality 70 or 71"),
}
# Up to this part of the steps' mean, and of the largest, tables count as libjpeg's
# scale, rounded or scaled in another way; farther off they are somebody's own.
_NEAR: Final = 0.05
_DUCKY: Final = b"Ducky\x00\x01\x00\x04"
_QUALITY_RESOURCE: Final = 0x0406


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One quantization table: what it is for, and the quality it stands for.

    Attributes
    ----------
    role : {"luma", "chroma", "other"}
        What the components do that use it.
    index : int
        0..3, as the frame refers to it.
    table : tuple of int
        Steps in zig-zag order.
    fit : Fit
        Nearest on libjpeg's scale, of the standard's table for this role.
    """

    role: str
    index: int
    table: Table
    fit: Fit


@dataclass(frozen=True, slots=True)
class Family:
    """Whose tables these are: a stable word, and its name with the setting."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A quality that Adobe's programs note in the file: which scale, and the value."""

    program: str
    quality: int
    highest: int


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a file, whose they are, and what the file says of its quality."""

    tables: tuple[TableFacts, ...]
    family: Family
    declared: Declared | None

    def of(self, role: str) -> TableFacts | None:
        """Return the first table of a role."""
        return next((facts for facts in self.tables if facts.role == role), None)


def read_tables(data: bytes, segments: Sequence[Segment], photoshop: bytes) -> Tables:
    """Read a JPEG's tables and say whose they are."""
    coded = coded_tables(data)
    roles: dict[int, str] = {}
    components = coded.frame.components if coded.frame is not None else ()
    for number, (_, _, _, index) in enumerate(components):
        role = "luma" if number == 0 else "chroma" if number < 3 else "other"
        roles.setdefault(index, role)
    tables = tuple(
        _facts(roles.get(index, "other"), index, table)
        for index, table in coded.by_index.items()
    )
    luma, chroma = coded.luma, coded.of_component(1)
    return Tables(tables, _family(luma, chroma), _declared(data, segments, photoshop))


def _facts(role: str, index: int, table: Table) -> TableFacts:
    base = CHROMINANCE if role == "chroma" else LUMINANCE
    return TableFacts(role, index, table, nearest(table, base))


def _family(luma: Table | None, chroma: Table | None) -> Family:
    if luma is None:
        return Family("none", "No table of the luma.")
    known = _KNOWN.get(digest(luma, chroma))
    if known is not None:
        return Family(*known)
    for code, name, bases in (
        ("ijg", "libjpeg's standard tables", (LUMINANCE, CHROMINANCE)),
        ("mozjpeg", "mozjpeg's default tables", (_ROBIDOUX, _ROBIDOUX)),
    ):
        quality = _exact(luma, chroma, bases)
        if quality is not None:
            return Family(code, f"{name}, quality {quality}")
    return _near(luma)


def _near(luma: Table) -> Family:
    if len(set(luma)) == 1:
        return Family("flat", f"flat, every step {luma[0]}")
    fit = nearest(luma, LUMINANCE)
    if fit.is_exact:
        name = (
            f"libjpeg's luma table, quality {fit.quality}, with another for the chroma"
        )
        return Family("ijg_luma", name)
    mean, most = _NEAR * sum(luma) / len(luma), max(1.0, _NEAR * max(luma))
    if fit.mean <= mean and fit.largest <= most:
        return Family("near_ijg", f"near libjpeg's scale, about quality {fit.quality}")
    return Family("own", "tables of its own, as many cameras and programs have")


def _exact(luma: Table, chroma: Table | None, bases: tuple[Table, Table]) -> int | None:
    first, second = (scaled_tables(base) for base in bases)
    matches = (first == np.asarray(luma)).all(axis=1)
    # One table may serve both.
    if chroma is not None and chroma != luma:
        matches &= (second == np.asarray(chroma)).all(axis=1)
    found = matches.nonzero()[0]
    return int(found[0]) + 1 if len(found) else None


def digest(luma: Table, chroma: Table | None) -> str:
    """Return a short digest of a pair of tables, as the known ones are listed."""
    values = luma if chroma is None else (*luma, *chroma)
    return hashlib.sha256(struct.pack(f">{len(values)}H", *values)).hexdigest()[:16]


def _declared(
    data: bytes, segments: Sequence[Segment], photoshop: bytes
) -> Declared | None:
    """Read the quality that Photoshop notes: a resource, or *Ducky* for the web."""
    for identifier, value in resources(photoshop):
        if identifier == _QUALITY_RESOURCE and len(value) >= 2:
            # Counted from -4.
            quality = int.from_bytes(value[:2], "big", signed=True) + 4
            if 0 <= quality <= 12:
                return Declared("Photoshop", quality, 12)
    for segment in segments:
        if segment.marker == jpeg.APP0 + 12:
            payload = data[segment.start : min(segment.end, segment.start + 13)]
            quality = int.from_bytes(payload[9:13], "big")
            if payload.startswith(_DUCKY) and len(payload) == 13 and quality <= 100:
                return Declared("Photoshop, Save for web", quality, 100)
    return None
