"""Every date in a file, in order, with its zone, and which of them cannot be true."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.analysis.metadata.clock import Stamp, far_apart, is_after, stamps
from forensics.analysis.metadata.values import clean_text, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forensics.analysis.metadata.facts import Facts
    from forensics.analysis.metadata.tag_sheet import Tag, TagSheet
    from forensics.analysis.types import Json

_MAX_ENTRIES = 120
_MAX_MARKS = 6
# A whole value that is a date, and perhaps a time; years since there is photography.
_DATE = re.compile(
    r"(1[89]|20)\d\d[:-]\d\d[:-]\d\d"
    r"([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
# IMG_20240501_100000.jpg, PXL_20240501_100000123.jpg, IMG-20240501-WA0007.jpg
_IN_NAME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"
    r"(?:[-_ T.]?([01]\d|2[0-3])[-_.:]?([0-5]\d)[-_.:]?([0-5]\d)(?:\d{1,3})?)?(?!\d)"
)
_NAMES_A_FILE = re.compile(r"(?:File|Document|Original)Name|\.title$", re.I)
# Pillow's and ExifTool's names of one tag.
_SAME = {"CreateDate": "DateTimeDigitized", "ModifyDate": "DateTime"}
_PNG_TIME = "PNG ModifyDate"
_NEVER = frozenset(("File", "Composite", "ExifTool"))
_DAY = timedelta(days=1)


class Role(StrEnum):
    """What a date says happened then."""

    TAKEN = "taken"
    DIGITIZED = "digitized"
    CREATED = "created"
    SAVED = "saved"
    GPS = "gps"
    PROFILE = "profile"
    NAMED = "named"
    OTHER = "other"


_ROLES: tuple[tuple[str, Role], ...] = (
    (r"DateTimeOriginal$|photoshop:DateCreated$|^IPTC DateCreated$", Role.TAKEN),
    (r"DateTimeDigitized$|^IPTC DigitalCreationDate$", Role.DIGITIZED),
    (r"xmp:CreateDate$|^PNG (?:Creation Time|CreationTime|date:create)$", Role.CREATED),
    (r"^EXIF DateTime$|xmp:ModifyDate$|xmp:MetadataDate$|History(?:\[\d+\])?\.When$"
     r"|^PNG (?:tIME|date:modify)$", Role.SAVED),
    (r"^GPS time$", Role.GPS),
    (r"^ICC profile ", Role.PROFILE),
)  # fmt: skip
# The first of each pair cannot lie after the second.
_BEFORE = (
    (Role.TAKEN, Role.DIGITIZED),
    (Role.TAKEN, Role.SAVED),
    (Role.DIGITIZED, Role.SAVED),
    (Role.CREATED, Role.SAVED),
)
_ONE_MOMENT = ({Role.TAKEN, Role.GPS}, {Role.TAKEN, Role.NAMED})


@dataclass(frozen=True, slots=True)
class Moment:
    """One date of the file.

    ``detail`` says more where the file does: what an editor did then.
    """

    stamp: Stamp
    role: Role
    has_time: bool = True
    detail: str = ""

    def order(self, zone: tzinfo) -> datetime:
        """Return the moment for sorting, an unknown zone read as ``zone``."""
        at = self.stamp.at
        try:
            return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)
        except OverflowError:
            return at.replace(tzinfo=UTC)


def timeline(facts: Facts, sheet: TagSheet | None) -> list[Json]:
    """Return all dates in order; ``marks`` name the ones a date contradicts."""
    moments = list(_moments(facts, sheet))
    zone = _camera_zone(moments)
    shown = sorted(moments, key=lambda moment: moment.order(zone))[:_MAX_ENTRIES]
    return [_as_json(moment, _marks(moment, shown)) for moment in shown]


def _camera_zone(moments: Iterable[Moment]) -> tzinfo:
    """Return the zone that EXIF names for any of its times: the best guess for all."""
    zones = (m.stamp.at.tzinfo for m in moments if m.stamp.name.startswith("EXIF "))
    return next((zone for zone in zones if zone is not None), UTC)


def _as_json(moment: Moment, marks: list[str]) -> Mapping[str, Json]:
    at = moment.stamp.at
    return {
        "at": at.isoformat(),
        "has_time": moment.has_time,
        "has_zone": at.tzinfo is not None,
        "name": moment.stamp.name,
        "role": moment.role.value,
        "detail": moment.detail,
        "marks": list(marks),
    }


def _moments(facts: Facts, sheet: TagSheet | None) -> Iterator[Moment]:
    seen: set[tuple[str, str]] = set()
    found = (*_of_facts(facts), *_history(facts, sheet), *_of_sheet(sheet))
    for moment in found:
        key = moment.stamp.name, moment.stamp.at.replace(tzinfo=None).isoformat()
        if key not in seen:
            seen.add(key)
            yield moment


def _of_facts(facts: Facts) -> Iterator[Moment]:
    for stamp in stamps(facts):
        yield Moment(stamp, _role(stamp.name))
    profile = parse_time(str(facts.icc.get("ProfileDateTime", "")), "Z")
    if profile is not None:
        yield Moment(Stamp("ICC profile ProfileDateTime", profile), Role.PROFILE)
    named = (
        (f"XMP {name}", value)
        for name, values in facts.xmp.properties.items()
        for value in values
    )
    yield from _in_names(named)


def _history(facts: Facts, sheet: TagSheet | None) -> Iterator[Moment]:
    """Yield an editor's notes; ExifTool's have what was done, so they go first."""
    if sheet is not None and any(t.name.startswith("History") for t in sheet.tags):
        return
    for text in facts.xmp.values("stEvt:when"):
        at = parse_time(text)
        if at is not None:
            yield Moment(Stamp("XMP history", at), Role.SAVED)


def _of_sheet(sheet: TagSheet | None) -> Iterator[Moment]:
    if sheet is None:
        return
    offsets = {t.name: t.stored for t in sheet.tags if t.name.startswith("OffsetTime")}
    details = _actions(sheet.tags)
    for tag in sheet.tags:
        found = _dated(tag, offsets)
        if found is not None:
            role = _role(found.name)
            has_time = ":" in tag.stored[11:]
            yield Moment(found, role, has_time, details.get(tag.name, ""))
    yield from _in_names((f"{t.heading} {t.label}", t.value) for t in sheet.tags)


def _dated(tag: Tag, offsets: Mapping[str, str]) -> Stamp | None:
    text = tag.stored if _DATE.fullmatch(tag.stored) else tag.value
    if tag.family in _NEVER or tag.topic == "Location":
        return None
    if tag.block == "GPS" or not _DATE.fullmatch(text):
        return None
    name = f"{tag.heading} {tag.label}"
    if tag.family == "EXIF":
        own = _SAME.get(tag.name, tag.name)
        name = f"EXIF {own}"
        at = parse_time(text, offsets.get(own.replace("DateTime", "OffsetTime"), ""))
    else:
        at = parse_time(text, "Z" if tag.family == "ICC_Profile" else "")
        name = "PNG tIME" if name == _PNG_TIME else name
    return None if at is None else Stamp(name[:80], at)


def _actions(tags: Iterable[Tag]) -> dict[str, str]:
    """Return what was done by the name of the tag that says when."""
    parts: dict[str, list[str]] = {}
    for tag in tags:
        way, _, last = tag.name.rpartition(".")
        if last in ("Action", "action", "SoftwareAgent", "softwareAgent"):
            for when in ("When", "when"):
                parts.setdefault(f"{way}.{when}", []).append(tag.value)
    return {name: clean_text(", ".join(words), 160) for name, words in parts.items()}


def _in_names(named: Iterable[tuple[str, str]]) -> Iterator[Moment]:
    """Yield dates out of file names that the metadata keep."""
    for name, value in named:
        if not _NAMES_A_FILE.search(name):
            continue
        found = _IN_NAME.search(value[:300])
        if found is None:
            continue
        year, month, day, *clock = (part or "00" for part in found.groups())
        at = parse_time(f"{year}:{month}:{day} {':'.join(clock)}")
        if at is not None:
            detail = clean_text(value, 120)
            stamp = Stamp(f"{name[:60]}, a file name", at)
            yield Moment(stamp, Role.NAMED, found.group(4) is not None, detail)


def _role(name: str) -> Role:
    found = (role for pattern, role in _ROLES if re.search(pattern, name))
    return next(found, Role.OTHER)


def _marks(moment: Moment, others: Iterable[Moment]) -> list[str]:
    marks = [mark for other in others for mark in _against(moment, other)]
    if moment.role is Role.PROFILE and _outlives(moment, others):
        marks.append("The color profile is younger than the file's last saving.")
    return list(dict.fromkeys(marks))[:_MAX_MARKS]


def _against(moment: Moment, other: Moment) -> Iterator[str]:
    roles = moment.role, other.role
    if roles[::-1] in _BEFORE and is_after(other.stamp, _whole_day(moment)):
        yield f"It lies before {other.stamp.name}."
    if roles in _BEFORE and is_after(moment.stamp, _whole_day(other)):
        yield f"It lies after {other.stamp.name}."
    if set(roles) in _ONE_MOMENT and far_apart(moment.stamp, other.stamp):
        yield f"It lies more than a day from {other.stamp.name}."


def _whole_day(moment: Moment) -> Stamp:
    """Return the end of the day where no time of day is given."""
    if moment.has_time:
        return moment.stamp
    try:
        return Stamp(moment.stamp.name, moment.stamp.at + _DAY)
    except OverflowError:
        return moment.stamp


def _outlives(profile: Moment, others: Iterable[Moment]) -> bool:
    saved = [m.stamp for m in others if m.role in (Role.SAVED, Role.TAKEN)]
    return bool(saved) and all(is_after(profile.stamp, stamp) for stamp in saved)
