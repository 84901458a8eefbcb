"""Conditions of the rule book that no pattern can express, by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forensics.analysis.metadata.camera import AGREES_ABOVE, camera_original
from forensics.analysis.metadata.clock import stamps, time_contradiction
from forensics.analysis.metadata.programs import noticed_by, signed_by
from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forensics.analysis.metadata.facts import Facts


# benchmarks/bench_thumbnails.py on 319 photographs: the same picture's thumbnail, also
# letterboxed or cropped, correlated at .839 or more; of 1,492 pairs of different ones
# 98.7 % lay below .7.
MISMATCH_BELOW: Final = 0.7
_PICTURED_BY_CAMERA: Final = frozenset(("JPEG", "HEIC", "TIFF", "WEBP", "AVIF"))
_WRITTEN_BY_CAMERA: Final = frozenset(("JPEG", "HEIC", "TIFF", "AVIF"))
# Cameras whose files have tables of their own at every setting.
_OWN_TABLES: Final = re.compile(r"\s{0,4}(?:canon|nikon)", re.IGNORECASE)
# The first digital cameras on sale are of 1990; clocks start at 1970 or 1980.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Ways to say that no AI took part.
_DENIED: Final = re.compile(
    r"(?:none|null|nil|false|not? |no$|n/?a$|0$|-+$|without )", re.IGNORECASE
)
_SIGNATURE: Final = re.compile(r"Signature: [A-Za-z0-9+/=]{40,600}")
# Long sides that messengers scale pictures to.
_MESSENGER_SIDES: Final = frozenset((1280, 1600))
# Screens of telephones, tablets and computers, the short side first.
_SCREENS: Final = frozenset(
    (
        (640, 1136), (750, 1334), (828, 1792), (1080, 2340), (1080, 2400),
        (1125, 2436), (1170, 2532), (1179, 2556), (1206, 2622), (1242, 2208),
        (1242, 2688), (1284, 2778), (1290, 2796), (1320, 2868), (1440, 3088),
        (1440, 3120), (1668, 2388), (2048, 2732), (768, 1366), (1080, 1920),
        (1440, 2560), (2160, 3840), (1800, 2880), (1964, 3024), (2234, 3456),
    )
)  # fmt: skip
_LOWEST, _HIGHEST = -500.0, 20_000.0
_FASTEST_KMH: Final = 1_200.0
_KMH: Final = {"K": 1.0, "M": 1.609344, "N": 1.852}


def thumbnail_mismatch(facts: Facts) -> str | None:
    """Say so where the thumbnail inside shows something else."""
    match = facts.thumbnail
    if match is None or match.correlation is None:
        return None
    if match.correlation >= MISMATCH_BELOW:
        return None
    return (
        "The thumbnail inside the file shows another picture or framing (rank "
        f"correlation {match.correlation:.2f}; the same picture gives above "
        f"{AGREES_ABOVE})."
    )


def dimension_mismatch(facts: Facts) -> str | None:
    """Say so where EXIF records another size, in either orientation."""
    width = facts.exif.number("ExifImageWidth")
    height = facts.exif.number("ExifImageHeight")
    if not width or not height:
        return None
    stored = sorted((facts.width, facts.height))
    if sorted((int(width), int(height))) == stored:
        return None
    return (
        f"EXIF records {int(width):,} x {int(height):,} px, the picture has "
        f"{facts.width:,} x {facts.height:,}: it was cropped or resized afterwards."
    )


def photoshop_resources(facts: Facts) -> str | None:
    """Name the resources that only Photoshop writes."""
    telltales = facts.iptc.telltales
    if not telltales:
        return None
    return f"Photoshop left its working data: {', '.join(telltales[:4])}."


def no_metadata(facts: Facts) -> str | None:
    """Say so where nothing but pixels is there."""
    return "The file carries no metadata at all." if facts.is_bare else None


def no_camera_data(facts: Facts) -> str | None:
    """Say so where a format of cameras names neither camera nor exposure."""
    is_photo_format = facts.format in _PICTURED_BY_CAMERA
    if facts.is_bare or not facts.has_no_camera or not is_photo_format:
        return None
    return "The file names neither camera nor exposure."


def signed_by_grok(facts: Facts) -> str | None:
    """Recognize the pair of tags that Grok's pictures carry."""
    described = _SIGNATURE.match(facts.exif.text("ImageDescription"))
    if described is None or not _UUID.fullmatch(facts.exif.text("Artist").strip()):
        return None
    return "A signature and an author's number are stored as Grok, by xAI, does."


def names_ai_system(facts: Facts) -> str | None:
    """Find IPTC's properties of AI; a text that denies any use names none."""
    for name in ("AISystemUsed", "AIPromptInformation"):
        for value in facts.xmp.values(f"Iptc4xmpExt:{name}"):
            text = clean_text(value, 80).strip()
            if text and not _DENIED.match(text):
                return f'XMP {name} holds "{text}".'
    return None


def claims_camera(facts: Facts) -> bool:
    """Whether EXIF names a camera and how it exposed."""
    exif = facts.exif
    exposed = exif.number("ExposureTime") or exif.number("FNumber")
    return bool(exposed and exif.text("Make"))


def _camera(facts: Facts) -> str:
    exif = facts.exif
    names = (clean_text(exif.text("Make"), 40), clean_text(exif.text("Model"), 40))
    return " ".join(name for name in names if name)


def _is_signed(facts: Facts) -> bool:
    """Whether a program says itself that it saved the file."""
    return any(signed_by(named.text) for named in facts.software()) or any(
        noticed_by(named.text) for named in facts.notices()
    )


