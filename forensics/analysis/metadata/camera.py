"""Whether everything in a file fits a picture that left its camera unchanged."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from forensics.analysis.metadata.values import clean_text, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.metadata.facts import Facts

# A thumbnail of the same picture correlates above this (benchmarks/README.md).
AGREES_ABOVE = 0.8
_SAME_TIME = timedelta(minutes=1)
# Cameras do not write a document's history; editors do.
_HISTORY = ("xmpMM:", "stEvt:", "stRef:")
_FIRMWARE_WORDS = frozenset(
    ("firmware", "version", "version:", "ver", "ver.", "fw", "rev", "build", "hdr+")
)
_LEAD = re.compile(r"Digital Camera ", re.IGNORECASE)
_VERSION = re.compile(r"(?:v|ver|version|rev|build|bld)?[.:_-]*(\d[\w.()+-]*)", re.I)
# Telephones name their firmware by letters and digits: KTU84P, HD9.01.01.72.00.
_BUILD = re.compile(r"(?=(?:\D*\d){3})[A-Z0-9][A-Z0-9.-]{4,}")
# Written onto the model's name: G935L + KLU1BPK3.
_OWN_BUILD = re.compile(r"[A-Z0-9]{4,12}")
# So long a run of letters is a word, and firmware has none: Facetune2, CAMERA360.
_WORD = re.compile(r"[^\W\d_]{5}")


def camera_original(facts: Facts) -> str | None:
    """Say so where camera data are complete and nothing speaks of a later change."""
    exif = facts.exif
    exposed = exif.number("ExposureTime") or exif.number("FNumber")
    if not exposed or not all(exif.text(name) for name in ("Make", "Model")):
        return None
    if not (_is_camera_coded(facts) and _is_unchanged(facts) and _is_its_own(facts)):
        return None
    return (
        f"Camera data are complete and agree with the picture "
        f"({clean_text(exif.text('Make'), 40)} {clean_text(exif.text('Model'), 40)})."
    )


def is_firmware(text: str, *, make: str, model: str) -> bool:
    """Tell a camera's firmware from the name of a program.

    Firmware is a version (``Ver.1.00``, ``16.5.1``, ``HDR+ 1.0.540104767zd``), a
    build code, or begins with the camera's own model name. Anything with another
    word in it (``Photos 7.0``) is taken for a program.
    """
    signature = _LEAD.sub("", " ".join(text.split()), count=1)
    if len(signature) >= 4 and model.casefold().startswith(signature.casefold()):
        return True
    for name in _own_names(make, model):
        found = re.match(re.escape(name), signature, re.IGNORECASE)
        if found is not None:
            rest = signature[found.end() :]
            return _OWN_BUILD.fullmatch(rest) is not None or _is_version(rest)
    return _is_version(signature)


def _own_names(make: str, model: str) -> Iterator[str]:
    yield model
    yield model.removeprefix(make).strip() or model
    tail = re.split(r"[ -]", model)[-1]
    if len(tail) >= 4 and any(character.isdigit() for character in tail):
        yield tail


def _is_version(text: str) -> bool:
    return all(_is_version_word(word) for word in text.strip(" _,").split())


def _is_version_word(word: str) -> bool:
    if word.lower() in _FIRMWARE_WORDS:
        return True
    version = _VERSION.fullmatch(word)
    if version is not None:
        return _WORD.search(version.group(1)) is None
    return _BUILD.fullmatch(word) is not None and _WORD.search(word) is None


def _is_camera_coded(facts: Facts) -> bool:
    """Whether coding and thumbnail are as cameras write them."""
    jpeg, match = facts.jpeg, facts.thumbnail
    if jpeg is None:
        # Nothing in the coding of a HEIC tells a telephone from a converter.
        return facts.format == "HEIC" and facts.exif.maker_note_bytes > 0
    if jpeg.is_standard or jpeg.is_progressive or match is None:
        return False
    return match.correlation is not None and match.correlation >= AGREES_ABOVE


def _is_unchanged(facts: Facts) -> bool:
    """Whether every time of change is the time of the shot, and no history is kept."""
    # Zones are left out: whoever saves a file again seldom minds the offsets.
    taken = parse_time(facts.exif.text("DateTimeOriginal"))
    changes = [facts.exif.text("DateTime")]
    for name in ("xmp:ModifyDate", "xmp:MetadataDate"):
        changes += facts.xmp.values(name)
    for text in changes:
        changed = parse_time(text)
        if taken is None or changed is None:
            return False
        if abs(changed.replace(tzinfo=None) - taken.replace(tzinfo=None)) > _SAME_TIME:
            return False
    has_history = any(name.startswith(_HISTORY) for name in facts.xmp.properties)
    return not has_history and not facts.xmp.is_unreadable


def _is_its_own(facts: Facts) -> bool:
    """Whether only the camera's firmware has signed the file."""
    make, model = facts.exif.text("Make"), facts.exif.text("Model")
    return all(
        is_firmware(named.text, make=make, model=model) for named in facts.software()
    )
