"""What a walk over a file's structure yields, and the errors it ends in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from forensics.analysis.types import ImageRejectedError, RejectionCode


class ImageFormat(StrEnum):
    """The formats that are accepted; everything else is refused by name."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    TIFF = "TIFF"
    BMP = "BMP"
    GIF = "GIF"
    AVIF = "AVIF"
    HEIC = "HEIC"


@dataclass(frozen=True, slots=True)
class Geometry:
    """Size in pixels as stored, before EXIF orientation, and the number of frames.

    Of TIFF and HEIC, whose decoders turn pictures, it is the upright size.
    ``unfolded`` counts the pixels that decoding takes where they are more than the
    picture's, as for a crop of something larger or a tile that overhangs.
    """

    width: int
    height: int
    frames: int = 1
    unfolded: int = 0


@dataclass(frozen=True, slots=True)
class Blocks:
    """Metadata blocks as they lie in the file: untouched bytes from strangers.

    ``exif`` is a bare TIFF structure, without the ``Exif`` prefix. ``texts`` holds
    named texts (PNG) as (keyword, text) pairs; ``comments`` unnamed ones; ``c2pa``
    a provenance manifest, unverified.
    """

    exif: bytes = b""
    xmp: tuple[bytes, ...] = ()
    iptc: bytes = b""
    photoshop: bytes = b""
    icc: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    comments: tuple[bytes, ...] = ()
    applications: tuple[str, ...] = ()
    c2pa: bytes = b""


def truncated(what: str) -> ImageRejectedError:
    """Build the error for a file that ends too early."""
    return ImageRejectedError(
        RejectionCode.TRUNCATED,
        f"The file is cut off: {what}. Transfer or export it again.",
    )


def corrupt(what: str) -> ImageRejectedError:
    """Build the error for a file whose structure contradicts itself."""
    return ImageRejectedError(
        RejectionCode.CORRUPT,
        f"The file is damaged: {what}. Transfer or export it again.",
    )


def unsupported(what: str) -> ImageRejectedError:
    """Build the error for something known that is not analyzed."""
    return ImageRejectedError(
        RejectionCode.UNSUPPORTED_FORMAT,
        f"{what}. Convert it to JPEG, PNG, WebP, TIFF, BMP, GIF, AVIF or HEIC.",
    )
