"""Files as cameras, editors and generators write them: EXIF, XMP, coding tables."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

THUMBNAIL_SIZE = (160, 160)
TAKEN = "2026:05:01 10:00:00"
# Finer than the tables of the JPEG standard's example, as cameras have their own.
CAMERA_TABLES = [
    [2 + (row + column) // 2 for row in range(8) for column in range(8)],
    [3 + (row + column) // 2 for row in range(8) for column in range(8)],
]
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def camera_jpeg(
    picture: Image.Image,
    *,
    thumbnail_of: Image.Image | None = None,
    tags: Mapping[int, str] | None = None,
    changed: str = TAKEN,
) -> bytes:
    """Encode as a camera does, with camera data and a thumbnail.

    Parameters
    ----------
    picture : PIL.Image.Image
        RGB.
    thumbnail_of : PIL.Image.Image, optional
        What the thumbnail shows; by default the picture.
    tags : mapping of int to str, optional
        EXIF tags of the first directory, beside those of the camera.
    changed : str
        EXIF time of the last change; the picture was taken at ``TAKEN``.
    """
    exif = camera_exif(tags or {}, changed=changed)
    block = with_thumbnail(exif, thumbnail_of or picture)
    return encoded(picture, "JPEG", qtables=CAMERA_TABLES, exif=block)


def camera_exif(tags: Mapping[int, str], *, changed: str = TAKEN) -> bytes:
    """Return an EXIF block that names a camera which does not exist."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Pixelwarden"
    exif[ExifTags.Base.Model] = "Demo One"
    exif[ExifTags.Base.DateTime] = changed
    for tag, value in tags.items():
        exif[tag] = value
    shot = exif.get_ifd(ExifTags.IFD.Exif)
    shot[ExifTags.Base.DateTimeOriginal] = TAKEN
    shot[ExifTags.Base.DateTimeDigitized] = TAKEN
    shot[ExifTags.Base.ExposureTime] = 0.004
    shot[ExifTags.Base.FNumber] = 2.8
    shot[ExifTags.Base.ISOSpeedRatings] = 200
    return exif.tobytes()


def with_thumbnail(exif: bytes, picture: Image.Image) -> bytes:
    """Append the second directory, which Pillow does not write."""
    small = picture.copy()
    small.thumbnail(THUMBNAIL_SIZE)
    thumbnail = encoded(small, "JPEG", quality=80)
    block = exif.removeprefix(b"Exif\0\0")
    order = "<" if block[:2] == b"II" else ">"
    block += b"\0" * (len(block) % 2)
    (first,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, first)
    link = first + 2 + 12 * count
    entries = ((513, len(block) + 2 + 2 * 12 + 4), (514, len(thumbnail)))
    directory = struct.pack(order + "H", len(entries))
    for tag, value in entries:
        directory += struct.pack(order + "HHII", tag, 4, 1, value)
    directory += struct.pack(order + "I", 0)
    here = struct.pack(order + "I", len(block))
    linked = block[:link] + here + block[link + 4 :]
    return b"Exif\0\0" + linked + directory + thumbnail


def generator_png(picture: Image.Image) -> bytes:
    """Encode with the recipe text that a Stable Diffusion tool leaves behind."""
    info = PngInfo()
    info.add_text(
        "parameters",
        "portrait of an astronaut, studio light\nNegative prompt: blurry\n"
        "Steps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 42, Size: 512x512",
    )
    return encoded(picture, "PNG", pnginfo=info)


def declared_webp(picture: Image.Image) -> bytes:
    """Encode with the XMP statement that a generative model made the picture."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta>'
    )
    return encoded(picture, "WEBP", quality=90, xmp=packet.encode())


def heic(picture: Image.Image) -> bytes:
    """Encode as a telephone does."""
    from pillow_heif import register_heif_opener  # noqa: PLC0415 # loads libheif

    register_heif_opener()
    return encoded(picture, "HEIF", quality=85, exif=camera_exif({}))


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Encode in memory."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    """Return the picture with the traces of one JPEG compression."""
    with Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality))) as opened:
        return opened.convert("RGB")
