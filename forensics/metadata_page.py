"""The metadata of one analysis as a page shows them: table, dates, place, pictures.

All of it came from a file and is a stranger's text: it is only ever escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.language import retold
from forensics.metadata_search import folded
from forensics.tag_meanings import group_meaning, tag_meaning

if TYPE_CHECKING:
    from forensics.presentation import MetadataGroup

MAX_ASKED = 100
# A clock may be wrong by a little, and a zone that is not told by a day.
_CLOCK, _UNKNOWN_ZONE = timedelta(minutes=10), timedelta(hours=26)
_OPEN_GROUPS = 3
_ROLES = {
    "taken": _("Picture taken"),
    "digitized": _("Became digital"),
    "created": _("Document made"),
    "saved": _("Saved or changed"),
    "gps": _("Satellite time"),
    "profile": _("Color profile made"),
    "named": _("Date in a file name"),
    "other": _("Another date"),
}


@dataclass(frozen=True, slots=True)
class TagRow:
    """One tag with its meaning, if we know it."""

    tag: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class TagGroup:
    """The rows of one group that match what was asked for."""

    name: str
    meaning: str
    rows: Sequence[TagRow]
    is_open: bool


@dataclass(frozen=True, slots=True)
class DateRow:
    """One date of the file; ``marks`` say what it contradicts."""

    at: str
    zone: str
    name: str
    role: str
    detail: str
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """A position in words, and a map that a person may choose to open."""

    position: str
    facts: Sequence[tuple[str, str]]
    remark: str
    map_url: str
    map_host: str


@dataclass(frozen=True, slots=True)
class MetadataPanel:
    """Everything the metadata section shows."""

    groups: Sequence[TagGroup]
    asked: str
    matching: int
    total: int
    dates: Sequence[DateRow]
    contradictions: int
    place: PlaceCard | None
    reading: str
    is_shallow: bool
    embedded: Sequence[tuple[str, str]]


def metadata_panel(
    data: Mapping[str, Any],
    groups: Sequence[MetadataGroup],
    *,
    position: str,
    received: datetime,
    asked: str = "",
) -> MetadataPanel:
    """Prepare the metadata finding's data, whatever is in it.

    Parameters
    ----------
    groups : sequence of MetadataGroup
        The table, unfiltered.
    position : str
        Coordinates as text, empty where there are none.
    received : datetime
        When the image came in: dates behind that cannot be true.
    asked : str
        What the reader looks for in names, values and meanings.
    """
    reading = _mapping(data.get("reader"))
    asked = asked.strip()[:MAX_ASKED]
    shown = tag_groups(groups, asked)
    dates = date_rows(data.get("timeline"), received)
    return MetadataPanel(
        groups=shown,
        asked=asked,
        matching=sum(len(group.rows) for group in shown),
        total=sum(len(group.rows) for group in groups),
        dates=dates,
        contradictions=sum(bool(date.marks) for date in dates),
        place=place_card(_mapping(data.get("gps")), position),
        reading=retold(str(reading.get("says", ""))),
        is_shallow=reading.get("state", "read") != "read",
        embedded=_embedded(data.get("embedded")),
    )


def tag_groups(groups: Sequence[MetadataGroup], asked: str = "") -> list[TagGroup]:
    """Return the groups with the rows that hold every word of ``asked``."""
    words = folded(asked).split()
    found: list[TagGroup] = []
    for group in groups:
        rows = [
            TagRow(tag, value, tag_meaning(group.name, tag))
            for tag, value in group.rows
        ]
        if words:
            rows = [row for row in rows if _holds(group.name, row, words)]
        if rows:
            is_open = bool(words) or len(found) < _OPEN_GROUPS
            meaning = group_meaning(group.name)
            found.append(TagGroup(retold(group.name), meaning, rows, is_open))
    return found


def _holds(group: str, row: TagRow, words: Sequence[str]) -> bool:
    text = folded(f"{group} {row.tag} {row.value} {row.meaning}")
    return all(word in text for word in words)


def date_rows(timeline: object, received: datetime) -> list[DateRow]:
    """Return the dates in order; one that lies ahead of the arrival is marked."""
    rows = timeline if isinstance(timeline, list) else []
    return [_date_row(row, received) for row in rows if isinstance(row, Mapping)]


def _date_row(row: Mapping[str, Any], received: datetime) -> DateRow:
    text, has_zone = str(row.get("at", "")), bool(row.get("has_zone"))
    day, _, clock = text.partition("T")
    marks = [retold(str(mark)) for mark in row.get("marks") or ()]
    if _is_ahead(text, received):
        marks.append(gettext("It lies after the arrival of the file here."))
    return DateRow(
        at=f"{day} {clock[:8]}" if row.get("has_time", True) else day,
        zone=_zone(clock[8:]) if has_zone else gettext("zone not recorded"),
        name=str(row.get("name", "")),
        role=str(_ROLES.get(str(row.get("role")), _ROLES["other"])),
        detail=retold(str(row.get("detail", ""))),
        marks=marks,
    )


def _zone(offset: str) -> str:
    return "UTC" if offset in {"", "Z", "+00:00"} else f"UTC{offset}"


def _is_ahead(text: str, received: datetime) -> bool:
    try:
        at = datetime.fromisoformat(text)
        slack = _UNKNOWN_ZONE if at.tzinfo is None else _CLOCK
        return at.replace(tzinfo=at.tzinfo or UTC) > received + slack
    except (ValueError, OverflowError):
        return False


def place_card(gps: Mapping[str, Any], position: str) -> PlaceCard | None:
    """Return the position in words; the map's address is only written, never called."""
    spot = [gps.get(name) for name in ("latitude", "longitude")]
    if not position or not all(isinstance(number, int | float) for number in spot):
        return None
    facts = [
        (
            gettext("Height"),
            _measure(gps.get("altitude"), gettext("m above the sea")),
        ),
        (gettext("Exact to"), _measure(gps.get("accuracy"), "m")),
        (gettext("Dilution of precision"), _measure(gps.get("dilution"), "")),
        (gettext("Camera looked to"), _direction(gps)),
        (gettext("Speed"), _measure(gps.get("speed"), str(gps.get("speed_unit", "")))),
        (gettext("Found by"), str(gps.get("method", ""))),
        (gettext("Map datum"), str(gps.get("datum", ""))),
    ]
    address = settings.MAP_URL.replace("{latitude}", f"{spot[0]:.6f}")
    address = address.replace("{longitude}", f"{spot[1]:.6f}")
    remark = (
        gettext(
            "0°, 0° lies in the sea off Africa: receivers without a fix write that."
        )
        if gps.get("is_origin")
        else ""
    )
    host = address.partition("://")[2].partition("/")[0]
    return PlaceCard(position, [f for f in facts if f[1]], remark, address, host)


def _measure(value: object, unit: str) -> str:
    if not isinstance(value, int | float):
        return ""
    exact = 0 if float(value).is_integer() else 1
    number = number_format(round(value, exact), exact, force_grouping=True)
    return number + (f" {unit}" if unit else "")


def _direction(gps: Mapping[str, Any]) -> str:
    degrees = _measure(gps.get("direction"), "")
    source = gps.get("direction_from")
    if degrees and source:
        return gettext("{degrees}° from {source}").format(
            degrees=degrees, source=retold(str(source))
        )
    return degrees and f"{degrees}°"


def _embedded(rows: object) -> list[tuple[str, str]]:
    found = rows if isinstance(rows, list) else []
    return [
        (str(row.get("name", "")), retold(str(row.get("says", ""))))
        for row in found
        if isinstance(row, Mapping)
    ]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
