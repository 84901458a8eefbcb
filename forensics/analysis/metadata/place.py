"""Where a file says it was made: position, height, direction, and how exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from forensics.analysis.metadata.facts import Facts
    from forensics.analysis.metadata.tag_sheet import TagSheet
    from forensics.analysis.metadata.values import Value
    from forensics.analysis.types import Json

_SPEEDS = {"K": "km/h", "M": "mph", "N": "knots"}
_NORTHS = {"T": "true north", "M": "magnetic north"}
_BELOW_SEA = 1
_NOWHERE = (float("nan"), float("nan"))


def place(facts: Facts, sheet: TagSheet | None) -> dict[str, Json] | None:
    """Return the position with all that goes with it, None where there is none.

    ``latitude`` and ``longitude`` are decimal degrees, ``altitude`` and ``accuracy``
    meters, ``direction`` degrees clockwise from ``direction_from``.
    """
    position = facts.position
    source = "EXIF"
    if position is None and sheet is not None:
        position, source = _computed(sheet), "ExifTool"
    if position is None:
        return None
    gps = facts.exif.gps
    found: dict[str, Json] = {
        "latitude": position[0],
        "longitude": position[1],
        "source": source,
        "altitude": _altitude(gps.get("GPSAltitude"), gps.get("GPSAltitudeRef")),
        "accuracy": _number(gps.get("GPSHPositioningError")),
        "dilution": _number(gps.get("GPSDOP")),
        "direction": _number(gps.get("GPSImgDirection")),
        "direction_from": _NORTHS.get(str(gps.get("GPSImgDirectionRef", ""))),
        "speed": _number(gps.get("GPSSpeed")),
        "speed_unit": _SPEEDS.get(str(gps.get("GPSSpeedRef", ""))),
        "datum": _text(gps.get("GPSMapDatum")),
        "method": _text(gps.get("GPSProcessingMethod")),
        "is_origin": abs(position[0]) < 1e-6 and abs(position[1]) < 1e-6,
    }
    # The position itself is always told; the rest only where the file has it.
    return {k: v for k, v in found.items() if v is not None and v is not False}


def _computed(sheet: TagSheet) -> tuple[float, float] | None:
    """Return the position that ExifTool makes of XMP and other blocks."""
    tag = sheet.find("Composite", "GPSPosition")
    try:
        latitude, longitude = map(float, tag.stored.split()) if tag else _NOWHERE
    except ValueError:
        return None
    if not (abs(latitude) <= 90.0 and abs(longitude) <= 180.0):
        return None
    return round(latitude, 7), round(longitude, 7)


def _altitude(value: Value | None, reference: Value | None) -> float | None:
    meters = _number(value)
    return -meters if meters is not None and reference == _BELOW_SEA else meters


def _number(value: Value | None) -> float | None:
    return round(float(value), 3) if isinstance(value, int | float) else None


def _text(value: Value | None) -> str | None:
    text = clean_text(value, 60) if isinstance(value, str) else ""
    return text or None
