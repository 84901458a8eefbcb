"""XMP: properties and editing history out of an XML packet that may be an attack."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PACKET = 2 * 1024 * 1024
_MAX_ELEMENTS = 20_000
_MAX_PROPERTIES = 300
_MAX_VALUES = 50
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://www.gimp.org/xmp/": "GIMP",
    "http://darktable.sf.net/": "darktable",
    "adobe:ns:meta/": "x",
}


@dataclass(frozen=True, slots=True)
class Xmp:
    """Properties by prefixed name, each with its values in document order.

    ``is_unreadable`` says that a packet was there but is no XML, or is too large.
    """

    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_unreadable: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """Return a property's values, empty where absent."""
        return self.properties.get(name, ())


def read_xmp(packets: tuple[bytes, ...]) -> Xmp:
    """Read XMP packets; DTDs and entities make a packet unreadable."""
    found: dict[str, list[str]] = {}
    is_unreadable = False
    for packet in packets:
        root = _parse(packet)
        if root is None:
            is_unreadable = True
            continue
        for element in islice(root.iter(), _MAX_ELEMENTS):
            _collect(element, found)
    frozen = {name: tuple(values) for name, values in found.items()}
    return Xmp(frozen, is_unreadable)


def _parse(packet: bytes) -> Element | None:
    if len(packet) > _MAX_PACKET:
        return None
    try:
        root: Element = fromstring(packet.strip(b"\x00 \t\r\n"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _collect(element: Element, found: dict[str, list[str]]) -> None:
    for key, value in element.attrib.items():
        _add(found, _name(key), value)
    own = _name(element.tag)
    items = element.iterfind(f"{{{_RDF}}}*/{{{_RDF}}}li")
    texts = [element.text, *(item.text for item in islice(items, _MAX_VALUES))]
    for text in texts:
        if text and text.strip():
            _add(found, own, text)


def _add(found: dict[str, list[str]], name: str, value: str) -> None:
    if name.startswith(("rdf:", "xml:")) or not name:
        return
    if name not in found and len(found) >= _MAX_PROPERTIES:
        return
    values = found.setdefault(name, [])
    cleaned = clean_text(value)
    if len(values) < _MAX_VALUES and cleaned and cleaned not in values:
        values.append(cleaned)


def _name(tag: str) -> str:
    space, _, local = tag.removeprefix("{").rpartition("}")
    if space in (_RDF, "http://www.w3.org/XML/1998/namespace"):
        return f"rdf:{local}"
    prefix = _PREFIXES.get(space)
    local = clean_text(local, 80)
    return f"{prefix}:{local}" if prefix else local