def camera_tables(facts: Facts) -> str | None:
    """Say so where a maker's camera never writes the tables that the file has."""
    jpeg = facts.jpeg
    if jpeg is None or not jpeg.is_standard or not claims_camera(facts):
        return None
    if _OWN_TABLES.match(facts.exif.text("Make")) is None or _is_signed(facts):
        return None
    return (
        f"EXIF names a camera ({_camera(facts)}), but the file is compressed with the "
        f"standard tables (quality {jpeg.quality}) that this maker's cameras do not "
        "use: another program has saved it."
    )


def camera_progressive(facts: Facts) -> str | None:
    """Say so where a claimed camera file is coded for the web."""
    jpeg = facts.jpeg
    if jpeg is None or not jpeg.is_progressive or not claims_camera(facts):
        return None
    return (
        f"EXIF names a camera ({_camera(facts)}), but the JPEG is progressive, which "
        "cameras do not write: another program has saved it."
    )


def camera_container(facts: Facts) -> str | None:
    """Say so where a claimed camera file is of a kind that cameras do not write."""
    if facts.format in _WRITTEN_BY_CAMERA or not claims_camera(facts):
        return None
    return (
        f"EXIF names a camera ({_camera(facts)}), but cameras write no {facts.format}: "
        "the file was converted."
    )


def clock_unset(facts: Facts) -> str | None:
    """Say so where a digital camera's time lies before such cameras, or far ahead."""
    if not claims_camera(facts):
        return None
    for stamp in stamps(facts):
        is_taken = stamp.name in ("EXIF DateTimeOriginal", "EXIF DateTimeDigitized")
        if is_taken and not _FIRST_YEAR <= stamp.at.year <= _LAST_YEAR:
            return f"{stamp} cannot be when a digital camera took it: unset clock?"
    return None


def gps_origin(facts: Facts) -> str | None:
    """Say so where the position is the point 0, 0."""
    position = facts.position
    if position is None or max(abs(position[0]), abs(position[1])) > 1e-6:
        return None
    return "The GPS position is 0, 0, in the sea off Africa: a receiver without a fix."


def gps_out_of_range(facts: Facts) -> str | None:
    """Say so where latitude or longitude cannot be on Earth."""
    gps = facts.exif.gps
    for name, most in (("GPSLatitude", 90.0), ("GPSLongitude", 180.0)):
        value = gps.get(name)
        if not isinstance(value, tuple) or len(value) != 3:
            continue
        degrees, minutes, seconds = value
        if minutes > 60 or seconds > 60 or degrees + minutes / 60 > most:
            return f"{name} is {degrees:g}, {minutes:g}, {seconds:g}: no such place."
    return None


def gps_without_reference(facts: Facts) -> str | None:
    """Say so where a position does not say which hemisphere it is in."""
    gps = facts.exif.gps
    given = (
        ("GPSLatitude", "GPSLatitudeRef", "NS"),
        ("GPSLongitude", "GPSLongitudeRef", "EW"),
    )
    for name, reference, allowed in given:
        value = gps.get(name)
        if not isinstance(value, tuple) or not any(value):
            continue
        if str(gps.get(reference, "")).strip().upper() not in tuple(allowed):
            return f"{name} does not say which hemisphere ({' or '.join(allowed)})."
    return None


def gps_altitude(facts: Facts) -> str | None:
    """Say so where the altitude is under the sea or above any airplane."""
    gps = facts.exif.gps
    meters = gps.get("GPSAltitude")
    if not isinstance(meters, int | float):
        return None
    height = -meters if gps.get("GPSAltitudeRef") == 1 else meters
    if _LOWEST <= height <= _HIGHEST:
        return None
    return f"The GPS altitude is {height:,.0f} m: nobody takes photographs there."


def gps_speed(facts: Facts) -> str | None:
    """Say so where the receiver moved faster than an airliner."""
    gps = facts.exif.gps
    speed = gps.get("GPSSpeed")
    unit = _KMH.get(str(gps.get("GPSSpeedRef", "K")).strip().upper()[:1], 1.0)
    if not isinstance(speed, int | float) or speed * unit <= _FASTEST_KMH:
        return None
    return f"The GPS speed is {speed * unit:,.0f} km/h, faster than an airliner."


def messenger_size(facts: Facts) -> str | None:
    """Recognize size and coding that messengers give; web pages use them as well."""
    jpeg = facts.jpeg
    if jpeg is None or not facts.is_bare or not jpeg.is_standard:
        return None
    if max(facts.width, facts.height) not in _MESSENGER_SIDES:
        return None
    if jpeg.subsampling != "4:2:0":
        return None
    return (
        f"No metadata, standard tables (quality {jpeg.quality}) and a long side of "
        f"{max(facts.width, facts.height):,} px are consistent with a picture that "
        "went through a messenger such as WhatsApp or Telegram."
    )


def screen_size(facts: Facts) -> str | None:
    """Recognize a PNG of exactly a screen's size, without camera data."""
    size = min(facts.width, facts.height), max(facts.width, facts.height)
    if facts.format != "PNG" or not facts.has_no_camera or size not in _SCREENS:
        return None
    return (
        f"A PNG of {facts.width:,} x {facts.height:,} px has exactly the size of a "
        "common screen: it may be a screenshot."
    )


PREDICATES: Final[Mapping[str, Callable[[Facts], str | None]]] = {
    found.__name__: found
    for found in (
        camera_container,
        camera_original,
        camera_progressive,
        camera_tables,
        clock_unset,
        dimension_mismatch,
        gps_altitude,
        gps_origin,
        gps_out_of_range,
        gps_speed,
        gps_without_reference,
        messenger_size,
        names_ai_system,
        no_camera_data,
        no_metadata,
        photoshop_resources,
        screen_size,
        signed_by_grok,
        thumbnail_mismatch,
        time_contradiction,
    )
}
