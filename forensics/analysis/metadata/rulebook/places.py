"""Where in a file a rule can look, by the words that the book uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forensics.analysis.metadata.facts import Facts, Named
from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SOURCE_TYPES: Final = (
    "Iptc4xmpExt:DigitalSourceType",
    "Iptc4xmpExt:digitalsourcetype",
)


def _comments(facts: Facts) -> tuple[Named, ...]:
    return tuple(Named("comment", text) for text in facts.comments)


def _source_types(facts: Facts) -> tuple[Named, ...]:
    place = "IPTC digital source type in the XMP"
    return tuple(
        Named(place, value.rstrip("/").rpartition("/")[2])
        for name in _SOURCE_TYPES
        for value in facts.xmp.values(name)
    )


def _text_keys(facts: Facts) -> tuple[Named, ...]:
    return tuple(
        Named(f'PNG text "{clean_text(key, 40)}"', key) for key, _ in facts.texts
    )


def _xmp_names(facts: Facts) -> tuple[Named, ...]:
    return tuple(Named("XMP", name) for name in facts.xmp.properties)


def _segments(facts: Facts) -> tuple[Named, ...]:
    return tuple(Named("JPEG segment", name) for name in facts.applications)


# Collections of fields, with what they are in words.
GROUPS: Final[Mapping[str, tuple[str, Callable[[Facts], tuple[Named, ...]]]]] = {
    "program": (
        "the fields kept for programs: EXIF Software and ProcessingSoftware, XMP "
        "CreatorTool, softwareAgent and their like, IPTC OriginatingProgram, the PNG "
        "texts Software and Creator Tool",
        lambda facts: facts.software(),
    ),
    "notice": (
        "comments and credits, of which only a whole line counts",
        lambda facts: facts.notices(),
    ),
    "description": (
        "free texts: EXIF UserComment, ImageDescription, XPComment and Artist, XMP "
        "description, UserComment and creator, all PNG texts, comments",
        lambda facts: facts.descriptions(),
    ),
    "comment": ("comments of JPEG and GIF", _comments),
    "source-type": ("the IPTC digital source type in the XMP", _source_types),
    "png-key": ("the names of PNG texts", _text_keys),
    "xmp-name": ("the names of XMP properties", _xmp_names),
    "segment": ("the names of a JPEG's application segments", _segments),
}
# One field: exif:Artist, xmp:dc:description, iptc:Credit, png:parameters.
FIELD: Final = re.compile(r"(exif|xmp|iptc|png|icc):(\S[^\n]{0,80})")


def is_place(look: str) -> bool:
    """Whether the book's word for a place is known."""
    return look in GROUPS or FIELD.fullmatch(look) is not None


def texts_at(facts: Facts, look: str) -> tuple[Named, ...]:
    """Return the texts in a place, with the place in words."""
    if look in GROUPS:
        return GROUPS[look][1](facts)
    kind, _, name = look.partition(":")
    return tuple(named for named in _FIELDS[kind](facts, name) if named.text)


def _exif(facts: Facts, name: str) -> list[Named]:
    return [Named(f"EXIF {name}", facts.exif.text(name))]


def _xmp(facts: Facts, name: str) -> list[Named]:
    return [Named(f"XMP {name}", value) for value in facts.xmp.values(name)]


def _iptc(facts: Facts, name: str) -> list[Named]:
    values = facts.iptc.records.get(name, ())
    return [Named(f"IPTC {name}", value) for value in values]


def _png(facts: Facts, name: str) -> list[Named]:
    return [
        Named(f'PNG text "{clean_text(key, 40)}"', text)
        for key, text in facts.texts
        if key.lower() == name.lower()
    ]


def _icc(facts: Facts, name: str) -> list[Named]:
    return [Named(f"ICC {name}", str(facts.icc.get(name, "")))]


_FIELDS: Final[Mapping[str, Callable[[Facts, str], list[Named]]]] = {
    "exif": _exif,
    "xmp": _xmp,
    "iptc": _iptc,
    "png": _png,
    "icc": _icc,
}
