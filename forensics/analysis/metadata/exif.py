"""EXIF: camera, times, place and the thumbnail, read with every bound checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import ExifTags

from forensics.analysis.containers.tiff import Entry, TiffError, TiffStructure
from forensics.analysis.containers.tiff import thumbnail as read_thumbnail
from forensics.analysis.metadata.values import (
    Value,
    clean_numbers,
    clean_text,
    ratio,
)

_PHOTO, _GPS, _INTEROP = 0x8769, 0x8825, 0xA005
_MAX_RAW = 64 * 1024
_ASCII, _UNDEFINED, _RATIONAL, _SIGNED_RATIONAL = 2, 7, 5, 10
_FLOAT_CODES = {11: "f", 12: "d"}
_XP_TAGS = frozenset(range(0x9C9B, 0x9CA0))
_TEXTUAL = frozenset((0x9000, 0xA000, 0x0002, 0x001B, 0x001C))
_COMMENT_TAG = 0x9286
_CHARSETS = {
    b"ASCII\x00\x00\x00": "utf-8",
    b"UNICODE\x00": "utf-16",
    b"JIS\x00\x00\x00\x00\x00": "iso2022_jp",
    b"\x00" * 8: "utf-8",
}
# Longer than other texts: image generators store their parameters here.
_MAX_COMMENT = 20_000

Tags = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Exif:
    """Tags by directory, values already safe to show; the thumbnail's JPEG bytes."""

    image: Tags = field(default_factory=dict)
    photo: Tags = field(default_factory=dict)
    gps: Tags = field(default_factory=dict)
    interop: Tags = field(default_factory=dict)
    thumbnail_tags: Tags = field(default_factory=dict)
    thumbnail: bytes = field(default=b"", repr=False)
    maker_note_bytes: int = 0

    def text(self, name: str) -> str:
        """Return a tag of the main directories as text, empty where absent."""
        value = self.image.get(name, self.photo.get(name, ""))
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return a tag of the main directories as a number."""
        value = self.photo.get(name, self.image.get(name))
        return value if isinstance(value, int | float) else None

    @property
    def is_empty(self) -> bool:
        """Whether there is not one tag."""
        return not (self.image or self.photo or self.gps)


def read_exif(block: bytes, *, has_thumbnail: bool = True) -> Exif:
    """Read a TIFF-structured block; what is unreadable in it is left out.

    Parameters
    ----------
    block : bytes
        The bare structure, without the ``Exif`` prefix.
    has_thumbnail : bool
        False for TIFF files, whose second directory is a second page.
    """
    try:
        structure = TiffStructure.parse(block)
        main, following = structure.directory(structure.first)
    except TiffError:
        return Exif()
    photo = _sub_directory(structure, main, _PHOTO)
    second = _directory(structure, following) if has_thumbnail and following else {}
    return Exif(
        image=_named(structure, main, ExifTags.TAGS),
        photo=_named(structure, photo, ExifTags.TAGS),
        gps=_named(structure, _sub_directory(structure, main, _GPS), ExifTags.GPSTAGS),
        interop=_named(
            structure, _sub_directory(structure, photo, _INTEROP), _INTEROP_NAMES
        ),
        thumbnail_tags=_named(structure, second, ExifTags.TAGS),
        thumbnail=read_thumbnail(structure, second),
        maker_note_bytes=photo[0x927C].size if 0x927C in photo else 0,
    )


_INTEROP_NAMES = {int(tag): tag.name for tag in ExifTags.Interop}
_HIDDEN = frozenset((_PHOTO, _GPS, _INTEROP, 0x927C, 700, 33723, 34377, 34675))


def _directory(structure: TiffStructure, offset: int) -> dict[int, Entry]:
    try:
        return structure.directory(offset)[0]
    except TiffError:
        return {}


def _sub_directory(
    structure: TiffStructure, entries: dict[int, Entry], tag: int
) -> dict[int, Entry]:
    try:
        offset = structure.integer(entries, tag)
    except TiffError:
        return {}
    return _directory(structure, offset) if offset else {}


def _named(
    structure: TiffStructure, entries: dict[int, Entry], names: Mapping[int, str]
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for tag, entry in entries.items():
        if tag in _HIDDEN:
            continue
        try:
            found[names.get(tag, f"0x{tag:04X}")] = _value(structure, entry)
        except TiffError:
            continue
    return found


def _value(structure: TiffStructure, entry: Entry) -> Value:
    if entry.tag == _COMMENT_TAG or entry.tag in _XP_TAGS or entry.kind == _ASCII:
        return _text(entry.tag, structure.raw(entry, _MAX_RAW))
    if entry.kind == _UNDEFINED:
        return _undefined(structure, entry)
    if entry.kind in (_RATIONAL, _SIGNED_RATIONAL):
        return _rationals(structure, entry)
    if entry.kind in _FLOAT_CODES:
        code = _FLOAT_CODES[entry.kind]
        return clean_numbers(structure.unpack(entry, code, min(entry.count, 64)))
    return clean_numbers(structure.integers(entry, 64))


def _text(tag: int, raw: bytes) -> str:
    if tag == _COMMENT_TAG:
        return _comment(raw)
    if tag in _XP_TAGS:
        return clean_text(raw.decode("utf-16-le", errors="replace"))
    return clean_text(raw)


def _undefined(structure: TiffStructure, entry: Entry) -> Value:
    if entry.tag in _TEXTUAL:
        return clean_text(structure.raw(entry, 256).removeprefix(b"ASCII\x00\x00\x00"))
    if entry.size == 1:
        return structure.raw(entry)[0]
    return f"({entry.size:,} bytes)"


def _rationals(structure: TiffStructure, entry: Entry) -> Value:
    code = "I" if entry.kind == _RATIONAL else "i"
    numbers = structure.unpack(entry, code, 2 * min(entry.count, 32))
    pairs = zip(numbers[::2], numbers[1::2], strict=False)
    return clean_numbers(tuple(round(ratio(a, b), 8) for a, b in pairs))


def _comment(raw: bytes) -> str:
    encoding = _CHARSETS.get(raw[:8])
    if encoding is None:
        return clean_text(raw, _MAX_COMMENT)
    if encoding == "utf-16":
        # The order is the writer's whim; ASCII text shows which half is zero.
        big = raw[8:].count(b"\x00", 0, 64) and raw[8:9] == b"\x00"
        encoding = "utf-16-be" if big else "utf-16-le"
    return clean_text(raw[8:].decode(encoding, errors="replace"), _MAX_COMMENT)


def coordinates(gps: Tags) -> tuple[float, float] | None:
    """Return latitude and longitude in decimal degrees, None where out of range."""
    latitude = _degrees(gps.get("GPSLatitude"), gps.get("GPSLatitudeRef"), "S")
    longitude = _degrees(gps.get("GPSLongitude"), gps.get("GPSLongitudeRef"), "W")
    if latitude is None or longitude is None:
        return None
    if abs(latitude) > 90.0 or abs(longitude) > 180.0:
        return None
    return round(latitude, 7), round(longitude, 7)


def _degrees(
    value: Value | None, reference: Value | None, negative: str
) -> float | None:
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    degrees = value[0] + value[1] / 60.0 + value[2] / 3600.0
    return -degrees if reference == negative else degrees
