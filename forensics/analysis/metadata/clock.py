"""Times in one file that cannot all be true. Compared with each other, not with now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from forensics.analysis.metadata.values import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.metadata.facts import Facts

# Zones reach from -12 to +14 hours: two times of unknown zone may lie this far apart.
_UNKNOWN_ZONE = timedelta(hours=26)
# A GPS receiver may repeat its last fix for hours after the signal is lost.
_GPS_LAG = timedelta(hours=24)
_ROUNDING = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time with the name it has in the file."""

    name: str
    at: datetime

    def __str__(self) -> str:
        """Return the words used in findings."""
        return f"{self.name} {self.at.isoformat(sep=' ')}"


def time_contradiction(facts: Facts) -> str | None:
    """Say which times contradict each other, if any do."""
    taken = _exif(facts, "DateTimeOriginal", "OffsetTimeOriginal")
    digitized = _exif(facts, "DateTimeDigitized", "OffsetTimeDigitized")
    xmp_created = _xmp(facts, "xmp:CreateDate")
    xmp_modified = _xmp(facts, "xmp:ModifyDate")
    modified = _modified(facts, xmp_modified)
    for earlier, later in (
        (taken, modified),
        (digitized, modified),
        (xmp_created, xmp_modified),
        (taken, xmp_modified),
    ):
        if earlier is not None and later is not None and is_after(earlier, later):
            return f"{earlier} lies after {later}."
    satellite = _gps(facts)
    if taken is not None and satellite is not None and far_apart(taken, satellite):
        return f"{taken} and {satellite} (UTC) lie more than a day apart."
    return None


def _modified(facts: Facts, xmp_modified: Stamp | None) -> Stamp | None:
    """Return DateTime, of unknown zone unless the XMP confirms its offset.

    Many programs rewrite DateTime and leave the camera's OffsetTime beside it.
    """
    modified = _exif(facts, "DateTime", "OffsetTime")
    if modified is None:
        return None
    if xmp_modified is not None:
        difference, is_known = _difference(modified.at, xmp_modified.at)
        if is_known and abs(difference) <= _ROUNDING:
            return modified
    return Stamp(modified.name, modified.at.replace(tzinfo=None))


def stamps(facts: Facts) -> Iterator[Stamp]:
    """Yield every time that the file records."""
    found = [
        _exif(facts, "DateTimeOriginal", "OffsetTimeOriginal"),
        _exif(facts, "DateTimeDigitized", "OffsetTimeDigitized"),
        _exif(facts, "DateTime", "OffsetTime"),
        _gps(facts),
        *(
            _xmp(facts, name)
            for name in (
                "xmp:CreateDate",
                "xmp:ModifyDate",
                "xmp:MetadataDate",
                "photoshop:DateCreated",
            )
        ),
        *(_stamp(f"PNG {k}", t) for k, t in facts.texts if "time" in k.lower()),
    ]
    yield from (stamp for stamp in found if stamp is not None)


def _exif(facts: Facts, tag: str, offset: str) -> Stamp | None:
    return _stamp(f"EXIF {tag}", facts.exif.text(tag), facts.exif.text(offset))


def _xmp(facts: Facts, name: str) -> Stamp | None:
    return _stamp(f"XMP {name}", next(iter(facts.xmp.values(name)), ""))


def _stamp(name: str, text: str, offset: str = "") -> Stamp | None:
    at = parse_time(text, offset)
    return None if at is None else Stamp(name[:60], at)


def _gps(facts: Facts) -> Stamp | None:
    gps = facts.exif.gps
    date, clock = gps.get("GPSDateStamp"), gps.get("GPSTimeStamp")
    if not isinstance(date, str) or not isinstance(clock, tuple) or len(clock) != 3:
        return None
    start = parse_time(date, "Z")
    # A receiver without a fix writes midnight, often on the first of January.
    if start is None or not any(clock) or not 0 <= clock[0] < 24:
        return None
    elapsed = timedelta(hours=clock[0], minutes=clock[1] % 60, seconds=clock[2] % 60)
    try:
        return Stamp("GPS time", start + elapsed)
    except OverflowError:
        return None  # past the last day of the year 9999


def is_after(earlier: Stamp, later: Stamp) -> bool:
    """Whether what should be earlier is later, in whatever zones both may be."""
    if earlier.at.replace(tzinfo=None) == later.at.replace(tzinfo=None):
        return False  # one moment, whatever zones were written beside it
    difference, is_known = _difference(earlier.at, later.at)
    return difference > (_ROUNDING if is_known else _UNKNOWN_ZONE)


def far_apart(taken: Stamp, satellite: Stamp) -> bool:
    """Whether two times of one moment lie more than a receiver's lag apart."""
    difference, is_known = _difference(taken.at, satellite.at)
    return abs(difference) > _GPS_LAG + (timedelta() if is_known else _UNKNOWN_ZONE)


def _difference(first: datetime, second: datetime) -> tuple[timedelta, bool]:
    is_known = first.tzinfo is not None and second.tzinfo is not None
    return _aware(first) - _aware(second), is_known


def _aware(at: datetime) -> datetime:
    try:
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        # Year 1 or 9999 with an offset: the offset cannot matter.
        return at.replace(tzinfo=UTC)
