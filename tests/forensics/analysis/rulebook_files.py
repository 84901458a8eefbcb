"""Makes the small files that the rule book's examples describe.

Keys of an example: ``exif.TAG``, ``gps.TAG``, ``xmp.PREFIX:NAME``, ``xmp_bag.NAME``,
``history`` (a softwareAgent), ``xmptk``, ``iptc.NAME``, ``photoshop`` (resources),
``png.KEYWORD``, ``comment``, ``segment`` (marker, text), ``icc``, ``icc_copyright``;
``camera`` (EXIF of a camera), ``thumbnail`` (same, other), and how the picture is
written: ``size``, ``format``, ``quality``, ``tables``, ``progressive``,
``subsampling``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

from PIL import ExifTags, Image, PngImagePlugin

from forensics.analysis.metadata.iptc import _DATASETS
from forensics.analysis.metadata.xmp import _PREFIXES
from tests.forensics.analysis.metadata_files import CAMERA_TABLES
from tests.images import encode, exif_block, jpeg, photo_like, with_segment

SIZE = (96, 64)
_CAMERA = {
    "exif.Make": "Canon",
    "exif.Model": "EOS 5D",
    "exif.Software": "Firmware 1.0.2",
    "exif.ExposureTime": [[1, 250]],
    "exif.DateTimeOriginal": "2024:05:01 10:00:00",
    "exif.DateTime": "2024:05:01 10:00:00",
}
_TAGS = {name: tag for tag, name in ExifTags.TAGS.items()}
_GPS = {name: tag for tag, name in ExifTags.GPSTAGS.items()}
_MAIN = frozenset(
    ("Make", "Model", "Software", "ImageDescription", "Artist", "DateTime",
     "DocumentName", "ProcessingSoftware", "XPComment")
)  # fmt: skip
_NAMESPACES = {prefix: space for space, prefix in _PREFIXES.items()}
_NUMBERS = {name: number for number, name in _DATASETS.items()}


@cache
def picture(size: tuple[int, int], seed: int = 5) -> Image.Image:
    return photo_like(seed, size)


def build(example: Mapping[str, Any]) -> bytes:
    """Make the file of one example."""
    wanted = {**(_CAMERA if example.get("camera") else {}), **example}
    parts = _parted(wanted)
    name = wanted.get("format", "PNG" if parts["png"] else "JPEG")
    shown = picture(tuple(wanted.get("size", SIZE)))
    options: dict[str, Any] = {}
    exif = _exif(parts, wanted, shown)
    if exif:
        options["exif"] = b"Exif\x00\x00" + exif
    if "icc" in wanted or "icc_copyright" in wanted:
        options["icc_profile"] = _profile(wanted)
    if name == "JPEG":
        return _jpeg(shown, wanted, parts, options)
    if name == "PNG":
        info = PngImagePlugin.PngInfo()
        for key, text in parts["png"].items():
            info.add_itxt(key, text)
        options |= {"pnginfo": info, "compress_level": 1}
    return encode(shown, name, **options)


def _parted(example: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    parts: dict[str, dict[str, Any]] = {
        name: {} for name in ("exif", "gps", "xmp", "xmp_bag", "iptc", "png")
    }
    for key, value in example.items():
        kind, dot, name = key.partition(".")
        if dot:
            parts[kind][name] = value
    return parts


def _exif(
    parts: Mapping[str, dict[str, Any]],
    example: Mapping[str, Any],
    shown: Image.Image,
) -> bytes:
    image: dict[int, Any] = {}
    photo: dict[int, Any] = {}
    for name, value in parts["exif"].items():
        (image if name in _MAIN else photo)[_TAGS[name]] = _value(name, value)
    thumbnail = b""
    if "thumbnail" in example:
        seed = 5 if example["thumbnail"] == "same" else 41
        thumbnail = jpeg(picture(shown.size, seed).resize((48, 32)), quality=85)
    gps = {_GPS[name]: _value(name, value) for name, value in parts["gps"].items()}
    if not (image or photo or gps or thumbnail):
        return b""
    return exif_block(image=image, photo=photo, gps=gps, thumbnail=thumbnail)


def _value(name: str, value: Any) -> Any:
    if name == "UserComment":
        return b"ASCII\x00\x00\x00" + value.encode()
    return tuple(map(tuple, value)) if isinstance(value, list) else value


def _jpeg(
    shown: Image.Image,
    example: Mapping[str, Any],
    parts: Mapping[str, dict[str, Any]],
    options: dict[str, Any],
) -> bytes:
    if example.get("tables") == "camera":
        options["qtables"] = CAMERA_TABLES
    else:
        options["quality"] = example.get("quality", 92)
    options["subsampling"] = example.get("subsampling", 2)
    options["progressive"] = example.get("progressive", False)
    data = encode(shown, "JPEG", **options)
    if "comment" in example:
        data = with_segment(data, 0xFE, example["comment"].encode("latin-1"))
    if "segment" in example:
        marker, text = example["segment"]
        data = with_segment(data, marker, text.encode("latin-1"))
    resources = _resources(parts["iptc"], example.get("photoshop", ()))
    if resources:
        data = with_segment(data, 0xED, b"Photoshop 3.0\x00" + resources)
    packet = _packet(parts, example)
    if packet:
        head = b"http://ns.adobe.com/xap/1.0/\x00"
        data = with_segment(data, 0xE1, head + packet.encode())
    return data


def _resources(records: Mapping[str, str], others: Any) -> bytes:
    block = b""
    if records:
        body = b""
        for name, text in records.items():
            raw = text.encode()
            body += struct.pack(">BBBH", 28, 2, _NUMBERS[name], len(raw)) + raw
        block += _resource(0x0404, body)
    return block + b"".join(_resource(number, b"\x00\x08") for number in others)


def _resource(number: int, body: bytes) -> bytes:
    head = b"8BIM" + struct.pack(">HHI", number, 0, len(body))
    return head + body + b"\x00" * (len(body) & 1)


def _packet(parts: Mapping[str, dict[str, Any]], example: Mapping[str, Any]) -> str:
    inner = "".join(
        f"<{name}><rdf:Bag><rdf:li>{value}</rdf:li></rdf:Bag></{name}>"
        for name, value in parts["xmp_bag"].items()
    )
    attributes = dict(parts["xmp"])
    if "history" in example:
        attributes["stEvt:softwareAgent"] = example["history"]
    if not (inner or attributes or "xmptk" in example):
        return ""
    spaces = " ".join(
        f'xmlns:{prefix}="{space}"' for prefix, space in _NAMESPACES.items()
    )
    written = " ".join(f"{n}={quoteattr(v)}" for n, v in attributes.items())
    toolkit = f"x:xmptk={quoteattr(example['xmptk'])}" if "xmptk" in example else ""
    return (
        f"<x:xmpmeta {spaces} {toolkit}><rdf:RDF "
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {written}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def _profile(example: Mapping[str, Any]) -> bytes:
    """Make an ICC profile that has a description and a copyright, and no colors."""
    texts = {
        b"desc": b"desc\x00\x00\x00\x00",
        b"cprt": b"text\x00\x00\x00\x00",
    }
    description = str(example.get("icc", "sRGB")).encode() + b"\x00"
    texts[b"desc"] += struct.pack(">I", len(description)) + description
    texts[b"cprt"] += str(example.get("icc_copyright", "none")).encode() + b"\x00"
    table, body, at = b"", b"", 132 + 12 * len(texts)
    for tag, value in texts.items():
        table += tag + struct.pack(">II", at + len(body), len(value))
        body += value
    head = bytearray(128)
    head[8], head[12:24], head[36:40] = 2, b"mntrRGB XYZ ", b"acsp"
    rest = struct.pack(">I", len(texts)) + table + body
    head[0:4] = struct.pack(">I", 128 + len(rest))
    return bytes(head) + rest
