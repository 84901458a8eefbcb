"""Real image files made in memory: photograph-like pictures, forgeries, metadata."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, PngImagePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC")

TagValue = str | int | bytes | tuple[int, int] | tuple[tuple[int, int], ...]


def photo_like(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Return an RGB picture with smooth light, edges, texture and sensor noise."""
    rng = np.random.default_rng(seed)
    width, height = size
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    for octave, strength in ((3, 90.0), (8, 45.0), (40, 14.0)):
        grid = rng.random((octave, octave, 3), dtype=np.float32)
        small = Image.fromarray((grid * 255).astype(np.uint8))
        layer = small.resize(size, Image.Resampling.BICUBIC)
        canvas += np.asarray(layer, dtype=np.float32) / 255.0 * strength
    for _ in range(6):
        left, top = int(rng.integers(0, width)), int(rng.integers(0, height))
        right, bottom = left + 1 + width // 6, top + 1 + height // 6
        canvas[top:bottom, left:right] += rng.uniform(-50, 50, 3).astype(np.float32)
    canvas += 40.0 + rng.normal(0.0, 2.5, canvas.shape).astype(np.float32)
    return Image.fromarray(canvas.clip(0, 255).astype(np.uint8))


def scene(width: int, height: int, seed: int) -> Image.Image:
    """Paint waves and a bright square by formula, alike with any library's version."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    rows /= height
    columns /= width
    picture = np.zeros((height, width, 3))
    for term in range(1, 13):
        across, down = (seed * 7 + term * 5) % 11 - 5, (seed * 3 + term * 8) % 13 - 6
        wave = np.sin(2 * np.pi * (across * columns + down * rows) + seed + term)
        color = np.array([1.0, (term % 3) / 2, term % 2])
        picture += wave[..., None] * (30 / np.sqrt(term)) * color
    picture[height // 4 : height // 2, width // 3 : width * 2 // 3] += 60
    return Image.fromarray(np.clip(np.rint(picture + 120), 0, 255).astype(np.uint8))


def encode(picture: Image.Image, format_name: str, **options: object) -> bytes:
    """Encode a picture in one of `FORMATS` (or another of Pillow's)."""
    if format_name == "HEIC":
        from pillow_heif import register_heif_opener

        register_heif_opener()
        format_name = "HEIF"
    buffer = BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def jpeg(
    picture: Image.Image | None = None, *, quality: int = 92, exif: bytes = b""
) -> bytes:
    """Encode as JPEG; ``exif`` is a block from :func:`exif_block`."""
    picture = photo_like() if picture is None else picture
    prefixed = b"Exif\x00\x00" + exif if exif else b""
    return encode(picture, "JPEG", quality=quality, exif=prefixed)


def png(
    picture: Image.Image | None = None, texts: Mapping[str, str] | None = None
) -> bytes:
    """Encode as PNG with text chunks."""
    info = PngImagePlugin.PngInfo()
    for key, text in (texts or {}).items():
        info.add_text(key, text)
    picture = photo_like() if picture is None else picture
    return encode(picture, "PNG", pnginfo=info, compress_level=1)


def with_segment(jpeg_bytes: bytes, marker: int, payload: bytes) -> bytes:
    """Insert a marker segment behind the JPEG's SOI."""
    length = struct.pack(">H", len(payload) + 2)
    segment = bytes((0xFF, marker)) + length + payload
    return jpeg_bytes[:2] + segment + jpeg_bytes[2:]


def with_xmp(jpeg_bytes: bytes, attributes: str, body: str = "") -> bytes:
    """Insert an XMP packet: attributes of its rdf:Description, and its body."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
        'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f"{attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    prefix = b"http://ns.adobe.com/xap/1.0/\x00"
    return with_segment(jpeg_bytes, 0xE1, prefix + packet.encode())


def splice(
    seed: int = 0,
    size: tuple[int, int] = (480, 320),
    *,
    background_quality: int = 70,
    quality: int = 95,
) -> tuple[bytes, NDArray[np.bool_]]:
    """Paste a never-compressed region into a photograph compressed before.

    Returns
    -------
    bytes
        The forged JPEG.
    ndarray of bool, shape (height, width)
        True inside the pasted region.
    """
    width, height = size
    earlier = jpeg(photo_like(seed, size), quality=background_quality)
    with Image.open(BytesIO(earlier)) as opened:
        base = opened.convert("RGB")
    box = (width // 3, height // 3, width // 3 + width // 4, height // 3 + height // 3)
    rng = np.random.default_rng(seed + 1)
    donor = np.asarray(photo_like(seed + 1, size), dtype=np.int16)
    noisy = (donor + rng.integers(-9, 10, donor.shape)).clip(0, 255).astype(np.uint8)
    base.paste(Image.fromarray(noisy).crop(box), box)
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return jpeg(base, quality=quality), mask


def camera_exif(picture: Image.Image | None = None, **image_tags: TagValue) -> bytes:
    """Build the EXIF block of a camera original, its thumbnail included.

    ``image_tags`` are tags of the first directory as ``t`` and the number:
    ``t305="GIMP 2.10"``.
    """
    thumbnail = b""
    if picture is not None:
        small = picture.copy()
        small.thumbnail((160, 160))
        thumbnail = jpeg(small, quality=80)
    tags: dict[int, TagValue] = {271: "Canon", 272: "EOS 5D", 305: "Firmware 1.0.2"}
    tags |= {306: "2024:05:01 10:00:00"}
    tags |= {int(name[1:]): value for name, value in image_tags.items()}
    photo: dict[int, TagValue] = {
        0x829A: ((1, 250),),
        0x829D: ((28, 10),),
        0x8827: 200,
        0x9003: "2024:05:01 10:00:00",
        0x9004: "2024:05:01 10:00:00",
    }
    return exif_block(image=tags, photo=photo, thumbnail=thumbnail)


def exif_block(
    *,
    image: Mapping[int, TagValue] | None = None,
    photo: Mapping[int, TagValue] | None = None,
    gps: Mapping[int, TagValue] | None = None,
    thumbnail: bytes = b"",
) -> bytes:
    """Build a little-endian EXIF block out of tags (ASCII, SHORT/LONG, RATIONAL)."""
    tags = dict(image or {})
    writer = _TiffWriter()
    if photo:
        tags[0x8769] = writer.directory(photo)
    if gps:
        tags[0x8825] = writer.directory(gps)
    following = 0
    if thumbnail:
        at = writer.store(thumbnail)
        following = writer.directory({513: at, 514: len(thumbnail)})
    first = writer.directory(tags, following)
    return b"II*\x00" + struct.pack("<I", first) + bytes(writer.body)


class _TiffWriter:
    """Writes directories one after the other; offsets count from the header."""

    def __init__(self) -> None:
        self.body = bytearray()

    def store(self, value: bytes) -> int:
        """Append bytes at an even offset and return it."""
        self.body += b"\x00" * (len(self.body) & 1)
        at = 8 + len(self.body)
        self.body += value
        return at

    def directory(self, tags: Mapping[int, TagValue], following: int = 0) -> int:
        """Append a directory and return its offset."""
        entries = b""
        for tag, value in sorted(tags.items()):
            kind, count, raw = _coded(value)
            inline = raw if len(raw) <= 4 else struct.pack("<I", self.store(raw))
            entries += struct.pack("<HHI", tag, kind, count) + inline.ljust(4, b"\x00")
        head = struct.pack("<H", len(tags))
        return self.store(head + entries + struct.pack("<I", following))


def _coded(value: TagValue) -> tuple[int, int, bytes]:
    if isinstance(value, str):
        raw = value.encode() + b"\x00"
        return 2, len(raw), raw
    if isinstance(value, bytes):
        return 7, len(value), value
    if isinstance(value, int):
        return 4, 1, struct.pack("<I", value)
    pairs = [pair if isinstance(pair, tuple) else (pair, 1) for pair in value]
    return 5, len(pairs), b"".join(struct.pack("<II", *pair) for pair in pairs)
