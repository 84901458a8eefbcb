"""ICC profiles: their description and origin, without a color engine."""

from __future__ import annotations

import struct

from forensics.analysis.metadata.values import clean_text

_MAX_TAGS = 200


def read_icc(profile: bytes) -> dict[str, str | int]:
    """Return name and origin of a profile; empty where it is none."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return {}
    found: dict[str, str | int] = {
        "ProfileDescription": _text(profile, b"desc"),
        "ProfileCopyright": _text(profile, b"cprt"),
        "ProfileClass": clean_text(profile[12:16]),
        "ColorSpace": clean_text(profile[16:20]),
        "PrimaryPlatform": clean_text(profile[40:44]),
        "DeviceManufacturer": clean_text(profile[48:52]),
        "ProfileDateTime": _date(profile[24:36]),
        "ProfileCreator": clean_text(profile[80:84]),
        "ProfileVersion": f"{profile[8]}.{profile[9] >> 4}",
        "ProfileBytes": len(profile),
    }
    return {name: value for name, value in found.items() if value != ""}


def _text(profile: bytes, tag: bytes) -> str:
    count = min(int.from_bytes(profile[128:132], "big"), _MAX_TAGS)
    for position in range(132, 132 + 12 * count, 12):
        if profile[position : position + 4] == tag:
            offset, size = struct.unpack(
                ">II", profile[position + 4 : position + 12].ljust(8, b"\x00")
            )
            return _decode(profile[offset : offset + min(size, 4096)])
    return ""


def _date(numbers: bytes) -> str:
    year, month, day, hour, minute, second = struct.unpack(">6H", numbers)
    if not year:
        return ""
    return f"{year:04}:{month:02}:{day:02} {hour:02}:{minute:02}:{second:02}"


def _decode(value: bytes) -> str:
    kind = value[:4]
    if kind == b"desc":
        size = int.from_bytes(value[8:12], "big")
        return clean_text(value[12 : 12 + size])
    if kind == b"text":
        return clean_text(value[8:])
    if kind == b"mluc" and len(value) >= 28:
        size, offset = struct.unpack(">II", value[20:28])
        raw = value[offset : offset + size]
        return clean_text(raw.decode("utf-16-be", errors="replace"))
    return ""
