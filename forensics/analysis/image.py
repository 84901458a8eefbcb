"""Bytes to a checked picture: allow-list, caps and completeness before any decoding."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

from forensics.analysis import containers
from forensics.analysis.containers import Blocks, Geometry, ImageFormat
from forensics.analysis.decoding import decode
from forensics.analysis.recompression import error_levels
from forensics.analysis.types import ImageRejectedError, Limits, RejectionCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

_T = TypeVar("_T")

_MEDIA = {
    ImageFormat.JPEG: ("image/jpeg", ".jpg"),
    ImageFormat.PNG: ("image/png", ".png"),
    ImageFormat.WEBP: ("image/webp", ".webp"),
    ImageFormat.TIFF: ("image/tiff", ".tif"),
    ImageFormat.BMP: ("image/bmp", ".bmp"),
    ImageFormat.GIF: ("image/gif", ".gif"),
    ImageFormat.AVIF: ("image/avif", ".avif"),
    ImageFormat.HEIC: ("image/heic", ".heic"),
}


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the file's structure says, before anything is decoded.

    ``width`` and ``height`` are of the stored pixels, before EXIF orientation; of
    TIFF and HEIC, whose decoders turn pictures, of the upright ones.
    """

    format: str
    media_type: str
    extension: str
    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class ImageEvidence:
    """One picture, decoded once, for all analyzers.

    Attributes
    ----------
    data : bytes
        The file as it came.
    pixels : PIL.Image.Image
        Mode RGB, 8 bits, as stored (``orientation`` not applied); transparency
        lies on white. Analyzers must not alter it.
    orientation : int
        EXIF orientation 1..8 that makes ``pixels`` upright: 1 for TIFF and HEIC,
        whose decoders turn them.
    mode : str
        Pillow's name of the stored pixel type, e.g. ``CMYK``.
    blocks : Blocks
        Metadata as it lies in the file.
    """

    data: bytes = field(repr=False)
    sha256: str
    header: ImageHeader
    pixels: Image.Image = field(repr=False)
    orientation: int
    mode: str
    blocks: Blocks = field(repr=False)
    _levels: dict[int, Image.Image] = field(
        default_factory=dict, repr=False, compare=False
    )
    _shared: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def once(self, key: str, make: Callable[[], _T]) -> _T:
        """Return what ``make`` gives, computed once a picture for all analyzers.

        One key stands for one computation: what it gives must not be altered.
        """
        if key not in self._shared:
            self._shared[key] = make()
        return cast("_T", self._shared[key])

    def error_levels(self, *, quality: int) -> Image.Image:
        """Return the picture's error levels, computed once for all analyzers."""
        if quality not in self._levels:
            self._levels[quality] = error_levels(self.pixels, quality)
        return self._levels[quality]


def inspect_header(data: bytes, limits: Limits) -> ImageHeader:
    """Check bytes without decoding them: kind, size, pixel count, completeness.

    Raises
    ------
    ImageRejectedError
        With the code and plain words; nothing was decoded.
    """
    if len(data) > limits.max_bytes:
        raise ImageRejectedError(
            RejectionCode.TOO_MANY_BYTES,
            f"The file is larger than the {limits.max_bytes:,} bytes that are "
            "accepted. Send a smaller copy.",
        )
    found = containers.sniff(data)
    geometry = containers.walk(data, found)
    _check_size(geometry, limits)
    media_type, extension = _MEDIA[found]
    return ImageHeader(
        format=found.value,
        media_type=media_type,
        extension=extension,
        width=geometry.width,
        height=geometry.height,
        frames=geometry.frames,
    )


def _check_size(geometry: Geometry, limits: Limits) -> None:
    width, height = geometry.width, geometry.height
    if width < 1 or height < 1:
        raise ImageRejectedError(
            RejectionCode.CORRUPT,
            "The file is damaged: its header gives the picture no size. Transfer or "
            "export it again.",
        )
    if max(width * height, geometry.unfolded) > limits.max_pixels:
        raise ImageRejectedError(
            RejectionCode.TOO_MANY_PIXELS,
            f"The picture ({width:,} x {height:,}) unfolds to more than the "
            f"{limits.max_pixels:,} pixels that are accepted. Send a smaller copy.",
        )


def load_evidence(data: bytes, limits: Limits) -> ImageEvidence:
    """Check and decode a picture.

    The first frame of several is taken. TIFF and HEIC decoders turn the picture, HEIC
    and AVIF ones may crop it; the header then carries the decoded size.

    Raises
    ------
    ImageRejectedError
        Refused by :func:`inspect_header`, or the pixels cannot be decoded.
    """
    header = inspect_header(data, limits)
    found = ImageFormat(header.format)
    decoded = decode(data, found, max_pixels=limits.max_pixels)
    width, height = decoded.pixels.size
    return ImageEvidence(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        header=replace(header, width=width, height=height),
        pixels=decoded.pixels,
        orientation=decoded.orientation,
        mode=decoded.mode,
        blocks=decoded.blocks,
    )
